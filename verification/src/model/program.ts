/** `npm run verify -- --only model`: every state of the model, and that what is wrong is found. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { table } from "../markdown.ts";
import { NOTHING_DONE, type Program, type Outcome as RunOutcome } from "../program.ts";
import {
  type Expected,
  type Exploration,
  LIMITS,
  liveness,
  MODES,
  MUTANTS,
  SPARED,
  safety,
} from "./explorations.ts";
import { type Effort, explore, type Outcome, storyOf } from "./spin.ts";

/** A question, and whether a counterexample is the right answer to it. */
export interface Question {
  readonly about: string;
  readonly exploration: Exploration;
  readonly expects: "holds" | "violated";
  readonly effort?: Partial<Effort>;
}

export interface Answered extends Question {
  readonly outcome: Outcome;
  /** Why it is not what was expected; undefined if it is. */
  readonly wrong: string | undefined;
}

/** Three workers: an owner, one that follows, and a third who is told of either. */
const WORKERS = 3;
const WORKERS_NIGHTLY = 4;
/** Promises about the future cost eight times as much. Two workers have all their rivalry. */
const WORKERS_OF_FUTURES = 2;

const LARGE: Partial<Effort> = { optimized: true, depthMax: 10_000_000 };
/** Some hundred million states do not fit into memory as they are. */
const NIGHTLY: Partial<Effort> = { optimized: true, compacted: true, depthMax: 200_000_000 };

const USAGE = `Options of the model:
  --sample    two workers instead of ${WORKERS}
  --nightly   ${WORKERS_NIGHTLY} workers as well, by hash compaction; futures with ${WORKERS}
  --tell NAME tells the counterexample of a mutant or limit, such as doubt-is-followed`;

export const model: Program = {
  name: "model",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        sample: { type: "boolean", default: false },
        nightly: { type: "boolean", default: false },
        tell: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    if (values.tell !== undefined) {
      return { ...NOTHING_DONE, holds: await tellOne(values.tell), summary: "a story" };
    }
    const answered: Answered[] = [];
    for await (const each of answers(values.nightly ? nightly() : questions(values.sample))) {
      answered.push(each);
      await tell(each);
    }
    return outcomeOf(answered);
  },
};

/** All held, every mutant and limit was found, and every step of the model was taken. */
function outcomeOf(answered: readonly Answered[]): RunOutcome {
  const wrong = answered.filter((each) => each.wrong !== undefined).length;
  const states = answered.reduce((sum, { outcome }) => sum + outcome.states, 0);
  const reached = answered.filter(({ expects, wrong: why }) => expects === "violated" && !why);
  const limits = LIMITS.filter(({ change }) =>
    reached.some(({ exploration }) => exploration.change === change),
  );
  return {
    holds: wrong === 0,
    summary: `${answered.length} explorations, ${states} states, ${wrong} not as expected`,
    sections: [{ title: "Every state of the model", text: explorationsIn(answered) }],
    limits: limits.map(
      ({ says, breaks }) => `${breaks.map(([mode]) => mode).join(", ")}: ${says}.`,
    ),
  };
}

function explorationsIn(answered: readonly Answered[]): string {
  const rows = answered.map(({ about, exploration, expects, outcome, wrong }) => [
    ...[exploration.mode, `${exploration.workers}`, about, `${outcome.states}`],
    wrong === undefined ? SAYS[expects] : `**✗ ${wrong}**`,
  ]);
  return [
    "Workers that claim, act, die, sleep, wait and come late, in each order that there is. What the model is, " +
      "and what stands for what in the sources: [its page](verification/model/README.md).",
    table(["mode", "workers", "what", "states", "came out as"], rows.sort()),
  ].join("\n\n");
}

const SAYS = { holds: "holds", violated: "counterexample, as it must" } as const;

export function questions(isSample: boolean): readonly Question[] {
  const workers = isSample ? 2 : WORKERS;
  const effort = isSample ? {} : LARGE;
  return [
    ...MODES.map((mode) => holding(safety(mode, workers), effort)),
    ...MODES.flatMap((mode) => liveness(mode, WORKERS_OF_FUTURES).map((each) => holding(each))),
    ...SPARED.map((each) => holding({ ...each, workers: 2 })),
    ...[...MUTANTS, ...LIMITS].flatMap(breaking),
  ];
}

