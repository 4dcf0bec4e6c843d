/**
 * The chaos harness itself: a sample of its cells, and the proof that the library knows nothing of
 * it. The whole matrix is `npm run verify -- --only chaos`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cellsOf, faultsAt, POINTS, sampleOf } from "../src/chaos/cell.ts";
import { chaos } from "../src/chaos/program.ts";

const LIBRARY = join(import.meta.dirname, "../../../packages/oncekey");

test("A sample of the fault matrix, and a storm over each store in each mode, hold", async () => {
  assert.ok((await chaos.run(["--sample"])).holds);
});

test("One cell alone is played when it is named", async () => {
  const { holds, summary } = await chaos.run([
    ...["--store", "sqlite", "--mode", "transactional", "--at", "after-effect", "--fault", "stop"],
    ...["--seed", "7", "--rounds", "2"],
  ]);
  assert.ok(holds);
  assert.equal(summary, "1 cells, 2 rounds, 0 storms, 0 violations, seed 7");
});

test("A cell that does not exist, and a word that is none of the command's, are refused", async () => {
  const noSuchCell = chaos.run(["--store", "redis", "--mode", "transactional"]);
  await assert.rejects(noSuchCell, /no such cell/);
  await assert.rejects(chaos.run(["--fault", "flood"]), /`--fault` to be one of kill, stop/);
});

test("A sample meets every point under every fault, in every mode, whatever its seed", () => {
  const all = cellsOf();
  for (const seed of [1, 2, 3, 4, 5]) {
    const sample = sampleOf(all, seed);
    assert.ok(sample.length * 3 < all.length);
    const met = (names: (cell: (typeof all)[number]) => string) => new Set(sample.map(names)).size;
    assert.equal(
      met(({ point, fault }) => `${point} ${fault}`),
      POINTS.flatMap((point) => faultsAt(point)).length,
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
