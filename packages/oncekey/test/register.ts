/**
 * Registers conformance cases with `node:test`.
 *
 * The subject is made anew for each case, so that a fake clock belongs to one case alone; over a
 * real database return the same subject every time. Real clocks wait: let cases wait together with
 * `describe("redis", { concurrency: 8 }, () => register(storeCases, () => subject))`.
 */
import { ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Case, Deviation } from "../src/conformance/case.ts";

/** A timer may fire a millisecond early, and a database rounds its clock in its own way. */
const SLACK_MS = 20;

export function register<Subject>(
  cases: readonly Case<Subject>[],
  makeSubject: () => Subject | Promise<Subject>,
  { deviations = [] }: { readonly deviations?: readonly Deviation[] } = {},
): void {
  for (const { case: name } of deviations) {
    ok(
      cases.some((one) => one.name === name),
      `No case is named "${name}".`,
    );
  }
  for (const { name, run } of cases) {
    const deviation = deviations.find((one) => one.case === name);
    if (deviation === undefined) {
      test(name, async () => run(await makeSubject()));
      continue;
    }
    // Held to the deviation as well: a promise that is kept after all must not be denied.
    test(`deviates: ${name}`, async (context) => {
      context.diagnostic(deviation.reason);
      const subject = await makeSubject();
      await rejects(async () => run(subject));
    });
  }
}

/** `pass` over a clock that cannot be turned. */
export async function wait(ms: number): Promise<void> {
  await pause(ms + SLACK_MS);
}

/** A clock for stores that take one, and the `pass` that turns it. */
export function fakeClock(start = 1_750_000_000_000): {
  clock(): number;
  pass(ms: number): Promise<void>;
} {
  let now = start;
  return {
    clock: () => now,
    async pass(ms) {
      now += ms;
    },
  };
}
