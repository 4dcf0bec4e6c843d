/** One exploration by Spin: translated to C, compiled, searched to the end, and read. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Exploration } from "./explorations.ts";

/** This file is compiled to `dist/src/model/`. */
export const MODEL: string = join(import.meta.dirname, "../../../model/record.pml");

export type Verdict =
  /** Every state was seen, and nothing was wrong in any of them. */
  | { readonly kind: "holds" }
  /** What was broken, in the words of the model. */
  | { readonly kind: "violated"; readonly property: string }
  /** Some states were not seen, so nothing is shown. */
  | { readonly kind: "truncated"; readonly reason: string };

export interface Outcome {
  readonly verdict: Verdict;
  readonly states: number;
  readonly depth: number;
  readonly seconds: number;
  /** Steps that were never taken. */
  readonly unreached: readonly string[];
}

export interface Effort {
  /** For searches of minutes. Small ones are over before an optimizer is. */
  readonly optimized: boolean;
  /** Keeps a hash of each state: less memory, and no proof, since two states may look the same. */
  readonly compacted: boolean;
  /** The longest path that is followed. A longer one makes the search count as truncated. */
  readonly depthMax: number;
}

/** A table of 2^18 to begin with. It grows; the usual one costs a small search more than its states. */
const HASHES = "-w18";

const QUICK: Effort = { optimized: false, compacted: false, depthMax: 100_000 };

/** From the shortest story that a mutant has to the longest that anybody would read. */
const STORY_DEPTHS = [60, 80, 100, 130, 170, 230, 300];
const STORY_MS = 20_000;

export async function explore(
  exploration: Exploration,
  effort: Partial<Effort> = {},
): Promise<Outcome> {
  const { optimized, compacted, depthMax } = { ...QUICK, ...effort };
  return await inFolder(async (folder) => {
    await compile(folder, exploration, [
      optimized ? "-O2" : "-O0",
      ...(compacted ? ["-DHC4"] : []),
    ]);
    const began = performance.now();
    const said = await search(folder, exploration, depthMax);
    return { ...readSearch(said), seconds: (performance.now() - began) / 1_000 };
  });
}

/**
 * A short counterexample, step by step; a column is a process. The first one that a search meets may
 * be thousands of steps long, so this looks for one of few. Empty: there is none as short as that.
 */
export async function storyOf(exploration: Exploration): Promise<readonly string[]> {
  return await inFolder(async (folder) => {
    await compile(folder, exploration, ["-O0", "-DREACH"]);
    for (const depth of STORY_DEPTHS) {
      const said = await search(folder, exploration, depth, STORY_MS);
      if (readSearch(said).verdict.kind !== "violated") continue;
      const told = await command(folder, "spin", [...defined(exploration), "-t", "record.pml"]);
      return told.split("\n").filter((line) => /^ {6,}\S/.test(line));
    }
    return [];
  });
}

/** What the searcher said, as an outcome. A search that says nothing clear was a truncated one. */
function readSearch(said: string): Omit<Outcome, "seconds"> {
  const count = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? Number.NaN);
  const unreached = said
    .split("\n")
    .map((line) => /state \d+, "printf\('(.*?)(?:\\n)?'\)"/.exec(line)?.[1])
    .filter((step) => step !== undefined);
  return {
    verdict: verdictOf(said, count(/errors: (\d+)/)),
    states: count(/(\d+) states, stored/),
    depth: count(/depth reached (\d+)/),
    unreached: [...new Set(unreached)],
  };
}

function verdictOf(said: string, errors: number): Verdict {
  const property = /pan:\d+: (.*?) \(at depth/.exec(said)?.[1];
  if (errors > 0 && property !== undefined) return { kind: "violated", property };
  const reason = /(max search depth too small|out of memory|Search not completed)/.exec(said)?.[1];
  if (errors === 0 && reason === undefined) return { kind: "holds" };
  return { kind: "truncated", reason: reason ?? said.slice(-300) };
}

const isOfTheFuture = ({ properties }: Exploration): boolean =>
  properties.some((property) => property.startsWith("LTL_"));

function defined({ mode, workers, properties, change }: Exploration): readonly string[] {
  const words = [mode.toUpperCase(), ...properties, ...(change === undefined ? [] : [change])];
  return [`-DWORKERS=${workers}`, ...words.map((word) => `-D${word}`)];
}

async function compile(folder: string, exploration: Exploration, args: readonly string[]) {
  await copyFile(MODEL, join(folder, "record.pml"));
  // -o3: statements are not merged, so that each step is listed when it was never taken.
  await command(folder, "spin", ["-o3", ...defined(exploration), "-a", "record.pml"]);
  const kind = isOfTheFuture(exploration) ? "-DNFAIR=3" : "-DSAFETY";
  // No reduction: nearly every step touches the record, so that it gains little, and is one thing
  // more to believe.
  await command(folder, "gcc", ["-w", "-DNOREDUCE", kind, ...args, "-o", "pan", "pan.c"]);
}

function search(
  folder: string,
  exploration: Exploration,
  depthMax: number,
  timeoutMs = 0,
): Promise<string> {
  const kind = isOfTheFuture(exploration) ? ["-a", "-f"] : [];
  // What is wrong on purpose may also lead nowhere, and that is not what is asked of it.
  const deadEnds = exploration.change === undefined ? [] : ["-E"];
  return command(folder, "./pan", [HASHES, `-m${depthMax}`, ...kind, ...deadEnds], timeoutMs);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "oncekey-model-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Rejects if the program is not there or cannot do its work. A searcher's findings are no failure. */
function command(
  folder: string,
  name: string,
  args: readonly string[],
  timeoutMs = 0,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs };
    execFile(name, args, options, (error, stdout, stderr) => {
      const said = `${stdout}${stderr}`;
      if (error === null || name === "./pan" || args.includes("-t")) resolve(said);
      else if (error.code === "ENOENT") {
        reject(new Error(`\`${name}\` is not there. On Debian: apt-get install ${name}`));
      } else reject(new Error(`\`${name}\` failed: ${said}`));
    });
  });
}
