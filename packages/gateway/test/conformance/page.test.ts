/** "docs/conformance-url.md names every option, member, behaviour and profile", and no other. */
import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { conformanceCommand } from "../../src/command/conformance.ts";
import { BEHAVIOURS, MEMBERS, readDescription } from "../../src/conformance/description.ts";
import { PROFILES } from "../../src/conformance/profile.ts";

const PAGE = readFileSync(
  join(import.meta.dirname, "../../../../../docs/conformance-url.md"),
  "utf8",
);

/** The first cells of the table whose first column is called so. */
function cells(column: string): string[] {
  const [, table = ""] = PAGE.split(`\n| ${column} |`);
  const rows = table.split("\n").slice(2);
  const end = rows.findIndex((row) => !row.startsWith("|"));
  return rows.slice(0, end).map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? row);
}

const TABLES: readonly (readonly [column: string, known: readonly string[]])[] = [
  ["option", conformanceCommand().options.map(({ long }) => long ?? "")],
  ["profile", Object.keys(PROFILES)],
  ["member", MEMBERS],
  ["behaviour", BEHAVIOURS],
];

for (const [column, known] of TABLES) {
  test(`docs/conformance-url.md has a row for each ${column}, and no other`, () => {
    deepEqual(cells(column).toSorted(), known.toSorted());
  });
}

test("the description on the page is one that can be read", () => {
  const example = /^```json\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? "";
  const description = JSON.parse(example);
  deepEqual(Object.keys(description), MEMBERS);
  readDescription(new URL("http://127.0.0.1/payments"), description);
});
