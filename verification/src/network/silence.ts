/**
 * Drivers as they come, before a network that falls silent: what a caller is told stays bounded,
 * but a connection that nobody gives up is kept, and so the application does not recover by itself.
 *
 * These are limits, and not the library's: it opens no connection and closes none. So each has to be
 * seen here, and the setting that ends it is the one that the sweep is played with.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Sent, type Sighting, send } from "../chaos/client.ts";
import { openPlace } from "../chaos/place.ts";
import { type Mode, type Reach, type Side, STORES, type Step, type StoreName } from "./cell.ts";
import { CONNECTIONS, DWELL_MS, LEASE_MS } from "./drivers.ts";
import { toldOf } from "./judge.ts";
import { type Lane, openLane } from "./lane.ts";
import type { ServerSettings } from "./server.ts";

export interface Silence {
  readonly name: string;
  readonly store: StoreName;
  readonly mode: Mode;
  readonly step: Step;
  readonly side: Side;
  readonly reach: Reach;
  /** Who is not served: the application behind the proxy, or everybody. */
  readonly stuck: "victim" | "witness";
  /** Asked for with a key of its own each time: what is stuck is not one record. */
  readonly isProcess: boolean;
  /** What ends it by itself, and is not set here. */
  readonly setting: string;
  readonly says: string;
}

export const SILENCES: readonly Silence[] = [
  {
    name: "redis-connection",
    ...{ store: "redis", mode: "unrepeatable", step: "claim", side: "reply", reach: "connection" },
    ...{ stuck: "victim", isProcess: true, setting: "`socketTimeout` of ioredis" },
    says:
      "ioredis keeps a connection that fell silent unless it is given a `socketTimeout`; `commandTimeout` alone " +
      "ends the call and not the connection. Every request with a key is answered 503 until the connection is gone.",
  },
  {
    name: "postgres-pool",
    ...{ store: "postgres", mode: "repeatable", step: "claim", side: "reply", reach: "outage" },
    ...{ stuck: "victim", isProcess: true, setting: "`query_timeout` of pg" },
    says:
      "pg waits for ever on a connection that fell silent unless it is given a `query_timeout`. After an outage " +
      "that four claims in a row fell into, every request with a key is answered 503 until the connections are gone.",
  },
  {
    name: "postgres-handler",
    ...{ store: "postgres", mode: "transactional", step: "debit", side: "reply" },
    ...{ reach: "connection", stuck: "victim", isProcess: false },
    setting: "`query_timeout` of pg",
    says:
      "A transactional handler waits for its own statements as long as its driver does. Without a `query_timeout` " +
      "its caller is never answered, and its lease is renewed all the while: the key stays in flight.",
  },
  {
    name: "postgres-session",
    ...{ store: "postgres", mode: "transactional", step: "commit", side: "request" },
    ...{ reach: "connection", stuck: "witness", isProcess: false },
    setting: "`idle_in_transaction_session_timeout` of Postgres",
    says:
      "A COMMIT that is lost in a silent network leaves its session open on the server, and the record's row locked, for " +
      "as long as Postgres believes in that client. The key is answered 409, then 503, on every process until then; " +
      "set `idle_in_transaction_session_timeout`.",
  },
];

export interface SilenceResult extends Silence {
  /** Nobody who asked was served for as long as was watched. */
  readonly isSeen: boolean;
  readonly watchedMs: number;
  /** What those were told, and how often. */
  readonly told: Readonly<Record<string, number>>;
  readonly effects: number;
  readonly violations: readonly string[];
}

/** Several leases, and several times as long as any setting of the sweep takes. */
const WATCH_MS = 4 * LEASE_MS;
/** A statement that hangs holds up the next one for a second, and four of them hold up all. */
const OUTAGE_MS = 6_000;
const RETRY_MS = 50;
const DRAIN_MS = 20_000;

