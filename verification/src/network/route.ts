/**
 * The way of an undisturbed request through its store, learned by listening: which message is which
 * step. Nothing here knows a statement or a script of the library.
 */
import { type Mode, type Step, stepsOf } from "./cell.ts";

/** A request to the store: its name, and the how many-th of that name it is. */
export interface Stop {
  readonly what: string;
  readonly nth: number;
}

export type Route = ReadonlyMap<Step, Stop>;

/**
 * `brief`: the names of all that a request sends whose handler is done at once; `long`: of one that
 * is renewed meanwhile, which is told by that alone. Undefined if something else is among them: a
 * machine that stands still for a moment has a brief one renewed as well.
 */
export function routeOf(
  mode: Mode,
  brief: readonly string[],
  long: readonly string[],
): Route | undefined {
  // A connection has to be made before anything is sent: no request is the step.
  const steps = stepsOf(mode).filter((step) => step !== "connect" && step !== "renew");
  const [renew, ...others] = new Set(long.filter((what) => !brief.includes(what)));
  if (brief.length !== steps.length || renew === undefined || others.length > 0) return undefined;
  const route = new Map<Step, Stop>([["renew", { what: renew, nth: 1 }]]);
  for (const [index, what] of brief.entries()) {
    const nth = brief.slice(0, index + 1).filter((each) => each === what).length;
    const step = steps[index];
    if (step !== undefined) route.set(step, { what, nth });
  }
  return route;
}
