/** `npm run verify -- --only simulator`: what is played, and how it is told. */
import { parseArgs } from "node:util";
import { table } from "../markdown.ts";
import { numberOf } from "../options.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import { addToCorpus, readCorpus } from "./corpus.ts";
import { examine } from "./examine.ts";
import type { Subject } from "./history.ts";
import { MUTANTS } from "./mutants.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Violation } from "./properties.ts";
import { shrink } from "./shrink.ts";
import {
  type Failure,
  type Limits,
  replay,
  type Summary,
  simulate,
  unreachedOf,
} from "./simulator.ts";

/** About a minute of one core. */
const HISTORIES = 20_000;
/** As many are needed before every rare branch has been taken. */
export const SAMPLE = 1_500;
/** Within so many seeds each mutant must have failed. */
const MUTANT_SEEDS = 1_000;

const USAGE = `Options of the simulator:
  --histories N   how many histories (${HISTORIES})
  --seconds S     ends after so many seconds, if that is earlier
  --from N        the first seed (1)
  --seed N        plays one seed, tells all of it, and shrinks it if it fails
  --mutants       shows that every mutant is found; with --record, keeps how in the corpus
  --sample        ${SAMPLE} histories`;

export const simulator: Program = {
  name: "simulator",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        histories: { type: "string" },
        seconds: { type: "string" },
        from: { type: "string" },
        seed: { type: "string" },
        mutants: { type: "boolean", default: false },
        record: { type: "boolean", default: false },
        sample: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    if (values.mutants) return briefly(await findMutants(values.record), "mutants");
    const { sample, seed, from = "1", histories = `${sample ? SAMPLE : HISTORIES}` } = values;
    if (seed !== undefined) {
      return briefly(await playOne(planOf(numberOf("seed", seed))), `seed ${seed}`);
    }
    return playMany({
      from: numberOf("from", from),
      histories: numberOf("histories", histories),
      seconds: values.seconds === undefined ? undefined : numberOf("seconds", values.seconds),
    });
  },
};

const briefly = (holds: boolean, summary: string): Outcome => ({ ...NOTHING_DONE, holds, summary });

async function playMany(limits: Limits): Promise<Outcome> {
  const corpusHolds = await replayCorpus();
  const cpu = process.cpuUsage();
  const summary = await simulate(limits);
  const { user, system } = process.cpuUsage(cpu);
  tell(summary, (user + system) / 1e6);
  const [first] = summary.failures;
  if (first !== undefined) await tellFailure(first);
  const wentEverywhere = tellUnreached(summary);
  // In a sample the mutants are left out: `npm test` looks for each of them by its name.
  const mutantsFound = limits.histories <= SAMPLE || (await findMutants(false));
  return {
    holds: corpusHolds && summary.failures.length === 0 && wentEverywhere && mutantsFound,
    summary:
      `${summary.histories} histories from seed ${limits.from}, ${summary.operations} store calls, ` +
      `${summary.effects} effects, ${summary.failures.length} violations`,
    sections: [{ title: "Simulated histories", text: historiesIn(summary) }],
    limits: [],
  };
}

function historiesIn({ reached }: Summary): string {
  const rows = [...reached].map(([rarity, histories]) => [rarity, `${histories}`]);
  return [
    "`npm run verify -- --only simulator --seed <seed>` plays one again. A run has to go into each of these " +
      `branches, and has to find each of ${Object.keys(MUTANTS).length} ways in which an engine or a store can be wrong.`,
    table(["branch", "histories"], rows),
  ].join("\n\n");
}

function tell({ histories, effects, operations, failures }: Summary, seconds: number): void {
  const rate = Math.round((60 * histories) / seconds);
  console.log(
    `simulator: ${histories} histories, ${operations} store calls, ${effects} effects, ` +
      `${failures.length} failed; ${seconds.toFixed(1)} s of one core, ${rate} a minute`,
  );
}

/** Fewer histories cannot be expected to have gone everywhere. */
function tellUnreached(summary: Summary): boolean {
  if (summary.histories < SAMPLE) return true;
  const unreached = unreachedOf(summary);
  for (const rarity of unreached) console.log(`  never reached: ${rarity}`);
  return unreached.length === 0;
}

async function tellFailure({ plan, violations }: Failure): Promise<void> {
  tellViolations(plan, violations);
  console.log(`  again: npm run verify -- --only simulator --seed ${plan.seed}`);
  const small = await smallestOf(plan, {}, violations);
  const { history, violations: left } = await replay(small);
  const violated = [...new Set(left.map(({ property }) => property))];
  addToCorpus({ failed: `seed ${plan.seed}`, violated, plan: small });
  console.log(`  the smallest that still fails, now in verification/corpus/simulator.json:`);
  console.log(JSON.stringify(small, null, 2));
  console.log(history.lines.join("\n"));
  tellViolations(small, left);
}

function tellViolations({ seed }: Plan, violations: readonly Violation[]): void {
  for (const { property, says } of violations) console.log(`✗ seed ${seed}: ${property}: ${says}`);
}

/** Still fails by one of the properties that it failed by. */
function smallestOf(plan: Plan, subject: Subject, violations: readonly Violation[]): Promise<Plan> {
  const properties = new Set(violations.map(({ property }) => property));
  return shrink(plan, async (smaller) => {
    const found = (await examine(smaller, subject)).violations;
    return found.some(({ property }) => properties.has(property));
  });
}

async function playOne(plan: Plan): Promise<boolean> {
  const { history, violations } = await replay(plan);
  if (violations.length > 0) {
    await tellFailure({ plan, violations });
    return false;
  }
  console.log(JSON.stringify(plan, null, 2));
  console.log(history.lines.join("\n"));
  console.log(`seed ${plan.seed} holds`);
  return true;
}

async function replayCorpus(): Promise<boolean> {
  let holds = true;
  for (const { failed, plan } of readCorpus()) {
    const { violations } = await examine(plan);
    if (violations.length > 0) {
      console.log(`corpus: what once failed for ${JSON.stringify(failed)} fails`);
      tellViolations(plan, violations);
      holds = false;
    }
  }
  return holds;
}

/** The first seed at which a mutant fails, and how. */
export async function findMutant(subject: Subject): Promise<Failure | undefined> {
  for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
    const plan = planOf(seed);
    const { violations } = await examine(plan, subject);
    if (violations.length > 0) return { plan, violations };
  }
  return undefined;
}

async function findMutants(isRecorded: boolean): Promise<boolean> {
  let survivors = 0;
  for (const [name, subject] of Object.entries(MUTANTS)) {
    const failure = await findMutant(subject);
    if (failure === undefined) {
      survivors++;
      console.log(`✗ ${name}: survived ${MUTANT_SEEDS} seeds`);
      continue;
    }
    const { plan, violations } = failure;
    const violated = [...new Set(violations.map(({ property }) => property))];
    console.log(`✓ ${name}: ${violated.join(", ")} at seed ${plan.seed}`);
    if (!isRecorded) continue;
    const small = await smallestOf(plan, subject, violations);
    const left = (await examine(small, subject)).violations;
    const properties = [...new Set(left.map(({ property }) => property))];
    addToCorpus({ failed: name, violated: properties, plan: small });
  }
  return survivors === 0;
}
