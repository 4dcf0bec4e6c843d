/**
 * The syscall sweep: first an undisturbed request is watched, to learn which calls SQLite makes for
 * it; then each of them fails, or is the last thing that the process wanted to do.
 */
import { basename } from "node:path";
import {
  CALLS,
  type Call,
  type Cell,
  type Census,
  cellsOf,
  commandOf,
  MODES,
  type Mode,
  type Selection,
  sampleOf,
} from "./cell.ts";
import { startWorker } from "./hampered.ts";
import { ask } from "./healing.ts";
import { type Judgement, judge, type Sight } from "./judge.ts";
import { openTemplate, type Template } from "./place.ts";
import { censusOf, countOf, readTrace, splitAtReady, unsafeIn } from "./trace.ts";
import { pathsOf, playTrial, type Trial } from "./trial.ts";

export interface SweepOptions {
  readonly selection?: Selection;
  readonly seed: number;
  readonly sample?: boolean;
  /** The worker's program, if it is not the usual one. */
  readonly worker?: string;
  /** Hears of every cell as soon as it is done. */
  readonly onCell?: (result: CellResult) => void;
}

export interface CellResult extends Cell {
  /** Whether the call is made before the effect or after it. */
  readonly phase: "claim" | "result";
  /** Undefined: nobody could read any more what had become of it. */
  readonly effects: number | undefined;
  readonly sights: readonly Sight[];
  readonly violations: readonly string[];
  /** What would be violations if the driver told the store of a read that failed. */
  readonly excused: readonly string[];
  readonly command: string;
}

/** An undisturbed request of one mode. */
export interface Watched {
  readonly mode: Mode;
  readonly census: Census;
  /** How many of each call are made before the request may come. */
  readonly opening: Readonly<Record<Call, number>>;
  /** What a loss of power could have taken, in sentences. */
  readonly violations: readonly string[];
}

export interface SweepResult {
  readonly watched: readonly Watched[];
  readonly cells: readonly CellResult[];
}

/** More than there are cores: most of a cell is waiting, for Node to start and for leases to end. */
const LANES = 5;

/** A renewal that falls into a request that is held up adds calls: the lesser count is the true one. */
const LOOKS = 2;

export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { selection = {}, seed, sample = false, worker, onCell } = options;
  const template = await openTemplate();
  try {
    const modes = MODES.filter((mode) => selection.mode === undefined || selection.mode === mode);
    const watched = await Promise.all(modes.map((mode) => watch(template, mode)));
    const plans = watched.flatMap((one) => {
      const all = cellsOf(one.mode, one.census, selection);
      const cells = sample ? sampleOf(all, one.census, seed) : all;
      return cells.map((cell) => ({ cell, watched: one, worker }));
    });
    if (plans.length === 0) throw new TypeError("A request makes no such call.");
    const cells: CellResult[] = [];
    await inLanes(plans, async (plan) => {
      const result = await played(template, plan);
      onCell?.(result);
      cells.push(result);
    });
    return { watched, cells };
  } finally {
    template.leave();
  }
}

interface Plan {
  readonly cell: Cell;
  readonly watched: Watched;
  readonly worker: string | undefined;
}

async function played(template: Template, { cell, watched, worker }: Plan): Promise<CellResult> {
  const { census, opening } = watched;
  const { call, nth } = cell;
  const { violations, ...seen } = await judged(template, { cell, opening: opening[call], worker });
  const phase = nth <= census[call].claim ? "claim" : "result";
  const excused = isExcused(cell) ? violations.filter((each) => !each.startsWith("harness")) : [];
  const held = violations.filter((each) => !excused.includes(each));
  return { ...cell, phase, ...seen, violations: held, excused, command: commandOf(cell) };
}

async function judged(
  template: Template,
  trial: Trial,
): Promise<Omit<Judgement, "effects"> & { readonly effects: number | undefined }> {
  try {
    return judge(await playTrial(template, trial));
  } catch (error) {
    if (!isExcused(trial.cell)) throw error;
    return { effects: undefined, sights: [], violations: [`file: ${String(error)}`] };
  }
}

/**
 * Where a page cannot be read, libsql takes what stood in its memory for the page: it tells nobody,
 * keeps it, and when it moves its log into the file, writes it there. Nothing can be promised over a
 * file that its own driver destroys. SQLite itself does none of this.
 */
const isExcused = ({ call }: Cell): boolean => call === "pread64";

/** The ledger is watched as well, to see what was on the disk when the effect happened. */
async function watch(template: Template, mode: Mode): Promise<Watched> {
  const looks: Watched[] = [];
  for (let look = 0; look < LOOKS; look++) looks.push(await watchOnce(template, mode));
  const effort = ({ census }: Watched) => CALLS.reduce((sum, call) => sum + census[call].all, 0);
  const [least] = looks.sort((a, b) => effort(a) - effort(b));
  if (least === undefined) throw new Error("Nobody has looked.");
  return { ...least, violations: [...new Set(looks.flatMap(({ violations }) => violations))] };
}

async function watchOnce(template: Template, mode: Mode): Promise<Watched> {
  const place = template.place();
  const { database, marks, trace } = place;
  const settings = { mode, store: "sqlite", address: database, ledger: place.ledger } as const;
  const paths = [...pathsOf(place), place.ledger];
  const worker = await startWorker({ ...settings, marks }, { log: trace, paths });
  try {
    const reply = await ask(worker.origin, { mode, round: "undisturbed" });
    if (reply.kind !== "answer" || reply.status !== 201) {
      throw new Error("An undisturbed request was not answered.");
    }
    await worker.end();
    const ledger = basename(place.ledger);
    const calls = readTrace(trace);
    const { opening } = splitAtReady(calls);
    const counted = CALLS.map((call) => [call, countOf(opening, call, ledger)] as const);
    return {
      mode,
      census: censusOf(calls, ledger),
      opening: Object.fromEntries(counted) as Record<Call, number>,
      violations: unsafeIn(calls, ledger),
    };
  } finally {
    await worker.end();
    place.leave();
  }
}

async function inLanes<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  const queue = [...all];
  const lane = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
