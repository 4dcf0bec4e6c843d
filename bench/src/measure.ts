/** A contestant under load, round by round: first requests, then the same ones again. */
import type { Answers, Loader } from "./load.ts";
import type { Running } from "./running.ts";

/** One round of one phase, per request. */
export interface Sample {
  readonly cpuMicros: number;
  readonly databaseMicros: number | undefined;
  readonly trips: number;
  readonly commits: number;
  readonly perSecond: number;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
}

export interface Round {
  readonly first: Sample;
  readonly again: Sample;
}

/**
 * Not measured, at the beginning of each turn: a process that stood still while the others had theirs
 * has given its young heap back, and finds the processor's caches full of somebody else's data. No
 * server under load does.
 */
const WARMING_UP = 1_000;

/** Throws when an answer is wrong, or when the handler did not run as often as it has to. */
export async function round(running: Running, loader: Loader, requests: number): Promise<Round> {
  const { contestant } = running;
  const answers: Answers = new Map();
  await loader.first(Math.min(WARMING_UP, requests), new Map());
  const first = await sample(running, requests, requests, () => loader.first(requests, answers));
  const repeated = contestant.kind === "bare" ? requests : 0;
  const again = await sample(running, requests, repeated, () => loader.again(contestant, answers));
  return { first, again };
}

async function sample(
  running: Running,
  requests: number,
  executions: number,
  load: () => Promise<{ readonly latencies: readonly number[]; readonly elapsedMs: number }>,
): Promise<Sample> {
  const before = await running.used();
  const { latencies, elapsedMs } = await load();
  const after = await running.used();
  const ran = after.executions - before.executions;
  if (ran !== executions) throw new Error(`the handler ran ${ran} times instead of ${executions}`);
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  const { databaseMicros } = before;
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / requests,
    databaseMicros:
      databaseMicros === undefined || after.databaseMicros === undefined
        ? undefined
        : (after.databaseMicros - databaseMicros) / requests,
    trips: (after.trips - before.trips) / requests,
    commits: (after.commits - before.commits) / requests,
    perSecond: (requests / elapsedMs) * 1000,
    ...{ p50: at(0.5), p99: at(0.99) },
  };
}
