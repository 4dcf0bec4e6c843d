/**
 * The chaos harness itself: a few of its cells, and the proof that the library knows nothing of
 * it. The whole matrix is `npm run verify -- --only chaos`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cellsOf, faultsAt, POINTS, type Selection, sampleOf } from "../src/chaos/cell.ts";
import { playChaos } from "../src/chaos/chaos.ts";

const LIBRARY = join(import.meta.dirname, "../../../packages/oncekey");

/** A row of the fault matrix each, over all the stores that have the mode. */
const ROWS: readonly (Selection & { readonly says: string })[] = [
  {
    says: "Killed after the claim, before the effect: in doubt, and nothing has happened",
    ...{ mode: "unrepeatable", point: "after-claim", fault: "kill" },
  },
  {
    says: "Stopped for two leases after the effect: two effects are the limit, and one answer",
    ...{ mode: "repeatable", point: "after-effect", fault: "stop" },
  },
  {
    says: "Gone when completion was sent: a downstream that knows the derived key acts once",
    ...{ mode: "deduplicated", point: "complete-sent", fault: "exit" },
  },
  {
    says: "The client leaves in mid-effect: the handler finishes, and the answer is kept",
    ...{ mode: "unrepeatable", point: "mid-effect", fault: "leave" },
  },
  {
    says: "The handler outlives its first lease: it is renewed, and nobody follows",
    ...{ mode: "repeatable", point: "mid-effect", fault: "linger" },
  },
  {
    says: "The acknowledgement of a commit is lost: effect and record stand together",
    ...{ mode: "transactional", point: "after-complete", fault: "throw" },
  },
];

for (const { says, ...selection } of ROWS) {
  test(says, async () => {
    const { cells } = await playChaos({ selection, seed: 7, rounds: 1 });
    assert.ok(cells.length > 0);
    for (const { store, violations } of cells) assert.deepEqual(violations, [], store);
  });
}

test("A sample meets every point under every fault, in every mode, whatever its seed", () => {
  const all = cellsOf();
  for (const seed of [1, 2, 3, 4, 5]) {
    const sample = sampleOf(all, seed);
    assert.ok(sample.length * 3 < all.length);
    const met = (names: (cell: (typeof all)[number]) => string) => new Set(sample.map(names)).size;
    assert.equal(
      met(({ point, fault }) => `${point} ${fault}`),
      POINTS.flatMap(faultsAt).length,
    );
    assert.equal(
      met(({ store, mode }) => `${store} ${mode}`),
      new Set(all.map(({ store, mode }) => `${store} ${mode}`)).size,
    );
  }
});

test("What is published knows none of the crash points", () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: LIBRARY,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files }] = JSON.parse(packed) as [{ files: readonly { readonly path: string }[] }];
  assert.ok(files.some(({ path }) => path.endsWith("core/engine.js")));
  for (const { path } of files) {
    const content = readFileSync(join(LIBRARY, path), "utf8");
    for (const point of POINTS) assert.ok(!content.includes(point), `${path}: ${point}`);
  }
});
