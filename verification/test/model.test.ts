/** The model with two workers: it holds, what is made wrong in it is found, and its page is true. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { safety } from "../src/model/explorations.ts";
import { answer, questions } from "../src/model/program.ts";
import { explore, MODEL } from "../src/model/spin.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SOURCES = join(ROOT, "packages/oncekey/src");

test("without Spin it fails, and says how to get it", async () => {
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    await assert.rejects(explore(safety("repeatable", 2)), /apt-get install spin/);
  } finally {
    process.env.PATH = path;
  }
});

test("two workers", { concurrency: availableParallelism() }, async (each) => {
  await Promise.all(
    questions(true).map((question) => {
      const { mode, change = "the model" } = question.exploration;
      const name = `${mode}: ${change} ${question.expects}: ${question.about}`;
      return each.test(name, async () => {
        assert.equal((await answer(question)).wrong, undefined);
      });
    }),
  );
});

const FENCED = safety("deduplicated", 2);
const UNFENCED = { ...FENCED, change: "MUTANT_COMPLETE_UNFENCED" };

test("a mutant that passes is wrong", async () => {
  const { wrong } = await answer({ about: "", exploration: FENCED, expects: "violated" });
  assert.match(wrong ?? "", /no counterexample/);
});

test("a promise that is broken is wrong", async () => {
  const { wrong } = await answer({ about: "", exploration: UNFENCED, expects: "holds" });
  assert.match(wrong ?? "", /violated: assertion/);
});

test("a search that was cut short is wrong", async () => {
  const effort = { depthMax: 100 };
  const { wrong } = await answer({ about: "", exploration: FENCED, expects: "holds", effort });
  assert.match(wrong ?? "", /cut short/);
});

test("a step that is never taken is seen", async () => {
  const hidden = { ...safety("unrepeatable", 2), change: "MUTANT_DOUBT_IS_HIDDEN" };
  const { unreached } = await explore(hidden);
  assert.ok(unreached.includes("resolve: it happened"), unreached.join("; "));
});

const PAGE = readFileSync(join(ROOT, "verification/model/README.md"), "utf8");
const ROWS = PAGE.split("## What stands for what")[1]?.split("\n## ")[0]?.split("\n") ?? [];
/** What the page's table has in its first column, and what it says that it stands for. */
const STANDS = ROWS.filter((row) => row.startsWith("| `")).map((row) => {
  const [, steps = "", meaning = ""] = row.split(/\s*\|\s*/);
  return { steps: [...steps.matchAll(/`([^`]+)`/g)].map(([, step]) => step), meaning };
});

test("the page has every step and every verb of the model, once", () => {
  const model = readFileSync(MODEL, "utf8");
  const steps = [...model.matchAll(/\bstep\("(.*?)\\n"\)/g)].map(([, step]) => step);
  const verbs = [...model.matchAll(/^inline (\w+)\(/gm)].map(([, verb]) => verb);
  const there = [...new Set([...steps, ...verbs])].sort();
  assert.ok(there.length > 80, `only ${there.length} found`);
  assert.deepEqual(STANDS.flatMap(({ steps: each }) => each).sort(), there);
});

test("every function that a step stands for exists", () => {
  const named = STANDS.flatMap(({ meaning }) => [...meaning.matchAll(/`([\w/-]+\.ts)`: `(\w+)`/g)]);
  assert.ok(named.length > 50, `only ${named.length} found`);
  for (const [, file = "", name = ""] of named) {
    const source = readFileSync(join(SOURCES, file), "utf8");
    // Declared, or a method, or a constant that is a function; not merely called.
    const declared = new RegExp(
      `function ${name}\\b|^ +(async )?${name}(<\\w+>)?\\(.*[{(]$|\\b${name}(: | = )(async )?\\(`,
      "m",
    );
    assert.match(source, declared, `${file} has no ${name}`);
  }
});
