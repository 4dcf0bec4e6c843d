/** Plays seed after seed, until a number of histories or a time is reached, and sums up. */
import { type Examined, examine } from "./examine.ts";
import type { Subject } from "./history.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Violation } from "./properties.ts";
import { RARITIES, type Rarity } from "./sometimes.ts";

export interface Limits {
  /** The first seed. */
  readonly from: number;
  readonly histories: number;
  /** Ends earlier, when this much time has passed. */
  readonly seconds?: number | undefined;
}

export interface Failure {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
}

export interface Summary {
  readonly histories: number;
  readonly effects: number;
  readonly operations: number;
  readonly failures: readonly Failure[];
  /** How many histories went there. */
  readonly reached: ReadonlyMap<Rarity, number>;
}

/** The first tells most; the rest only shows whether they are alike. */
const FAILURES_MAX = 5;

export async function simulate(limits: Limits, subject: Subject = {}): Promise<Summary> {
  const endsAt = performance.now() + (limits.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const reached = new Map<Rarity, number>(RARITIES.map((rarity) => [rarity, 0]));
  const failures: Failure[] = [];
  const sum = { histories: 0, effects: 0, operations: 0 };
  const unhandled = listenForUnhandled();
  // Nobody reads where a simulated failure was thrown, and to note it costs as much as a claim.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    while (sum.histories < limits.histories && performance.now() < endsAt) {
      const plan = planOf(limits.from + sum.histories);
      const { history, violations } = await examine(plan, subject);
      sum.histories++;
      sum.effects += history.ledger.runs.filter((run) => run.effectAt !== undefined).length;
      sum.operations += history.operations.length;
      for (const rarity of history.rarities) reached.set(rarity, (reached.get(rarity) ?? 0) + 1);
      const all = [...violations, ...(await unhandled.since())];
      if (all.length > 0) failures.push({ plan, violations: all });
      if (failures.length === FAILURES_MAX) break;
    }
  } finally {
    unhandled.stop();
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { ...sum, failures, reached };
}

/** The branches that none of the histories took. */
export function unreachedOf({ reached }: Summary): Rarity[] {
  return RARITIES.filter((rarity) => reached.get(rarity) === 0);
}

/** Examines one plan, with every line of what happened. */
export function replay(plan: Plan, subject: Subject = {}): Promise<Examined> {
  return examine(plan, subject, { isTold: true });
}

/** A promise that the engine left rejected ends a real process: here it is a violation. */
function listenForUnhandled() {
  const heard: Violation[] = [];
  const hear = (error: unknown) => {
    heard.push({ property: "known errors", says: `nobody handled ${String(error)}` });
  };
  process.on("unhandledRejection", hear);
  return {
    /** Node tells of them in a turn of its own. */
    async since(): Promise<Violation[]> {
      await new Promise((resolve) => setImmediate(resolve));
      return heard.splice(0);
    },
    stop: () => process.off("unhandledRejection", hear),
  };
}
