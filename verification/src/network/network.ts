/** The sweep: every cell played on lanes beside each other, two sides of which are mostly waiting. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPlace } from "../chaos/place.ts";
import type { Break } from "./broken.ts";
import {
  type Cell,
  cellsOf,
  commandOf,
  type Selection,
  STORES,
  type StoreName,
  sampleOf,
} from "./cell.ts";
import { isTwiceTheLimit } from "./expectation.ts";
import { type Judgement, judge, toldOf } from "./judge.ts";
import { type Lane, openLane } from "./lane.ts";
import { playRound } from "./round.ts";

export interface SweepOptions {
  readonly selection?: Selection;
  readonly seed: number;
  /** A share of the cells instead of all of them. */
  readonly sample?: boolean;
  /** Rounds for each cell. */
  readonly rounds?: number;
  /** Rounds that are played at one time on each store. */
  readonly lanes?: number;
  /** What the applications do wrong on purpose. */
  readonly broken?: Break;
  /** Hears of every cell as soon as it is done. */
  readonly onCell?: (result: CellResult) => void;
}

export interface CellResult extends Cell {
  readonly rounds: number;
  /** In how many an owner lost its lease or was overtaken. */
  readonly disturbed: number;
  /** How many rounds had so many effects. */
  readonly effects: Readonly<Record<number, number>>;
  /** How many began the handler so often. */
  readonly runs: Readonly<Record<number, number>>;
  /** What the caller was told whose conversation was hit, and how often. */
  readonly told: Readonly<Record<string, number>>;
  /** The second effect that the documentation speaks of: must it be seen, and was it? */
  readonly limit: "none" | "seen" | "not seen";
  readonly violations: readonly string[];
  readonly command: string;
}

const ROUNDS = 1;
/** Where the documented limit has not shown yet: it takes some timing. */
const EXTRA_ROUNDS = 4;
const LANES = 6;
/** How often a round is played in which the fault did not strike. */
const TRIES_MAX = 5;
/** Rounds that are played again draw from seeds of their own. */
const ROUNDS_MAX = 10_000;

export async function sweep(options: SweepOptions): Promise<readonly CellResult[]> {
  const { selection, seed, sample = false } = options;
  const all = cellsOf(selection);
  const cells = sample ? sampleOf(all, seed) : all;
  if (cells.length === 0) throw new TypeError("There is no such cell: see --help for the steps.");
  const byStore = await Promise.all(
    STORES.map((store) => ({ store, cells: cells.filter((cell) => cell.store === store) }))
      .filter((part) => part.cells.length > 0)
      .map((part) => sweepStore(part.store, part.cells, options)),
  );
  return byStore.flat();
}

async function sweepStore(
  store: StoreName,
  cells: readonly Cell[],
  options: SweepOptions,
): Promise<readonly CellResult[]> {
  const { seed, rounds = ROUNDS, lanes: most = LANES, onCell } = options;
  const folder = mkdtempSync(join(tmpdir(), "oncekey-network-"));
  const place = await openPlace(store);
  const results: CellResult[] = [];
  const queue = [...cells];
  const lanes: Lane[] = [];
  const playOn = async (lane: Lane) => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      const result = await playCell(lane, cell, seed, rounds);
      onCell?.(result);
      results.push(result);
    }
  };
  try {
    const playing: Promise<void>[] = [];
    // One after the other: three processes each, all at once, would be in each other's way.
    while (lanes.length < Math.min(most, cells.length)) {
      const ledger = join(folder, String(lanes.length));
      const settings = { store, address: place.address, ledger, drivers: "bounded" as const };
      const lane = await openLane({ ...settings, broken: options.broken });
      lanes.push(lane);
      const played = playOn(lane);
      // Heard of below: until then the other lanes are still being opened.
      played.catch(() => queue.splice(0));
      playing.push(played);
    }
    await Promise.all(playing);
  } finally {
    await Promise.all(lanes.map((lane) => lane.stop()));
    await place.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return cells.flatMap((cell) => results.filter((result) => isSame(result, cell)));
}

const isSame = (result: CellResult, cell: Cell): boolean =>
  commandOf(cell, 0) === commandOf(result, 0);

async function playCell(lane: Lane, cell: Cell, seed: number, rounds: number): Promise<CellResult> {
  const effects: Record<number, number> = {};
  const runs: Record<number, number> = {};
  const told: Record<string, number> = {};
  const violations: string[] = [];
  let disturbed = 0;
  let turn = 0;
  const isMissing = () => isTwiceTheLimit(cell) && effects[2] === undefined;
  for (; turn < rounds || (isMissing() && turn < rounds + EXTRA_ROUNDS); turn++) {
    const observation = await playStruck(lane, cell, seed, turn);
    const judgement: Judgement = judge(observation);
    count(effects, judgement.effects);
    count(runs, judgement.runs);
    count(told, toldOf(observation.first));
    if (judgement.disturbed) disturbed++;
    violations.push(...judgement.violations.map((what) => `round ${turn}: ${what}`));
  }
  const limit = isTwiceTheLimit(cell) ? (isMissing() ? "not seen" : "seen") : "none";
  if (limit === "not seen") violations.push("the limit of 2 effects was never seen");
  const command = commandOf(cell, seed);
  return { ...cell, rounds: turn, disturbed, effects, runs, told, limit, violations, command };
}

/**
 * A machine that stands still for longer than a call is waited for keeps a request from ever coming
 * to its step. That round says nothing, and is played again.
 */
async function playStruck(lane: Lane, cell: Cell, seed: number, turn: number) {
  let observation = await playRound(lane, cell, seed, turn);
  for (let again = 1; observation.struckAt === undefined && again < TRIES_MAX; again++) {
    observation = await playRound(lane, cell, seed, turn + again * ROUNDS_MAX);
  }
  return observation;
}

function count(counts: Record<string, number>, what: string | number): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
