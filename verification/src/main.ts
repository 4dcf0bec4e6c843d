/**
 * `npm run verify`: every program that tries to break a promise, one after the other.
 *
 * `--only NAME` runs one of them, and what follows is its own; `--sample` runs a part of each. Ends
 * with 1 if anything did not hold. A run without any option is a whole one, and writes GUARANTEES.md;
 * `--sample --write` writes it from a sample, and the page says so.
 */
import { writeFileSync } from "node:fs";
import { thisMachine } from "./machine.ts";
import { oneOf } from "./options.ts";
import { ORDINARY, PROGRAMS } from "./programs.ts";
import { GUARANTEES, guaranteesOf, type ProgramRun } from "./report.ts";

const writes = process.argv.length === 2 || process.argv.includes("--write");
const args = process.argv.slice(2).filter((arg) => arg !== "--write");
const only = args.indexOf("--only");
const names = PROGRAMS.map(({ name }) => name);
const chosen = only === -1 ? undefined : oneOf("only", names, args[only + 1] ?? "");
const rest = only === -1 ? args : args.toSpliced(only, 2);

const runs: ProgramRun[] = [];
const programs = chosen === undefined ? ORDINARY : PROGRAMS.filter(({ name }) => name === chosen);
for (const { name, run } of programs) {
  const began = performance.now();
  const outcome = await run(rest);
  const seconds = Math.round((performance.now() - began) / 1_000);
  runs.push({ name, outcome, seconds });
  console.log(
    `${name}: ${outcome.holds ? "held" : "✗ DID NOT HOLD"}; ${outcome.summary}; ${seconds} s`,
  );
}
if (writes && chosen === undefined) {
  const at = new Date().toISOString();
  const isSample = args.includes("--sample");
  writeFileSync(GUARANTEES, guaranteesOf({ programs: runs, machine: thisMachine(), at, isSample }));
}
process.exitCode = runs.every(({ outcome }) => outcome.holds) ? 0 : 1;
