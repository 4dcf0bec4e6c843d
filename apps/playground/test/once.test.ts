/** `npm start -- --once`: one effect on every store, however many requests there are. */
import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(import.meta.resolve("../src/start.js"));

function start(...args: readonly string[]) {
  return spawnSync(process.execPath, [START, ...args], { encoding: "utf8", timeout: 120_000 });
}

describe("C-65: the first scenario has one effect", () => {
  for (const { store, duplicates } of [
    { store: "sqlite", duplicates: 3 },
    { store: "sqlite", duplicates: 50 },
    { store: "redis", duplicates: 50 },
    { store: "postgres", duplicates: 50 },
  ]) {
    test(`on ${store} with ${duplicates} requests at once`, () => {
      const { status, stdout, stderr } = start(
        ...["--once", "--json", "--store", store, "--duplicates", String(duplicates)],
      );
      equal(stderr, "");
      const { conflicts, replays, ...rest } = JSON.parse(stdout);
      deepEqual(rest, {
        requests: duplicates,
        executions: 1,
        effects: 1,
        answersIdentical: true,
      });
      // Who waited too long is told to come again, which is no second effect.
      equal(replays + conflicts, duplicates - 1);
      equal(status, 0);
    });
  }
});

test("C-65: the table says what happened to each request", () => {
  const { status, stdout } = start("--once", "--instances", "2");
  equal(status, 0);
  match(stdout, /1 execution, 2 replays, 0 conflicts/);
  match(stdout, /1 effect in the ledger; the answers are identical/);
});

for (const { args, says } of [
  { args: ["--store", "mysql"], says: /--store is one of sqlite, redis, postgres, not "mysql"/ },
  { args: ["--once", "--duplicates", "0"], says: /--duplicates is a whole number from 1 to 1000/ },
  { args: ["--json"], says: /--json goes with --once/ },
  { args: ["--onse"], says: /Unknown option '--onse'/ },
]) {
  test(`a mistake on the command line is named: ${args.join(" ")}`, () => {
    const { status, stdout, stderr } = start(...args);
    equal(status, 2);
    equal(stdout, "");
    match(stderr, says);
  });
}
