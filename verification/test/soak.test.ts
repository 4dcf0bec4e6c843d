/** The soak itself: it holds for a moment, it sees what grows, and it is not fooled by warming up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gaugesOf, type Reading } from "../src/soak/flat.ts";
import { soaking } from "../src/soak/program.ts";
import { soak } from "../src/soak/soak.ts";

const MIB = 2 ** 20;
const reading = (change: Partial<Reading> = {}): Reading => ({
  ...{ heapBytes: 40 * MIB, residentBytes: 300 * MIB, handles: 20, files: 100, ...change },
});
const grown = (readings: readonly Reading[]): readonly string[] =>
  gaugesOf(readings).flatMap(({ name, isFlat }) => (isFlat ? [] : [name]));
const twenty = (of: (index: number) => Reading): Reading[] =>
  Array.from({ length: 20 }, (_, index) => of(index));

test("a moment of mixed load over each store holds", async () => {
  assert.ok((await soaking.run(["--sample"])).holds);
});

test("a process that keeps a little of every request is found", async () => {
  const { violations } = await soak({
    store: "sqlite",
    seconds: 8,
    seed: 2,
    waves: 8,
    leaks: true,
  });
  assert.ok(
    violations.some((violation) => violation.startsWith("G9: heapBytes grew")),
    violations.join("; "),
  );
});

test("what only warms up is flat, and what goes up and down is", () => {
  assert.deepEqual(
    grown(twenty((index) => reading({ heapBytes: (index < 4 ? 20 : 40) * MIB }))),
    [],
  );
  assert.deepEqual(grown(twenty((index) => reading({ files: 100 + (index % 2) * 20 }))), []);
});

test("what goes up all the time is not flat, in each gauge", () => {
  for (const name of ["heapBytes", "residentBytes", "handles", "files"] as const) {
    const start = reading()[name];
    const rising = twenty((index) => reading({ [name]: start * (1 + index / 5) }));
    assert.deepEqual(grown(rising), [name]);
  }
});
