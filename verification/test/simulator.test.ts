/** The simulator itself: it finds what is wrong, repeats what it found, and finds the engine sound. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readCorpus } from "../src/simulator/corpus.ts";
import { examine } from "../src/simulator/examine.ts";
import { MUTANTS } from "../src/simulator/mutants.ts";
import { planOf } from "../src/simulator/plan.ts";
import { findMutant, SAMPLE } from "../src/simulator/program.ts";
import { shrink } from "../src/simulator/shrink.ts";
import { replay, simulate, unreachedOf } from "../src/simulator/simulator.ts";

test("a sample of histories holds, and goes into every rare branch", async () => {
  const summary = await simulate({ from: 1, histories: SAMPLE });
  deepEqual(summary.failures, []);
  deepEqual(unreachedOf(summary), []);
  ok(summary.effects > SAMPLE, "most histories have more than one effect");
});

test("a run that was too short says which branches it never took", async () => {
  const unreached = unreachedOf(await simulate({ from: 1, histories: 2 }));
  ok(unreached.includes("an owner found that its record had been resolved"));
});

for (const [name, subject] of Object.entries(MUTANTS)) {
  test(`the simulator finds ${name}`, async () => {
    ok((await findMutant(subject)) !== undefined, "It survived.");
  });
}

for (const { failed, violated, plan } of readCorpus()) {
  test(`the corpus: what failed for ${failed} holds for the engine`, async () => {
    deepEqual((await examine(plan)).violations, []);
    const mutant = MUTANTS[failed];
    if (mutant === undefined) return;
    const { violations } = await examine(plan, mutant);
    const properties = new Set(violations.map(({ property }) => property));
    deepEqual([...properties], violated);
  });
}

test("a seed gives the same history again, to the last line", async () => {
  const [first, second] = [await replay(planOf(74)), await replay(planOf(74))];
  ok(first.history.lines.length > 20);
  deepEqual(first.history.lines, second.history.lines);
});

test("a failing plan is made smaller, and still fails", async () => {
  const subject = MUTANTS["a throw that releases"];
  const failure = await findMutant(subject ?? {});
  if (failure === undefined) throw new Error("The mutant survived.");
  const fails = async (plan: typeof failure.plan) =>
    (await examine(plan, subject)).violations.some(({ property }) => property === "G1");
  const small = await shrink(failure.plan, fails);
  ok(await fails(small));
  equal(small.faults.length, 0);
  ok(small.requests.length <= failure.plan.requests.length);
  for (const index of small.requests.keys()) {
    equal(await fails({ ...small, requests: small.requests.toSpliced(index, 1) }), false);
  }
});
