/** `npm run verify -- --only fuzz`: which targets are played, and how it is told. */
import { parseArgs } from "node:util";
import { table } from "../markdown.ts";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import { addToCorpus, readCorpus } from "./corpus.ts";
import type { Hunt, Target } from "./hunt.ts";
import { TARGETS } from "./targets.ts";

/** Another one draws other inputs. */
const SEED = 1;
/** So many times the inputs of a sample: about a minute for all targets. */
const TIMES = 6;

const USAGE = `Options of the fuzzing:
  --target T    ${TARGETS.map(({ name }) => name).join(", ")};
                all of them unless told
  --seed N      ${SEED} unless told
  --runs N      inputs that are drawn for each target
  --seconds S   a target ends after so many seconds, if that is earlier
  --sample      as many inputs as show each class and find each mutant`;

export const fuzz: Program = { name: "fuzz", run };

async function run(args: readonly string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: "string" },
      seed: { type: "string", default: String(SEED) },
      runs: { type: "string" },
      seconds: { type: "string" },
      sample: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return NOTHING_DONE;
  }
  const seed = numberOf("seed", values.seed);
  const runs = values.runs === undefined ? undefined : numberOf("runs", values.runs);
  const seconds = values.seconds === undefined ? undefined : numberOf("seconds", values.seconds);
  const hunts: Hunt[] = [];
  for (const target of targetsNamed(values.target)) {
    const corpus = readCorpus(target.name);
    const times = values.sample ? 1 : TIMES;
    const limits = { seed, runs: runs ?? target.sample * times, seconds, corpus };
    const hunt = await target.hunt(limits);
    tell(hunt, seed);
    for (const { why, input, says } of hunt.failures) {
      if (why === undefined) addToCorpus(target.name, { why: says.split("\n")[0] ?? "", input });
    }
    hunts.push(hunt);
  }
  return outcomeOf(hunts, seed);
}

function targetsNamed(name: string | undefined): readonly Target[] {
  if (name === undefined) return TARGETS;
  const names = TARGETS.map((target) => target.name);
  const named = oneOf("target", names, name);
  return TARGETS.filter((target) => target.name === named);
}

/** Whether nothing was wrong, all was seen that can be, and every mutant was found. */
export const holds = ({ failures, unseen, survivors }: Hunt): boolean =>
  failures.length + unseen.length + survivors.length === 0;

function tell(hunt: Hunt, seed: number): void {
  const { target, runs, seen, unseen, failures, found, survivors } = hunt;
  const classes = Object.entries(seen).map(([word, times]) => `${times}×${word}`);
  const figures = [`${runs} inputs`, `${found.length} mutants found`];
  console.log([target.padEnd(10), ...figures, holds(hunt) ? "held" : "✗"].join("  "));
  console.log(`  ${classes.join(", ")}`);
  for (const word of unseen) console.log(`  ✗ never seen: ${word}`);
  for (const mutant of survivors) console.log(`  ✗ survived: ${mutant}`);
  for (const { why, input, says } of failures) {
    console.log(
      `  ✗ seed ${seed}${why === undefined ? "" : `, from the corpus (${why})`}: ${says}`,
    );
    console.log(`  the smallest input that still fails: ${JSON.stringify(input)}`);
    console.log(`  again: npm run verify -- --only fuzz --target ${target} --seed ${seed}`);
  }
}

function outcomeOf(hunts: readonly Hunt[], seed: number): Outcome {
  const sum = (of: (hunt: Hunt) => number) => hunts.reduce((all, hunt) => all + of(hunt), 0);
  const summary = [
    ...[`${hunts.length} targets`, `${sum(({ runs }) => runs)} inputs`],
    ...[`${sum(({ failures }) => failures.length)} violations`],
    ...[`${sum(({ found }) => found.length)} mutants found`, `seed ${seed}`],
  ].join(", ");
  return { holds: hunts.every(holds), summary, sections: [sectionOf(hunts)], limits: [] };
}

function sectionOf(hunts: readonly Hunt[]) {
  const rows = hunts.map(({ target, inputs, runs, known, seen, found, survivors }) => [
    ...[target, `${runs} and ${known} known: ${inputs}`],
    Object.entries(seen)
      .map(([word, times]) => `${times} × ${word}`)
      .join("; "),
    `${found.length} of ${found.length + survivors.length}: ${found.join("; ")}`,
  ]);
  const lead =
    "Each input is played at the wire against what is published, and what comes of it is held against an oracle " +
    "that shares no code with the library. A class that is never seen, or a mutant that is not found, fails the run.";
  return {
    title: "Fuzzing",
    text: `${lead}\n\n${table(["target", "inputs", "what was seen", "mutants found"], rows)}`,
  };
}
