/** GUARANTEES.md is as the last whole run wrote it, and speaks of the contract of today. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cellsOf, commandOf } from "../src/chaos/cell.ts";
import type { CellResult } from "../src/chaos/chaos.ts";
import { expectationOf } from "../src/chaos/expectation.ts";
import { limitsOf, sectionsOf } from "../src/chaos/report.ts";
import type { Outcome } from "../src/program.ts";
import { faultOf, GUARANTEES, guaranteesOf } from "../src/report.ts";

const SEED = 3;

/** A run in which everything held. */
function pageOf(change: (cell: CellResult) => CellResult = (cell) => cell): string {
  const cells = cellsOf().map((cell): CellResult => {
    const { limit, effects } = expectationOf(cell);
    const count = limit ?? effects[0] ?? 0;
    return change({
      ...{ ...cell, rounds: 4, disturbed: 0, effects: { [count]: 4 }, violations: [], seed: SEED },
      limit: limit === undefined ? "none" : "seen",
      command: commandOf(cell, SEED),
    });
  });
  const violations = cells.reduce((sum, cell) => sum + cell.violations.length, 0);
  const outcome: Outcome = {
    holds: violations === 0,
    summary: "all cells",
    sections: sectionsOf({ cells, storms: [], violations }, SEED),
    limits: limitsOf(cells),
  };
  return guaranteesOf({
    programs: [{ name: "chaos", outcome, seconds: 1 }],
    at: "2026-01-02T03:04:05.000Z",
    isSample: false,
    machine: { processor: "A processor", cores: 2, memoryGiB: 8, versions: ["Node 20"] },
  });
}

test("GUARANTEES.md was written by a run, by no hand, under the contract of today", () => {
  assert.equal(faultOf(readFileSync(GUARANTEES, "utf8")), undefined);
});

test("A page that was changed is told from one that was written", () => {
  const page = pageOf();
  assert.equal(faultOf(page), undefined);
  assert.match(faultOf(page.replace("in doubt", "in order")) ?? "", /hand/);
  assert.match(faultOf(page.replace(/<!--.*-->\n$/, "")) ?? "", /last line/);
  assert.match(faultOf(page.replace(/contract [0-9a-f]{12}/, "contract 000000000000")) ?? "", /./);
});

test("The page says of every cell what was seen, and hides no violation", () => {
  const page = pageOf();
  assert.equal(page.match(/ in 4\b/g)?.length, cellsOf().length);
  assert.doesNotMatch(page, /✗/);
  assert.match(page, /\| after-effect \| kill \| 1, in doubt in 4 \| \*\*2\*\* in 4 \| 1 in 4 \|/);
  assert.match(page, /\| chaos \| yes \| all cells \| 1 \|/);
  const violated = pageOf((cell) =>
    cell.store === "redis" ? { ...cell, violations: ["G1: 2 effects"] } : cell,
  );
  const cells = cellsOf({ store: "redis" });
  assert.equal(violated.match(/✗ 1 violations/g)?.length, cells.length);
  assert.match(violated, /\| chaos \| \*\*no\*\* \|/);
});

test("The page has each limit in bold, once", () => {
  const limit = "repeatable, hit at after-effect by kill, stop, exit, throw, restart";
  assert.equal(pageOf().split(`- **${limit}: the effect can happen twice.**`).length, 2);
});
