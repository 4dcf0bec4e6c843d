/**
 * A store's server that is killed while many keys are on their way, and comes back: each key has to
 * end as its mode promises. The processes live on.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../simulator/random.ts";
import { ALL, aftermathOf, createTrial, RETRY_MS, type Trial } from "./aftermath.ts";
import type { Cell } from "./cell.ts";
import { PROCESSES } from "./cluster.ts";
import { LEASE_MS } from "./judge.ts";
import { type Entry, now } from "./ledger.ts";
import type { Observation } from "./observation.ts";
import type { Database } from "./place.ts";
import { randomOf, type Scene } from "./round.ts";

const KEYS = 8;
/** Within so long all keys begin: some are answered before the store dies, some begin without it. */
const BEGIN_MS = 400;
const DEATH_MS: readonly [number, number] = [100, 300];
const AWAY_MS: readonly number[] = [0, LEASE_MS / 3, 2 * LEASE_MS];
/** Some handlers outlast the store's absence, and some end in it. */
const DWELL_MS: readonly number[] = [0, 0, 5, 50, LEASE_MS];

/** One observation for each key. */
export async function playLoad(
  scene: Scene,
  database: Database,
  cell: Cell,
  seed: number,
  turn: number,
): Promise<readonly Observation[]> {
  const { cluster, ground, ledger } = scene;
  const random = randomOf(seed, cell, turn);
  const trials = Array.from({ length: KEYS }, (_, index) =>
    createTrial(cluster, cell, `${cell.point}-${cell.mode}-${seed}-${turn}-${index}`, {
      key: `key-${random.between(1, 1e9)}`,
      amount: random.between(1, 1_000),
      dwellMs: random.pick(DWELL_MS),
    }),
  );
  let isHealed = false;
  const callers = trials.flatMap((trial) =>
    callersOf(random).map(({ index, afterMs }) => call(trial, index, afterMs, () => isHealed)),
  );
  await pause(random.between(...DEATH_MS));
  const hitAt = now();
  await database.comeBack(random.pick(AWAY_MS));
  const healedAt = now();
  isHealed = true;
  await Promise.all(callers);

  const aftermaths = await Promise.all(trials.map((trial) => aftermathOf(trial, ground, random)));
  const entries = ledger.news();
  return aftermaths.map((aftermath): Observation => {
    const { round } = aftermath;
    const hit: Entry = { what: "hit", round, pid: process.pid, at: hitAt };
    const own = entries.filter((entry) => entry.round === round);
    return { ...aftermath, healedAt, entries: [hit, ...own] };
  });
}

interface Caller {
  readonly index: number;
  readonly afterMs: number;
}

/** Where a key is sent to, and when: one request, or duplicates that come together or late. */
function callersOf(random: Random): readonly Caller[] {
  const begin = random.between(0, BEGIN_MS);
  const first = random.between(0, PROCESSES - 1);
  return ALL.slice(0, random.between(1, PROCESSES)).map((step) => ({
    index: (first + step) % PROCESSES,
    afterMs: begin + random.pick([0, 0, 10, LEASE_MS]),
  }));
}

/** Asks until there is an answer, or until the store is back: then everybody is asked anyway. */
async function call(
  { ask, sightings }: Trial,
  index: number,
  afterMs: number,
  isHealed: () => boolean,
): Promise<void> {
  await pause(afterMs);
  do {
    const sighting = await ask(index);
    sightings.push(sighting);
    if (sighting.reply.kind === "answer") return;
    await pause(RETRY_MS);
  } while (!isHealed());
}
