/**
 * The way of an undisturbed request through its store, learned by listening: which message is which
 * step. Nothing here knows a statement or a script of the library.
 */
import { type Mode, type Step, stepsOf } from "./cell.ts";

/** A request to the store: its name, and which of that name it is. */
export interface Stop {
  readonly what: string;
  readonly nth: number;
}

export type Route = ReadonlyMap<Step, Stop>;

/** `whats`: the names of all requests of one round, in order. Throws if a step is missing. */
export function routeOf(mode: Mode, whats: readonly string[]): Route {
  const claim = whats.at(0);
  const renew = whats.at(1);
  const found = mode === "transactional" ? inTransaction(whats) : { complete: first(whats.at(-1)) };
  const route = new Map<Step, Stop | undefined>(
    Object.entries({ claim: first(claim), renew: renewal(whats), ...found }) as [Step, Stop][],
  );
  const names = [...route.values()].map((stop) => stop && `${stop.what} #${stop.nth}`);
  for (const step of stepsOf(mode)) {
    if (step !== "connect" && route.get(step) === undefined) throw missing(step, whats);
  }
  if (new Set(names).size !== names.length || renew === undefined) throw missing("own", whats);
  return route as Route;
}

const first = (what: string | undefined): Stop | undefined =>
  what === undefined ? undefined : { what, nth: 1 };

/** All else comes at most twice: a handler that dwells is renewed in between. */
function renewal(whats: readonly string[]): Stop | undefined {
  const beginning = whats.findIndex((what) => what.startsWith("begin "));
  return first(whats[beginning === 1 ? 2 : 1]);
}

/** The two legs are one statement, and the record's completion stands between them and COMMIT. */
function inTransaction(whats: readonly string[]): Partial<Record<Step, Stop | undefined>> {
  const begin = whats.find((what) => what.startsWith("begin "));
  const commit = whats.find((what) => what.startsWith("commit "));
  const insert = whats.find((what) => what.startsWith("insert into legs"));
  const settle = whats[whats.findIndex((what) => what.startsWith("commit ")) - 1];
  const credit = insert === undefined ? undefined : { what: insert, nth: 2 };
  return {
    ...{ begin: first(begin), debit: first(insert), credit },
    ...{ settle: first(settle), commit: first(commit) },
  };
}

const missing = (step: string, whats: readonly string[]): Error =>
  new Error(`An undisturbed request has no ${step} step: ${whats.join("; ")}`);
