/**
 * The failover drill: primaries that are lost at a chosen moment, with what their replica did not
 * have, and the effects counted in a ledger that no store knows of.
 */
import type { Mode } from "../chaos/cell.ts";
import type { Breakage } from "./broken.ts";
import {
  type Cell,
  commandOf,
  type Drill,
  drillsOf,
  type Selection,
  STORES,
  sampleOf,
} from "./cell.ts";
import { dismissWarden } from "./children.ts";
import { playDrill } from "./drill.ts";
import { expectationOf } from "./expectation.ts";
import { judge } from "./judge.ts";
import type { Observation } from "./observation.ts";

export interface FailoverOptions {
  readonly selection?: Selection;
  readonly seed: number;
  /** One drill of each durability instead of all of them. */
  readonly sample?: boolean;
  /** Failovers for each drill. */
  readonly turns?: number;
  /** What is wrong with the applications: for the tests of the drill. */
  readonly breakage?: Breakage;
  /** Hears of every cell as soon as it is done. */
  readonly onCell?: (result: CellResult) => void;
}

export interface CellResult extends Cell {
  /** Keys, over all failovers. */
  readonly rounds: number;
  /** How many rounds had so many effects. */
  readonly effects: Readonly<Record<number, number>>;
  /** How many rounds ended so. */
  readonly ends: Readonly<Record<string, number>>;
  /** In how many somebody had been answered, and the record of it was lost. */
  readonly lost: number;
  /** The second effect that the documentation speaks of: must it be seen, and was it? */
  readonly limit: "none" | "seen" | "not seen";
  readonly violations: readonly string[];
  readonly command: string;
}

export interface FailoverResult {
  readonly cells: readonly CellResult[];
  readonly failovers: number;
  readonly violations: number;
}

const TURNS = 2;

export async function failover(options: FailoverOptions): Promise<FailoverResult> {
  const { selection, seed, sample = false, turns = TURNS } = options;
  const all = drillsOf(selection);
  const drills = sample ? sampleOf(all, seed) : all;
  if (drills.length === 0) throw new TypeError("There is no such cell.");
  try {
    const byStore = await Promise.all(
      STORES.map((store) =>
        playStore(
          drills.filter((drill) => drill.store === store),
          turns,
          options,
        ),
      ),
    );
    const cells = byStore.flat();
    const violations = cells.reduce((sum, cell) => sum + cell.violations.length, 0);
    return { cells, failovers: drills.length * turns, violations };
  } finally {
    await dismissWarden();
  }
}

async function playStore(
  drills: readonly Drill[],
  turns: number,
  options: FailoverOptions,
): Promise<readonly CellResult[]> {
  const results: CellResult[] = [];
  for (const drill of drills) {
    for (const result of await playTurns(drill, turns, options)) {
      options.onCell?.(result);
      results.push(result);
    }
  }
  return results;
}

async function playTurns(
  drill: Drill,
  turns: number,
  { seed, breakage }: FailoverOptions,
): Promise<CellResult[]> {
  const observations: Observation[] = [];
  for (let turn = 0; turn < turns; turn++) {
    observations.push(...(await playDrill(drill, { seed, turn, breakage })));
  }
  return drill.modes.map((mode) =>
    resultOf(
      { ...drill, mode },
      seed,
      observations.filter(({ cell }) => cell.mode === mode),
    ),
  );
}

function resultOf(
  { store, durability, scenario, mode }: Drill & { readonly mode: Mode },
  seed: number,
  observations: readonly Observation[],
): CellResult {
  const cell: Cell = { store, durability, scenario, mode };
  const judgements = observations.map((observation) => ({
    round: observation.round,
    ...judge(observation),
  }));
  const effects = countsOf(judgements.map((each) => each.effects));
  const violations = judgements.flatMap(({ round, violations: found }) =>
    found.map(({ property, what }) => `${round}: ${property}: ${what}`),
  );
  const { limit: wanted } = expectationOf(cell);
  const limit = wanted === undefined ? "none" : effects[wanted] === undefined ? "not seen" : "seen";
  if (limit === "not seen") violations.push(`the limit of ${wanted} effects was never seen`);
  return {
    ...cell,
    rounds: judgements.length,
    effects,
    ends: countsOf(judgements.map(({ end }) => end)),
    lost: judgements.filter(({ lost }) => lost).length,
    limit,
    violations,
    command: commandOf(cell, seed),
  };
}

function countsOf<Word extends string | number>(words: readonly Word[]): Record<Word, number> {
  const counts = {} as Record<Word, number>;
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
