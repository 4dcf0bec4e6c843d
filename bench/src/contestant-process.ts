/** The process of one contestant: starts it, and tells its parent where, and what it has used. */

import { PerformanceObserver } from "node:perf_hooks";
import type { Counts } from "./contestant.ts";
import { contestantNamed } from "./contestants.ts";

/** What a contestant has used since it started. */
export interface Used extends Counts {
  readonly cpuMicros: number;
}

export interface Memory {
  /** Of objects and of what hangs on them outside of the heap, in bytes. */
  readonly used: number;
  /** How often the collector has run. */
  readonly collections: number;
}

const [name = "", address = ""] = process.argv.slice(2);
const counts: Counts = { executions: 0, trips: 0, commits: 0 };

function used(): Used {
  const { user, system } = process.cpuUsage();
  return { ...counts, cpuMicros: user + system };
}

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

/** What is used by what lives, where Node was started with `--expose-gc`. */
async function memory(): Promise<Memory> {
  // Twice, with a turn between: what has ended in the first one may have held something.
  for (let times = 0; times < 2; times++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { used: heapUsed + external, collections };
}

process.on("message", async (question) => {
  process.send?.(question === "memory" ? await memory() : used());
});
// Its parent has ended, however that came about.
process.on("disconnect", () => process.exit());

const { port } = await contestantNamed(name).start({ address, counts });
process.send?.({ port });
