/**
 * The drills: a store runs full before the claim, or while the handler runs, or its owner dies of
 * it; then there is room again, and every key has to come to its end.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Mode, modesOf } from "../chaos/cell.ts";
import type { Reply } from "../chaos/client.ts";
import { openGround } from "../chaos/ground.ts";
import { type Entry, type LedgerReader, readLedger } from "../chaos/ledger.ts";
import type { Brim } from "./brim.ts";
import { type Running, startWorker } from "./hampered.ts";
import { ask, isInDoubt, lastWords, settleDoubt } from "./healing.ts";
import { type Heir, openHeir } from "./heir.ts";
import { judge, type Sight } from "./judge.ts";
import type { Observation } from "./observation.ts";
import { openScratch } from "./scratch.ts";

export const DRILLS = ["sqlite-full", "redis-full"] as const;
export type Drill = (typeof DRILLS)[number];

/** Where the owner is when the room is gone; `death`: while it is so, it is killed. */
export const MOMENTS = ["claim", "completion", "death"] as const;
export type Moment = (typeof MOMENTS)[number];

export interface DrillCell {
  readonly drill: Drill;
  readonly mode: Mode;
  readonly at: Moment;
}

export interface DrillResult extends DrillCell {
  readonly keys: number;
  /** How many keys had so many effects. */
  readonly effects: Readonly<Record<number, number>>;
  readonly sights: readonly Sight[];
  readonly violations: readonly string[];
  readonly command: string;
}

export function drillsOf(wanted: Partial<DrillCell> = {}): readonly DrillCell[] {
  return DRILLS.flatMap((drill) =>
    modesOf(drill === "sqlite-full" ? "sqlite" : "redis").flatMap((mode) =>
      MOMENTS.map((at) => ({ drill, mode, at })),
    ),
  ).filter(
    ({ drill, mode, at }) =>
      (wanted.drill ?? drill) === drill &&
      (wanted.mode ?? mode) === mode &&
      (wanted.at ?? at) === at,
  );
}

function drillCommandOf({ drill, mode, at }: DrillCell): string {
  return `npm run verify -- --only syscalls --drill ${drill} --mode ${mode} --at ${at}`;
}

/** Transactions of one file come one after the other: the first would hold the others up. */
const keysOf = (mode: Mode): number => (mode === "transactional" ? 1 : 4);

/** Was answered before, and has to be replayed at all times. */
const EARLIER = "earlier";
/** For the handlers to have their effect. It takes milliseconds, unless the machine is busy. */
const START_MS = 30_000;
const LOOK_MS = 5;

export async function playDrill(brim: Brim, cell: DrillCell): Promise<DrillResult> {
  const { folder, leave } = openScratch("drill");
  const ledgerPath = join(folder, "ledger");
  const ledger = readLedger(ledgerPath);
  const { mode } = cell;
  const { store, address } = brim;
  let worker: Running | undefined;
  let heir: Heir | undefined;
  try {
    const gate = join(folder, "gate");
    heir = await openHeir(mode, await openGround(store, address), ledgerPath);
    worker = await startWorker({ mode, store, address, ledger: ledgerPath, gate });
    return await play({ brim, ledger, gate, worker, heir }, cell);
  } finally {
    await worker?.end();
    await heir?.close();
    ledger.close();
    await brim.relieve();
    leave();
  }
}

interface Scene {
  readonly brim: Brim;
  readonly ledger: LedgerReader;
  readonly gate: string;
  readonly worker: Running;
  readonly heir: Heir;
}

