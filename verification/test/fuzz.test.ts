/** The fuzzing, on targets that are known to be good or bad, and a sample of the real ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createTarget, type Limits } from "../src/fuzz/hunt.ts";
import { fuzz, holds } from "../src/fuzz/program.ts";

/** Doubles a number, or does something else. */
type Double = (number: number) => number;

const double: Double = (number) => 2 * number;
const wrongFromTen: Double = (number) => (number < 10 ? 2 * number : number);

function doubling(sound: Double, mutants: Readonly<Record<string, Double>> = {}) {
  return createTarget<number, Double>({
    ...{ name: "doubling", inputs: "numbers", sample: 200, sound, mutants },
    input: fc.nat(1_000),
    classes: ["odd", "even"],
    async play(number, subject) {
      assert.equal(subject(number), number + number, "the double");
      return [number % 2 === 0 ? "even" : "odd"];
    },
  });
}

const LIMITS: Limits = { seed: 1, runs: 200, corpus: [] };

test("A target that is as it should be holds, and its mutants are found", async () => {
  const hunt = await doubling(double, { wrongFromTen, same: (number) => number }).hunt(LIMITS);
  assert.ok(holds(hunt));
  assert.deepEqual(hunt.found, ["wrongFromTen", "same"]);
  assert.equal(hunt.runs, 200);
  assert.ok((hunt.seen.odd ?? 0) > 0);
});

test("A target that is broken fails, with the smallest input that shows it", async () => {
  const hunt = await doubling(wrongFromTen).hunt(LIMITS);
  assert.ok(!holds(hunt));
  assert.equal(hunt.failures[0]?.input, 10);
  assert.match(hunt.failures[0]?.says ?? "", /the double/);
  const again = await doubling(wrongFromTen).hunt(LIMITS);
  assert.deepEqual(again.failures, hunt.failures);
});

test("An input of the corpus is played first, and its failure says why it is there", async () => {
  const corpus = [{ why: "two digits", input: 77 }];
  const hunt = await doubling(wrongFromTen).hunt({ ...LIMITS, runs: 1, corpus });
  assert.equal(hunt.failures[0]?.why, "two digits");
});

test("A class that is never seen fails a target, and so does a mutant that is not found", async () => {
  const unseen = await doubling(double).hunt({ ...LIMITS, runs: 0 });
  assert.deepEqual(unseen.unseen, ["odd", "even"]);
  assert.ok(!holds(unseen));
  const survived = await doubling(double, { double }).hunt(LIMITS);
  assert.deepEqual(survived.survivors, ["double"]);
  assert.ok(!holds(survived));
});

test("A sample holds: every class is seen, and every mutant found", async () => {
  const { holds, sections, limits, summary } = await fuzz.run(["--sample"]);
  assert.ok(holds, summary);
  assert.deepEqual(limits, []);
  assert.equal(sections.length, 1);
});

test("A single target runs alone, help plays nothing, and a target must exist", async () => {
  const { holds, summary } = await fuzz.run("--target keys --runs 300 --seed 3".split(" "));
  assert.ok(holds);
  assert.match(summary, /^1 targets, 300 inputs, 0 violations/);
  assert.equal((await fuzz.run(["--help"])).sections.length, 0);
  await assert.rejects(fuzz.run(["--target", "nothing"]), /--target/);
});
