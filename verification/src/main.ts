/**
 * `npm run verify`: every program that tries to break a promise, one after the other.
 *
 * `--only NAME` runs one of them, and what follows is its own. Ends with 1 if anything did not hold.
 */
import { runChaos } from "./chaos/program.ts";
import { runSimulator } from "./simulator/program.ts";

/** Each is given what stands behind its name on the command line. True: everything held. */
const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  simulator: runSimulator,
  chaos: runChaos,
};

const args = process.argv.slice(2);
const only = args.indexOf("--only");
const name = only === -1 ? undefined : args[only + 1];
const rest = only === -1 ? args : args.toSpliced(only, 2);

if (name !== undefined && PROGRAMS[name] === undefined) {
  throw new TypeError(`There is no program "${name}": there are ${Object.keys(PROGRAMS)}.`);
}
let holds = true;
for (const [each, run] of Object.entries(PROGRAMS)) {
  if (name === undefined || name === each) holds = (await run(rest)) && holds;
}
process.exitCode = holds ? 0 : 1;