async function play(scene: Scene, cell: DrillCell): Promise<DrillResult> {
  const { brim, worker, heir, ledger } = scene;
  const { mode, at } = cell;
  const rounds = Array.from({ length: keysOf(mode) }, (_, index) => `${mode}-${at}-${index}`);
  const earlier = { mode, round: `${EARLIER}-${mode}-${at}` };
  const first = await ask(heir.origin, earlier);

  const entries: Entry[] = [];
  const replies = await struck(scene, cell, rounds, entries);
  const during = await ask(heir.origin, earlier);
  const isAlive = worker.isAlive();
  await brim.relieve();

  const damage = brim.damage();
  const seen = await Promise.all(
    rounds.map(async (round, index) => {
      const legsThen = await heir.ground.legs(round);
      const look = await ask(heir.origin, { mode, round });
      return { round, reply: replies[index] ?? CUT, legsThen, look };
    }),
  );
  const words = await lastWordsOf(scene, mode, rounds);
  entries.push(...ledger.news());
  const observations: Observation[] = [];
  for (const [index, one] of seen.entries()) {
    const { round } = one;
    const finals = words[index] ?? [];
    const own = entries.filter((entry) => entry.round === round);
    const keyed = { mode, round };
    const settling = finals.every(isInDoubt)
      ? await settleDoubt(heir.ground, own, heir.origin, keyed)
      : undefined;
    own.push(...ledger.news().filter((entry) => entry.round === round));
    observations.push({
      ...{
        mode,
        isKilled: at === "death",
        isAlive,
        ownerPid: worker.pid,
        ...one,
        finals,
        settling,
      },
      isStruck: !isAnswer(one.reply),
      entries: own,
      legs: await heir.ground.legs(round),
      damage: [...damage, ...brim.damage()],
    });
  }
  const last = await ask(heir.origin, earlier);
  const violations = lostIn(first, [during, last]);
  return summed(cell, observations, violations);
}

const CUT: Reply = { kind: "cut" };
const isAnswer = (reply: Reply): boolean => reply.kind === "answer" && reply.status === 201;

/** What the owners were told of it. The room is gone when this returns. */
async function struck(
  { brim, worker, gate, ledger }: Scene,
  { mode, at }: DrillCell,
  rounds: readonly string[],
  entries: Entry[],
): Promise<readonly Reply[]> {
  const all = () => Promise.all(rounds.map((round) => ask(worker.origin, { mode, round })));
  if (at === "claim") {
    await brim.fill();
    // Nobody is expected to come to it, and whoever does must not hang there.
    writeFileSync(gate, "");
    return all();
  }
  const replies = all();
  const deadline = performance.now() + START_MS;
  while (entries.filter(({ what }) => what === "effect").length <= rounds.length) {
    if (performance.now() > deadline) throw new Error("The handlers had no effect.");
    entries.push(...ledger.news());
    await pause(LOOK_MS);
  }
  await brim.fill();
  if (at === "death") await worker.end();
  else writeFileSync(gate, "");
  return replies;
}

/** The owner ends after all have asked it, and not after the first. */
async function lastWordsOf(
  { worker, heir }: Scene,
  mode: Mode,
  rounds: readonly string[],
): Promise<readonly (readonly Reply[])[]> {
  const shared: Running = { ...worker, end: async () => {} };
  const words = await Promise.all(
    rounds.map((round) => lastWords(heir.origin, shared, { mode, round })),
  );
  await worker.end();
  return words;
}

/** What was answered before is replayed, whatever else is refused. */
function lostIn(first: Reply, later: readonly Reply[]): readonly string[] {
  if (first.kind !== "answer") return ["harness: there was no earlier answer"];
  const lost = later.filter((reply) => reply.kind !== "answer" || reply.bytes !== first.bytes);
  return lost.map(() => "G3: an earlier answer was not replayed");
}

function summed(
  cell: DrillCell,
  observations: readonly Observation[],
  found: readonly string[],
): DrillResult {
  const judged = observations.map(judge);
  const effects: Record<number, number> = {};
  for (const each of judged) effects[each.effects] = (effects[each.effects] ?? 0) + 1;
  const sights = [...new Set(judged.flatMap((each) => each.sights))];
  const violations = [...found, ...judged.flatMap((each) => each.violations)];
  // Room was gone, so whoever was not killed was told so, and in these words.
  const wanted = ({ claim: "failed closed at the claim", completion: "not recorded" } as const)[
    cell.at as "claim" | "completion"
  ];
  for (const each of judged) {
    if (wanted !== undefined && !each.sights.includes(wanted)) {
      violations.push(`P-109: the owner was not told: ${wanted}`);
    }
  }
  const keys = observations.length;
  return { ...cell, keys, effects, sights, violations, command: drillCommandOf(cell) };
}
