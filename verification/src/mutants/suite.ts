/** Runs the tests of one suite in a workshop, and stops at the first that fails. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Suite, Verdict } from "./mutant.ts";
import type { Workshop } from "./workshop.ts";

/** What a mistake can make wait for ever is told apart from what takes long on a busy machine. */
const TEST_MS = 60_000;
const SUITE_MS = 240_000;

/** A line of the report for one test: how deep it stands, whether it held, and its name. */
const LINE = /^( *)(not )?ok \d+ - (.*?)( # .*)?$/;

export async function tried(
  { folder, temporary }: Workshop,
  { tests, named }: Suite,
  env: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const [project = "", ...path] = tests.split("/");
  const place = project === "verification" ? project : join("packages", project);
  const file = join(folder, place, "dist/test", `${path.join("/")}.test.js`);
  const pattern = named === undefined ? [] : [`--test-name-pattern=${named}`];
  const args = ["--test", "--test-reporter=tap", `--test-timeout=${TEST_MS}`, ...pattern, file];
  // A group of its own, because tests start servers, and are ended in the middle.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    env: { ...process.env, ...env, TMPDIR: temporary, NODE_TEST_CONTEXT: undefined },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  process.once("exit", end);
  const alarm = setTimeout(end, SUITE_MS);
  try {
    const ended = once(child, "exit");
    const verdict = await readReport(child.stdout, file);
    if (verdict.kind === "killed") end();
    const [code] = await ended;
    if (verdict.kind === "survived" && code !== 0) {
      return { kind: "killed", by: "the end of its process" };
    }
    return verdict;
  } finally {
    clearTimeout(alarm);
    end();
    process.off("exit", end);
  }
}

async function readReport(report: NodeJS.ReadableStream, file: string): Promise<Verdict> {
  let passed = 0;
  for await (const line of createInterface({ input: report })) {
    const [isTest, , failed, name = "", directive] = LINE.exec(line) ?? [];
    if (isTest === undefined || directive !== undefined) continue;
    if (failed === undefined) passed++;
    else if (unescaped(name) !== file) return { kind: "killed", by: unescaped(name) };
    // A file is reported by its own name when its process ends before its time.
    else if (passed > 0) return { kind: "killed", by: "the end of its process" };
    else return { kind: "untried", why: "it cannot be loaded" };
  }
  return { kind: "survived", tests: passed };
}

/** The report puts a backslash before what it has a meaning for. */
const unescaped = (name: string): string => name.replaceAll(/\\([\\#])/g, "$1");
