/**
 * One round: a request meets its fault, its duplicates go to the other processes, then everything
 * is healed, everybody is asked until there is an answer, and the key is tried in the wrong hands.
 */
import { setTimeout as pause } from "node:timers/promises";
import { settle } from "oncekey";
import { mixed, type Random, seeded } from "../simulator/random.ts";
import { type Cell, FAULTS, MODES, POINTS, STORES } from "./cell.ts";
import { type Reply, type Sent, type Sighting, send } from "./client.ts";
import { type Cluster, PROCESSES } from "./cluster.ts";
import { expectationOf } from "./expectation.ts";
import { roundOf } from "./fragile-store.ts";
import type { Ground } from "./ground.ts";
import { LEASE_MS } from "./judge.ts";
import type { Entry, LedgerReader } from "./ledger.ts";
import type { Observation, Settling } from "./observation.ts";

export interface Scene {
  readonly cluster: Cluster;
  /** The harness's own connection: to count rows, and to settle what is in doubt. */
  readonly ground: Ground;
  readonly ledger: LedgerReader;
}

const STOP_MS = 2 * LEASE_MS;
const LINGER_MS = 4 * LEASE_MS;
/** How long a duplicate waits before it asks again: short, since a lease is short here. */
const RETRY_MS = 25;
const LOOK_MS = 4;
/** For the fault to strike. It takes milliseconds, unless the machine is busy. */
const HIT_MS = 10_000;
/** For all to be over. A key that is blocked for as long is a violation, and is judged as one. */
const DRAIN_MS = 10_000;
const SETTLED = '{"settled":true}';

const ALL = Array.from({ length: PROCESSES }, (_, index) => index);

/** The seed of one round: every cell and every round of it has a stream of its own. */
function randomOf(seed: number, { store, mode, point, fault }: Cell, turn: number): Random {
  const place = [STORES.indexOf(store), MODES.indexOf(mode), POINTS.indexOf(point)];
  return seeded(mixed(seed, ...place, FAULTS.indexOf(fault), turn));
}

export async function playRound(
  scene: Scene,
  cell: Cell,
  seed: number,
  turn: number,
): Promise<Observation> {
  const { cluster, ground } = scene;
  const random = randomOf(seed, cell, turn);
  const round = `${cell.point}-${cell.fault}-${cell.mode}-${seed}-${turn}`;
  const victim = random.between(0, PROCESSES - 1);
  const request = {
    path: `/${cell.mode}/${round}`,
    key: `key-${random.between(1, 1e9)}`,
    guest: "ann",
    amount: random.between(1, 1_000),
    dwellMs: cell.fault === "linger" ? LINGER_MS : random.pick([0, 0, 5, 20]),
  };
  const ask = (index: number, change: Partial<Sent> = {}): Promise<Sighting> =>
    send({ ...request, origin: cluster.origin(index), ...change });

  // Four lost replies are more than a claim is tried; a handler that fails is run again at once.
  const times = cell.point.endsWith("effect") ? 1 : random.pick([1, 1, 4]);
  const delayMs = random.pick([0, 1, 2, 5]);
  await cluster.arm(victim, { round, point: cell.point, fault: cell.fault, times, delayMs });

  const entries: Entry[] = [];
  const client = new AbortController();
  const first = ask(victim, { leaves: client.signal });
  await isHit(scene.ledger, entries, round);
  if (cell.fault === "leave") client.abort();
  const sightings = await strike(scene, cell, victim, ask);
  sightings.push(await first);

  await Promise.all(ALL.map((index) => drain(index, cell, ask, sightings)));
  const finals = await Promise.all(ALL.map(async (index) => (await ask(index)).reply));
  const other = random.between(0, PROCESSES - 1);
  const mismatch = { amount: request.amount + 1_000, reply: EMPTY };
  const stranger = { guest: "bob", reply: EMPTY };
  mismatch.reply = (await ask(other, { amount: mismatch.amount })).reply;
  stranger.reply = (await until(() => ask(other, { guest: stranger.guest }))).reply;
  const isInDoubt = finals.every((reply) => isDoubt(reply));
  const settling = isInDoubt ? await settleDoubt(ground, round, ask) : undefined;

  entries.push(...scene.ledger.news());
  return {
    cell,
    round,
    guest: request.guest,
    amount: request.amount,
    sightings,
    finals,
    entries: entries.filter((entry) => entry.round === round),
    legs: cell.mode === "transactional" ? await ground.legs(round) : [],
    stranger,
    mismatch,
    settling,
  };
}

type Ask = (index: number, change?: Partial<Sent>) => Promise<Sighting>;

const EMPTY: Reply = { kind: "cut" };

async function isHit(ledger: LedgerReader, entries: Entry[], round: string): Promise<void> {
  const deadline = performance.now() + HIT_MS;
  while (performance.now() < deadline) {
    entries.push(...ledger.news());
    if (entries.some((entry) => entry.what === "hit" && entry.round === round)) return;
    await pause(LOOK_MS);
  }
}

/** From the fault to the end of the healing: duplicates ask the other four all the while. */
async function strike(
  { cluster }: Scene,
  { fault }: Cell,
  victim: number,
  ask: Ask,
): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  let healed = false;
  const duplicates = ALL.filter((index) => index !== victim).map(async (index) => {
    do {
      const sighting = await ask(index);
      sightings.push(sighting);
      if (sighting.reply.kind === "answer") return;
      await pause(RETRY_MS);
    } while (!healed);
  });
  if (fault === "stop") {
    await pause(STOP_MS);
    cluster.resume(victim);
  }
  if (fault === "kill" || fault === "exit") await cluster.revive(victim);
  healed = true;
  await Promise.all(duplicates);
  return sightings;
}

/** Asks one process until it says what is final. In doubt is final only where it may be. */
async function drain(index: number, cell: Cell, ask: Ask, sightings: Sighting[]): Promise<void> {
  const { end } = expectationOf(cell);
  const deadline = performance.now() + DRAIN_MS;
  while (performance.now() < deadline) {
    const sighting = await ask(index);
    sightings.push(sighting);
    if (sighting.reply.kind === "answer" && sighting.reply.status < 500) return;
    if (sighting.reply.kind === "answer" && cell.mode === "unrepeatable") return;
    if (end !== "answered" && isDoubt(sighting.reply)) return;
    await pause(RETRY_MS);
  }
}

/** A stranger's request may be told to come again, as anybody's. */
async function until(ask: () => Promise<Sighting>): Promise<Sighting> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    const sighting = await ask();
    if (sighting.reply.kind === "answer" || performance.now() > deadline) return sighting;
    await pause(RETRY_MS);
  }
}

const isDoubt = (reply: Reply): boolean =>
  reply.kind === "problem" && reply.code === "idempotency_outcome_unknown";

/** A person looks at the list, knows that it happened, and says so. */
async function settleDoubt({ store }: Ground, round: string, ask: Ask): Promise<Settling> {
  const { records } = await store.list({ limit: 1_000, state: "in-doubt" });
  const record = records.find(({ label }) => roundOf(label) === round);
  const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: SETTLED };
  const wasSettled =
    record !== undefined && (await settle(store, record, { happened: true, answer }));
  const replies = await Promise.all(ALL.map(async (index) => (await ask(index)).reply));
  return { wasListed: record !== undefined, wasSettled, body: SETTLED, replies };
}
