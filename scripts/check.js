/**
 * `npm run check`: sentences about the workspace that stay true. Each is a check; one that does not
 * hold says why. `npm run check -- --record` takes today's bundle sizes, and 15%, as the budgets.
 * With `--built` it does not build again what has just been built.
 */

import { build } from "./build.js";
import { checkBudgets, checkStores, recordBudgets } from "./checks/bundle.js";
import { checkClient } from "./checks/client.js";
import { checkTable } from "./checks/table.js";
import { checkFiles, checkManifest, checkResolution } from "./checks/tarball.js";
import { Failure, main, run, say, tool } from "./command.js";

/** @type {Readonly<Record<string, () => Promise<unknown>>>} */
const CHECKS = {
  "The types hold, in sources, tests and scripts": async () => {
    await built;
    await run(tool("tsc"), ["-p", "scripts"], { otherwise: "tsc -p scripts" });
  },
  "Every file is formatted, and lint finds nothing": () =>
    run(tool("biome"), ["ci", "--colors=off", "."], {
      otherwise: "biome ci (`npm run format` repairs most)",
    }),
  "Nothing is exported or installed that nobody uses": () =>
    run(tool("knip"), ["--no-progress"], { otherwise: "knip" }),
  "The packages resolve wherever we say": checkResolution,
  "S-32, S-43: The packed library has no dependencies and no peers, the dashboard and the bindings none but the library, a binding its framework as a peer, and no package an install script":
    checkManifest,
  "S-44: The tarballs hold what the exports need, the README and the licence, and nothing else":
    checkFiles,
  "Every entry, and every store with an adapter, keeps its size budget": checkBudgets,
  "C-60: What a page loads of the client, and of each binding, keeps its budget": checkClient,
  "An entry never contains another store": checkStores,
  "S-46: Every threat has a test that is named after it, or is said to be open": () =>
    checkTable("THREAT-MODEL.md", "S"),
  "C-77: What a client must do has a test that is named after it, or is said to be open": () =>
    checkTable("docs/client-requirements.md", "C"),
};

/** What the first check is about, and what others look at. */
let built = Promise.resolve();

await main(async () => {
  if (process.argv.includes("--record")) {
    await recordBudgets();
    say("recorded the sizes of all entries in scripts/checks/budgets.json");
    return 0;
  }
  if (!process.argv.includes("--built")) built = build();
  // What does not hold is told by the first check; the others look at what there is.
  await built.catch(() => {});
  // Together: most wait for programs that use one core.
  const asked = Object.entries(CHECKS).map(([sentence, holds]) => said(sentence, holds));
  let broken = 0;
  for (const answer of asked) {
    const { holds, line } = await answer;
    console.log(line);
    if (!holds) broken += 1;
  }
  return broken === 0 ? 0 : 1;
});

/**
 * @param {string} sentence
 * @param {() => Promise<unknown>} check
 */
async function said(sentence, check) {
  try {
    await check();
    return { holds: true, line: `✓ ${sentence}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { holds: false, line: `✗ ${sentence}\n  ${error.message}` };
  }
}