function nightly(): readonly Question[] {
  return [
    ...questions(false),
    ...MODES.flatMap((mode) => liveness(mode, WORKERS).map((each) => holding(each, LARGE))),
    ...MODES.map((mode) => holding(safety(mode, WORKERS_NIGHTLY), NIGHTLY)),
  ];
}

function holding(exploration: Exploration, effort: Partial<Effort> = {}): Question {
  const { properties, change } = exploration;
  const about = change === undefined ? properties.join(" ") : `${change}: spared`;
  return { about, exploration, expects: "holds", effort };
}

/** Two workers are enough for each of them. */
function breaking({ change, says, breaks }: Expected): readonly Question[] {
  return breaks.map(([mode, property]) => ({
    about: `${property}: ${says}`,
    exploration: { mode, workers: 2, properties: [property], change },
    expects: "violated",
  }));
}

/** In the order of their ends: as many at once as there are cores. */
async function* answers(questions: readonly Question[]): AsyncGenerator<Answered> {
  const waiting = [...questions];
  const running = new Map<Question, Promise<Answered>>();
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < availableParallelism()) {
      const next = waiting.shift();
      if (next === undefined) break;
      running.set(next, answer(next));
    }
    const first = await Promise.race(running.values());
    for (const question of running.keys()) {
      if (question.exploration === first.exploration) running.delete(question);
    }
    yield first;
  }
}

export async function answer(question: Question): Promise<Answered> {
  const outcome = await explore(question.exploration, question.effort);
  return { ...question, outcome, wrong: wrongOf(question, outcome) };
}

function wrongOf({ expects, exploration }: Question, outcome: Outcome): string | undefined {
  const { verdict, unreached } = outcome;
  if (verdict.kind === "truncated") return `the search was cut short: ${verdict.reason}`;
  if (verdict.kind !== expects) {
    if (verdict.kind === "holds") return "there is no counterexample, and there must be one";
    return `violated: ${verdict.property}`;
  }
  if (expects === "violated" && verdict.kind === "violated" && isDeadEnd(verdict.property)) {
    return `a dead end, not the violation that was expected: ${verdict.property}`;
  }
  // A change may close a way. The model itself has none that nobody ever goes.
  const isWhole = exploration.change === undefined && expects === "holds";
  if (isWhole && unreached.length > 0) return `never reached: ${unreached.join("; ")}`;
  return undefined;
}

const isDeadEnd = (property: string): boolean => property.startsWith("invalid end state");

async function tell({
  about,
  exploration,
  expects,
  effort,
  outcome,
  wrong,
}: Answered): Promise<void> {
  const { mode, workers } = exploration;
  const { verdict, states, depth, seconds } = outcome;
  const came = verdict.kind === "holds" && effort?.compacted ? "holds (compacted)" : verdict.kind;
  const columns = [
    wrong === undefined ? "ok   " : "WRONG",
    mode.padEnd(13),
    `${workers} workers`,
    `${states}`.padStart(10),
    `${depth}`.padStart(9),
    `${seconds.toFixed(1)}`.padStart(6),
    expects === "violated" && verdict.kind === "violated" ? "found" : came,
    about,
  ];
  console.log(columns.join("  "));
  if (wrong === undefined) return;
  console.log(`       ${wrong}`);
  if (verdict.kind === "violated") console.log((await storyOf(exploration)).join("\n"));
}

async function tellOne(name: string): Promise<boolean> {
  const word = name.toUpperCase().replaceAll("-", "_");
  const found = [...MUTANTS, ...LIMITS].find(({ change }) => change.endsWith(`_${word}`));
  if (found === undefined) {
    const names = [...MUTANTS, ...LIMITS].map(({ change }) =>
      change
        .replace(/^[A-Z]+_/, "")
        .toLowerCase()
        .replaceAll("_", "-"),
    );
    throw new TypeError(`There is no mutant or limit "${name}". There are ${names.join(", ")}.`);
  }
  let isTold = true;
  for (const { about, exploration } of breaking(found)) {
    const story = await storyOf(exploration);
    console.log([`${exploration.mode}, ${about}`, ...story].join("\n"));
    isTold = isTold && story.length > 0;
  }
  return isTold;
}
