/**
 * `npm test`: everything, from a fresh clone. Installs and builds, finds or gets the servers, runs
 * the checks, starts one server of each kind, tests on this Node and on the newer ones, and stops
 * the servers. At its end stands what failed; the last line is the sum of what the runners counted.
 */
import { compile, isCompiled } from "./better-sqlite3.js";
import { build } from "./build.js";
import { Failure, main, pass, say } from "./command.js";
import { install } from "./install.js";
import { nodeOf } from "./node.js";
import {
  BROWSER,
  COMPILER,
  FAULTS,
  FRONT,
  MODEL_CHECKER,
  provide,
  SERVERS,
  TERMINAL,
  UPSTREAMS,
} from "./programs.js";
import { failureWords } from "./report.js";
import { runTests, testFiles } from "./runner.js";
import { startServers } from "./servers.js";

/** The releases in support that come after the oldest one we promise. */
const NEWER = ["22", "24"];

/** What has to hold on them too: what names no framework, and SQLite, which they bring along. */
const ON_NEWER =
  /\/test\/(client|core|http|protocol|stores\/(memory|sqlite))\b|dashboard\/dist\/test\/(access|live|resolution)\./;

await main(async () => {
  await install();
  const mustCompile = !isCompiled();
  const ours = [...UPSTREAMS, ...FRONT, ...TERMINAL, ...BROWSER, ...MODEL_CHECKER, ...FAULTS];
  const always = [...Object.values(SERVERS), ...ours];
  await provide([...always, ...(mustCompile ? COMPILER : [])]);
  const compiled = mustCompile ? compile() : Promise.resolve();
  compiled.catch(() => {}); // Heard when it is awaited.

  await build();
  await pass(process.execPath, ["scripts/check.js", "--built"], {
    otherwise: "A check failed; `npm run check` runs them alone.",
  });
  await compiled;

  // Before the tests, whose processes would share its cores.
  const dear = await costsTooMuch();
  const servers = await startServers();
  const runs = [];
  try {
    for await (const run of testEverywhere(servers.env)) runs.push(run);
  } finally {
    await servers.stop();
    // Also where a later run broke off: an earlier one may have failed.
    process.stdout.write(failureWords(runs));
  }
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  const failed = runs.reduce((sum, run) => sum + run.failed, 0);
  if (dear !== undefined) console.log(`✗ ${dear.message}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && dear === undefined ? 0 : 1;
});

/** Under half a minute. The tests run whatever comes of it. */
async function costsTooMuch() {
  say("comparing what a request costs with what was recorded");
  try {
    await pass(process.execPath, ["bench/dist/src/main.js", "--check"], {
      otherwise: "A request costs too much: `npm run bench -- --check` compares again.",
    });
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** @param {Record<string, string>} env */
async function* testEverywhere(env) {
  const files = testFiles();
  // They come while the first tests run, and are missed, if they do not, when it is their turn.
  const newer = NEWER.filter((each) => !process.version.startsWith(`v${each}.`)).map((release) => {
    const got = nodeOf(release);
    got.catch(() => {});
    return { release, got };
  });
  say(`testing on Node ${process.versions.node}`);
  yield { on: `Node ${process.versions.node}`, ...(await runTests(files, { env })) };
  const again = files.filter((file) => ON_NEWER.test(file));
  for (const { release, got } of newer) {
    const node = await got;
    say(`testing on Node ${release} what must hold there too`);
    yield { on: `Node ${release}`, ...(await runTests(again, { env, node })) };
  }
}
