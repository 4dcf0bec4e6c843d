/**
 * `npm run verify`: every program that tries to break a promise, one after the other.
 *
 * `--only NAME` runs one of them, and what follows is its own. Ends with 1 if anything did not hold.
 * A run without any option is a whole one, and writes GUARANTEES.md.
 */
import { writeFileSync } from "node:fs";
import { lastChaos, runChaos } from "./chaos/program.ts";
import { thisMachine } from "./machine.ts";
import { runModel } from "./model/program.ts";
import { GUARANTEES, guaranteesOf, type ProgramRun } from "./report.ts";
import { runSimulator } from "./simulator/program.ts";

/** Each is given what stands behind its name on the command line. True: everything held. */
const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  simulator: runSimulator,
  model: runModel,
  chaos: runChaos,
};

const args = process.argv.slice(2);
const only = args.indexOf("--only");
const name = only === -1 ? undefined : args[only + 1];
const rest = only === -1 ? args : args.toSpliced(only, 2);

if (name !== undefined && PROGRAMS[name] === undefined) {
  throw new TypeError(`There is no program "${name}": there are ${Object.keys(PROGRAMS)}.`);
}
const runs: ProgramRun[] = [];
for (const [each, run] of Object.entries(PROGRAMS)) {
  if (name !== undefined && name !== each) continue;
  const began = performance.now();
  const holds = await run(rest);
  runs.push({ name: each, holds, seconds: Math.round((performance.now() - began) / 1_000) });
}
if (args.length === 0) {
  const page = guaranteesOf({ programs: runs, chaos: lastChaos(), machine: thisMachine() });
  writeFileSync(GUARANTEES, page);
}
process.exitCode = runs.every(({ holds }) => holds) ? 0 : 1;
