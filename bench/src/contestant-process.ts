/** The process of one contestant: starts it, and tells its parent where, and what it has used. */

import type { Counts } from "./contestant.ts";
import { contestantNamed } from "./contestants.ts";

/** What a contestant has used since it started. */
export interface Used extends Counts {
  readonly cpuMicros: number;
}

const [name = "", address = ""] = process.argv.slice(2);
const counts: Counts = { executions: 0, trips: 0, commits: 0 };

function used(): Used {
  const { user, system } = process.cpuUsage();
  return { ...counts, cpuMicros: user + system };
}

process.on("message", () => process.send?.(used()));
// Its parent has ended, however that came about.
process.on("disconnect", () => process.exit());

const { port } = await contestantNamed(name).start({ address, counts });
process.send?.({ port });