/** On databases of their own: what is stuck in one is in nobody's way. */
export async function playSilences(
  wanted: readonly Silence[],
  onSilence: (result: SilenceResult) => void,
): Promise<readonly SilenceResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-silence-"));
  try {
    const byStore = STORES.map(async (store) => {
      const here = wanted.filter((silence) => silence.store === store);
      if (here.length === 0) return [];
      const place = await openPlace(store);
      try {
        const results: SilenceResult[] = [];
        for (const silence of here) {
          const ledger = join(folder, silence.name);
          const settings = { store, address: place.address, ledger, drivers: "plain" } as const;
          const result = await playOn(settings, silence);
          onSilence(result);
          results.push(result);
        }
        return results;
      } finally {
        await place.stop();
      }
    });
    return (await Promise.all(byStore)).flat();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playOn(settings: ServerSettings, silence: Silence): Promise<SilenceResult> {
  const lane = await openLane(settings);
  try {
    return await playSilence(lane, silence);
  } finally {
    await lane.stop();
  }
}

async function playSilence(lane: Lane, silence: Silence): Promise<SilenceResult> {
  const { network, victim, witness } = lane;
  const round = `silence-${silence.name}-${victim.pid}`;
  const request = {
    ...{ path: `/${silence.mode}/${round}`, key: round, guest: "ann", amount: 1 },
    origin: victim.origin,
  };
  const ask = (change: Partial<Sent> = {}): Promise<Sighting> => send({ ...request, ...change });
  const another = (index: number) => ({
    key: `${round}-${index}`,
    path: `${request.path}-${index}`,
  });

  const stop = (await lane.route(silence.mode)).get(silence.step);
  if (stop === undefined) throw new Error(`There is no ${silence.step} here.`);
  if (silence.reach === "outage") await fillPool(ask, round);
  const { side, reach } = silence;
  const order = {
    round,
    step: stop,
    side,
    at: "before",
    fault: "hole",
    reach,
    delayMs: 0,
  } as const;
  const { struck } = await network.arm(order);
  const first = ask();
  const isStruck = (await Promise.race([struck, pause(DRAIN_MS, 0, { ref: false })])) > 0;
  let others = 0;
  if (silence.reach === "outage") {
    // One after the other: calls that come together share a statement, and so a connection.
    const until = performance.now() + OUTAGE_MS;
    while (performance.now() < until) await ask(another(others++));
  }
  await network.heal();

  const origin = silence.stuck === "victim" ? victim.origin : witness.origin;
  const sightings = await watch((turn) =>
    ask({ origin, ...(silence.isProcess && another(others + turn)) }),
  );
  await network.sweep(false);
  const isServed = (
    await Promise.all([served(ask), served(() => ask({ origin: witness.origin }))])
  ).every(Boolean);
  const told: Record<string, number> = {};
  for (const sighting of sightings) told[toldOf(sighting)] = (told[toldOf(sighting)] ?? 0) + 1;
  await first;
  const effects = await effectsOf(lane, silence, round);
  return {
    ...silence,
    ...{ watchedMs: WATCH_MS, told, effects, isSeen: !sightings.some(isAnswer) },
    violations: [
      ...(isStruck ? [] : ["harness: the fault never struck"]),
      ...(sightings.some(isAnswer) ? ["the limit was not seen"] : []),
      ...(told.nothing === undefined ? [] : ["P-105: a caller was never answered"]),
      ...(isServed ? [] : ["G2: never answered, although the connections were gone"]),
      ...(effects === 1 ? [] : [`G1: ${effects} effects`]),
    ],
  };
}

/** Transactions beside each other need a connection each, and leave them in the pool. */
async function fillPool(ask: (change: Partial<Sent>) => Promise<Sighting>, round: string) {
  const filling = Array.from({ length: CONNECTIONS }, (_, index) => {
    const key = `${round}-filling-${index}`;
    return ask({ key, path: `/transactional/${key}`, dwellMs: DWELL_MS });
  });
  await Promise.all(filling);
}

async function watch(ask: (turn: number) => Promise<Sighting>): Promise<readonly Sighting[]> {
  const sightings: Sighting[] = [];
  const until = performance.now() + WATCH_MS;
  for (let turn = 0; performance.now() < until; turn++) {
    sightings.push(await ask(turn));
    await pause(RETRY_MS);
  }
  return sightings;
}

async function served(ask: () => Promise<Sighting>): Promise<boolean> {
  const until = performance.now() + DRAIN_MS;
  while (performance.now() < until) {
    if (isAnswer(await ask())) return true;
    await pause(RETRY_MS);
  }
  return false;
}

const isAnswer = ({ reply }: Sighting): boolean => reply.kind === "answer" && reply.status < 500;

/** Of the key that met the fault. */
async function effectsOf(
  { ledger, ground }: Lane,
  { mode }: Silence,
  round: string,
): Promise<number> {
  if (mode === "transactional") {
    return (await ground.legs(round)).filter(({ leg }) => leg === "credit").length;
  }
  const entries = ledger.news().filter((entry) => entry.round === round);
  const tokens = entries.flatMap((entry) => (entry.what === "effect" ? [entry.token] : []));
  return new Set(tokens).size;
}
