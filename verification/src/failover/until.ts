/** Looks again and again until something is so: a condition of another process is never told. */
import { setTimeout as pause } from "node:timers/promises";

const LOOK_MS = 10;

/** Rejects, with `what` was waited for, when it is not so after `ms`. */
export async function until(
  what: string,
  ms: number,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms for this: ${what}.`);
    await pause(LOOK_MS);
  }
}
