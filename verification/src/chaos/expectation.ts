/**
 * The fault matrix as data: how often the effect may have happened, and how a key must end.
 *
 * A limit (bold in the published matrix) is not a violation. It must be reproduced instead: a run
 * in which the second effect was never seen has not been where it claims to have been.
 */
import type { Cell, Fault, Mode, Point } from "./cell.ts";

export interface Expectation {
  /** The numbers of effects that are right, once the faults have stopped. */
  readonly effects: readonly number[];
  /** The number that has to be seen at least once in a run, because the documentation says so. */
  readonly limit?: number;
  /** What every process says in the end. */
  readonly end: "answered" | "in-doubt" | "either";
}

const ONCE: Expectation = { effects: [1], end: "answered" };
const NEVER_AND_IN_DOUBT: Expectation = { effects: [0], end: "in-doubt" };
const ONCE_AND_IN_DOUBT: Expectation = { effects: [1], end: "in-doubt" };
/** The write may or may not have left the process before it died. */
const ONCE_EITHER_WAY: Expectation = { effects: [1], end: "either" };
const MAYBE_TWICE: Expectation = { effects: [1, 2], end: "answered" };
const TWICE_IS_THE_LIMIT: Expectation = { ...MAYBE_TWICE, limit: 2 };

type Row = Readonly<Record<Mode, Expectation>>;

const row = (unrepeatable: Expectation, repeatable: Expectation): Row => ({
  unrepeatable,
  repeatable,
  deduplicated: ONCE,
  transactional: ONCE,
});

const NO_CHANGE = row(ONCE, ONCE);
const DIED_IDLE = row(NEVER_AND_IN_DOUBT, ONCE);
const DIED_AFTER_THE_EFFECT = row(ONCE_AND_IN_DOUBT, TWICE_IS_THE_LIMIT);
const DIED_IN_COMPLETE = row(ONCE_EITHER_WAY, MAYBE_TWICE);
/** In doubt only until the owner goes on and completes late. */
const OVERTAKEN = row(ONCE, TWICE_IS_THE_LIMIT);
const STOPPED_IN_COMPLETE = row(ONCE, MAYBE_TWICE);
/** Unrepeatable keeps the framework's 500; repeatable means that such an attempt is run again. */
const THREW = row(ONCE, TWICE_IS_THE_LIMIT);

type Death = Exclude<Fault, "exit" | "leave" | "linger" | "restart">;

const MATRIX: Readonly<Record<Exclude<Point, "under-load">, Readonly<Record<Death, Row>>>> = {
  "before-claim": { kill: NO_CHANGE, stop: NO_CHANGE, throw: NO_CHANGE },
  // An owner that finds its claim older than its lease claims again before it runs.
  "after-claim": { kill: DIED_IDLE, stop: NO_CHANGE, throw: NO_CHANGE },
  "mid-effect": { kill: DIED_AFTER_THE_EFFECT, stop: OVERTAKEN, throw: THREW },
  "after-effect": { kill: DIED_AFTER_THE_EFFECT, stop: OVERTAKEN, throw: THREW },
  "before-complete": { kill: DIED_AFTER_THE_EFFECT, stop: OVERTAKEN, throw: NO_CHANGE },
  "complete-sent": { kill: DIED_IN_COMPLETE, stop: STOPPED_IN_COMPLETE, throw: NO_CHANGE },
  "after-complete": { kill: NO_CHANGE, stop: NO_CHANGE, throw: NO_CHANGE },
  "mid-response": { kill: NO_CHANGE, stop: NO_CHANGE, throw: NO_CHANGE },
};

/**
 * The owner lives, and completes late where its lease ended while the store was away: doubt ends by
 * itself, and a repeatable effect may have been followed meanwhile.
 */
const AWAY = row(ONCE, MAYBE_TWICE);

/** What the store has acknowledged is there again. */
const RESTART: Readonly<Record<Point, Row>> = {
  "before-claim": NO_CHANGE,
  "after-claim": AWAY,
  "mid-effect": AWAY,
  "after-effect": AWAY,
  "before-complete": AWAY,
  "complete-sent": AWAY,
  "after-complete": NO_CHANGE,
  "mid-response": NO_CHANGE,
  "under-load": AWAY,
};

/**
 * `exit(1)` is a death like any other: what is in memory is gone. A client that leaves and a
 * handler that outlives its first lease change nothing.
 */
export function expectationOf({ mode, point, fault }: Omit<Cell, "store">): Expectation {
  if (fault === "restart") return RESTART[point][mode];
  if (fault === "leave" || fault === "linger" || point === "under-load") return NO_CHANGE[mode];
  return MATRIX[point][fault === "exit" ? "kill" : fault][mode];
}
