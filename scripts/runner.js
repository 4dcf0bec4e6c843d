/** Node's own test runner over compiled test files, and what became of them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure, ROOT } from "./command.js";
import { readReport } from "./report.js";

/** A test that hangs fails by name, long before whoever runs it gives up on the whole run. */
const TIMEOUT_MS = 240_000;

/** One more than there are cores: most files wait for servers, browsers and leases, and not for us. */
const AT_ONCE = Math.max(2, availableParallelism()) + 1;

/** Loaded by the runner itself. */
const REPORTER = pathToFileURL(join(import.meta.dirname, "report.js")).href;

/**
 * Every compiled test that still has its source: a build leaves those of deleted files behind.
 * The list is ours, because Node 20's runner takes no patterns. The longest come first, so that no
 * core waits for the last one alone: they are those of the programs that try to break the promises.
 *
 * @returns {string[]} paths from the workspace's folder
 */
export function testFiles() {
  const projects = ["apps", "packages"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  );
  return ["verification", "bench", "examples", ...projects.sort()]
    .filter((project) => existsSync(join(ROOT, project, "dist")))
    .flatMap((project) =>
      readdirSync(join(ROOT, project, "dist"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.js") && hasSource(project, file))
        .map((file) => join(project, "dist", file))
        .sort(),
    )
    .concat(scriptTests());
}

/** The scripts' own, which nobody compiles. */
const scriptTests = () =>
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join("scripts", name));

/**
 * @param {string} project
 * @param {string} file
 */
function hasSource(project, file) {
  const sources = [".ts", ".tsx"].map((ending) => file.replace(/\.js$/, ending));
  return sources
    .flatMap((source) => [source, join("src", source)])
    .some((path) => existsSync(join(ROOT, project, path)));
}

/**
 * Runs test files, each in a process of its own, and prints as they go.
 *
 * @param {readonly string[]} files
 * @param {{ node?: string, env: Record<string, string> }} options
 * @returns {Promise<import("./report.js").Report>}
 */
export async function runTests(files, { node = process.execPath, env }) {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-tests-"));
  const written = join(folder, "report");
  const reporters = [
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...[`--test-reporter=${REPORTER}`, `--test-reporter-destination=${written}`],
  ];
  const limits = [`--test-timeout=${TIMEOUT_MS}`, `--test-concurrency=${AT_ONCE}`];
  const child = spawn(node, ["--test", ...limits, ...reporters, ...files], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const kill = () => child.kill();
  process.once("exit", kill);
  const [code] = await once(child, "exit");
  process.off("exit", kill);
  const report = readReport(readFileSync(written, "utf8"));
  rmSync(folder, { recursive: true });
  if (code !== 0 && report.failed === 0) {
    throw new Failure(`The test runner of ${node} ended with ${code}, without a failed test.`);
  }
  return report;
}
