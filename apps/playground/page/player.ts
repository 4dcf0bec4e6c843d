/**
 * Hands on what happened at the pace that the person chose: at once, slowly, or step by step.
 *
 * The processes are never slowed down. What is shown is what they did, later.
 */
import type { Stamped } from "../src/happening.ts";

export type Pace = "live" | "slow" | "paused";

export interface Player {
  /** News moves; what a page has missed is only told. */
  push(event: Stamped, isNews: boolean): void;
  setPace(pace: Pace): void;
  step(): void;
  waiting(): number;
}

/** A quarter: a claim and a replay that are 20 ms apart can be told apart. */
const SLOWER = 4;
/** Longer, nothing was going on, and there is nothing to follow. */
const GAP_MS_MAX = 800;
/** Things of one moment, so that slow motion shows their order too. */
const GAP_MS_MIN = 60;

export function createPlayer(show: (event: Stamped, isNews: boolean) => void): Player {
  const queue: { readonly event: Stamped; readonly isNews: boolean }[] = [];
  let pace: Pace = "live";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: Stamped | undefined;

  const next = (): void => {
    const first = queue.shift();
    if (first === undefined) return;
    last = first.event;
    show(first.event, first.isNews);
  };
  const run = (): void => {
    if (pace === "live") while (queue.length > 0) next();
    const [first] = queue;
    if (pace !== "slow" || timer !== undefined || first === undefined) return;
    const gap = first.event.at - (last?.at ?? first.event.at);
    const wait = Math.min(Math.max(gap, GAP_MS_MIN), GAP_MS_MAX) * SLOWER;
    timer = setTimeout(
      () => {
        timer = undefined;
        next();
        run();
      },
      first.isNews ? wait : 0,
    );
  };
  return {
    push(event, isNews) {
      // What has not been shown by then is of a scene that is over.
      if (event.what === "cleared") while (queue.length > 0) next();
      queue.push({ event, isNews });
      if (event.what === "cleared") next();
      else run();
    },
    setPace(wanted) {
      pace = wanted;
      clearTimeout(timer);
      timer = undefined;
      run();
    },
    step: next,
    waiting: () => queue.length,
  };
}
