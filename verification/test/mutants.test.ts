/** The mutants: a sample of them is killed, and one that is not is never passed over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUGS } from "../src/mutants/bugs.ts";
import { type Mutant, mutated } from "../src/mutants/mutant.ts";
import { mutants, tryAll } from "../src/mutants/program.ts";
import { MUTANTS } from "../src/mutants/seeded.ts";

const VERDICT: Mutant = {
  name: "a record in doubt is told of as in flight",
  file: "core/verdict.ts",
  from: 'return { kind: "in-doubt", lease',
  to: 'return { kind: "in-flight", lease',
  killer: { tests: "oncekey/core/engine", named: "doubt" },
};

test("a sample of the mutants is killed, each by its suite", async () => {
  assert.ok((await mutants.run(["--sample"])).holds);
});

test("what nobody notices has survived, and what cannot be tried is said to be so", async () => {
  const tried = await tryAll([
    VERDICT,
    { ...VERDICT, to: VERDICT.from },
    { ...VERDICT, from: "no such line" },
    { ...VERDICT, to: "return {" },
    { ...VERDICT, killer: { tests: "oncekey/core/engine", named: "no such test" } },
  ]);
  const kinds = tried.map(({ verdict }) => verdict.kind);
  assert.deepEqual(kinds, ["killed", "survived", "untried", "untried", "untried"]);
});

test("a text that stands twice is refused, and one that stands once is replaced", () => {
  const source = "const a = 1;\nconst b = 2;\n";
  const change = (from: string) => mutated(source, { ...VERDICT, from, to: "let" });
  assert.equal(change("const b"), "const a = 1;\nlet = 2;\n");
  assert.throws(() => change("const"), /2 times/);
  assert.throws(() => change("var"), /0 times/);
});

test("each bug of the list is seeded, or it is said why not", () => {
  const seeded = new Set(MUTANTS.flatMap(({ bugs = [] }) => bugs));
  assert.ok(BUGS.length > 60);
  for (const { number, not } of BUGS)
    assert.equal(seeded.has(number), not === undefined, `${number}`);
  const numbers = BUGS.map(({ number }) => number);
  assert.deepEqual(numbers, [...new Set(numbers)]);
  for (const number of seeded) assert.ok(numbers.includes(number), `${number}`);
});
