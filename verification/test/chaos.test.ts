/**
 * The chaos harness itself: a sample of its cells, and the proof that the library knows nothing of
 * it. The whole matrix is `npm run verify -- --only chaos`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cellsOf, faultsAt, faultsOf, POINTS, sampleOf } from "../src/chaos/cell.ts";
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

for (const store of ["redis", "postgres"]) {
  test(`${store}: killed and started again under load, it keeps the promise of each key`, async () => {
    const { holds, summary } = await chaos.run([
      ...["--store", store, "--mode", "unrepeatable", "--at", "under-load", "--fault", "restart"],
      ...["--seed", "7", "--rounds", "1"],
    ]);
    assert.ok(holds);
    assert.equal(summary, "1 cells, 8 rounds, 0 storms, 0 violations, seed 7");
  });
}

test("Postgres: killed while a commit is on its way, effect and record are both there or neither", async () => {
  const { holds } = await chaos.run([
    ...["--store", "postgres", "--mode", "transactional", "--at", "complete-sent"],
    ...["--fault", "restart", "--seed", "7", "--rounds", "4"],
  ]);
  assert.ok(holds);
});

test("SQLite has no server to restart, and under load nothing else is hit than a server", async () => {
  assert.ok(POINTS.every((point) => !faultsOf("sqlite", point).includes("restart")));
  assert.deepEqual(faultsAt("under-load"), ["restart"]);
  await assert.rejects(
    chaos.run(["--store", "sqlite", "--fault", "restart"]),
    /no server to restart/,
  );
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
    // Restarts take their time: a few of them are enough, whichever they are.
    const restarts = sample.filter(({ fault }) => fault === "restart").length;
    assert.ok(restarts >= 1 && restarts <= 8, `${restarts} restarts`);
    assert.equal(
      met(({ point, fault }) => (fault === "restart" ? fault : `${point} ${fault}`)),
      POINTS.flatMap((point) => faultsAt(point)).filter((fault) => fault !== "restart").length + 1,
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
