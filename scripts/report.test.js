/** What failed stands at the end of a run, by name, with its place and its error. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { failureWords, readReport } from "./report.js";

const FILES = {
  "fails.test.mjs": `
    import { equal } from "node:assert/strict";
    import { describe, test } from "node:test";
    test("passes", () => {});
    describe("within", () => {
      test("compares", () => equal(1, 2, "one is not two"));
    });
    test("throws", () => { throw new Error("a long story\\n" + "and on\\n".repeat(100)); });
    test("is left out", { skip: true }, () => {});
  `,
  "breaks.test.mjs": `throw new Error("no test was reached");`,
};

/** A run of the runner over these files, as the reporter writes of it. */
function reported() {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-failures-"));
  try {
    const paths = Object.entries(FILES).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const reporter = `--test-reporter=${new URL("report.js", import.meta.url)}`;
    // Or the runner would take itself for one that a runner has started.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = /** @type {const} */ ({ env, encoding: "utf8" });
    return spawnSync(process.execPath, ["--test", reporter, ...paths], options).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("each failure has the name, the file and the error: a file that breaks and a skipped test too", () => {
  const { passed, failed, failures } = readReport(reported());
  const byName = Object.fromEntries(failures.map((each) => [each.name, each]));
  const broken = failures.find(({ name }) => name.endsWith("breaks.test.mjs"));
  deepEqual([passed, failed], [1, 4]);
  equal(failures.length, 4, JSON.stringify(failures, undefined, 2));
  match(byName.compares?.place ?? "", /fails\.test\.mjs:6$/);
  match(byName.compares?.text ?? "", /one is not two[\s\S]*fails\.test\.mjs:6/);
  match(byName.throws?.text ?? "", /a long story/);
  equal(byName["is left out"]?.text, "It was skipped.");
  match(broken?.place ?? "", /breaks\.test\.mjs/);

  const words = failureWords([
    { on: "Node 20", failures },
    { on: "Node 22", failures: [] },
  ]);
  match(words, /^✗ compares\n {2}Node 20, \S+fails\.test\.mjs:6\n {4}\S.*one is not two/m);
  match(words, /^ {4}… and \d+ more lines$/m);
});

test("of many failures each keeps its name and its first words, and the end of a log has room for all", () => {
  const failures = Array.from({ length: 120 }, (_, index) => ({
    ...{ name: `test ${index}`, place: `a.test.js:${index}` },
    text: "a line\n".repeat(1_000),
  }));
  const words = failureWords([{ on: "Node 24", failures }]);
  deepEqual(
    words.match(/^✗ .*$/gm),
    failures.map(({ name }) => `✗ ${name}`),
  );
  equal(words.split("\n").length < 1_000, true);
  equal(failureWords([{ on: "Node 24", failures: [] }]), "");
});

test("a runner that ran no test, or wrote nothing, has not passed", () => {
  throws(() => readReport(""), /ran no test/);
  throws(() => readReport('{"counted":{"tests":0,"pass":0}}\n'), /ran no test/);
});
