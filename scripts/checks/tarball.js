/** The library as npm would publish it, looked at before anybody installs it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, run, tool } from "../command.js";
import { entries, LIBRARY } from "./library.js";

/** publint reads the manifest, attw asks TypeScript: both about the packed tarball. */
export async function checkResolution() {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-pack-"));
  try {
    const { filename } = await pack(["--pack-destination", folder]);
    const tarball = join(folder, filename);
    await run(tool("publint"), ["run", tarball, "--strict"], { otherwise: "publint" });
    // The library is ESM only: that CommonJS finds it through `require(esm)` alone is no fault.
    await run(tool("attw"), [tarball, "--profile", "esm-only"], { otherwise: "attw" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What would bring other code to a user's machine, or run there before they call anything. */
const FORBIDDEN = [
  "dependencies",
  "peerDependencies",
  "optionalDependencies",
  "bundleDependencies",
];
const FORBIDDEN_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

export async function checkManifest() {
  const manifest = JSON.parse(readFileSync(join(LIBRARY, "package.json"), "utf8"));
  const found = [
    ...FORBIDDEN.filter((field) => field in manifest),
    ...FORBIDDEN_SCRIPTS.filter((script) => script in (manifest.scripts ?? {})),
  ];
  if (found.length > 0) throw new Failure(`its package.json has: ${found.join(", ")}`);
}

export async function checkFiles() {
  const files = (await pack(["--dry-run"])).files.map(({ path }) => path);
  const compiled = /^dist\/src\/.+\.(js|d\.ts)$/;
  const papers = ["LICENSE", "README.md", "package.json"];
  const strangers = files.filter((path) => !compiled.test(path) && !papers.includes(path));
  const needed = [...papers, ...entries().map(({ file }) => file.replace("./", ""))];
  const complaints = [
    ...strangers.map((path) => `${path} should not be there`),
    ...needed.filter((path) => !files.includes(path)).map((path) => `${path} is missing`),
  ];
  if (complaints.length > 0) throw new Failure(complaints.join("\n  "));
}

/**
 * @param {readonly string[]} options
 * @returns {Promise<{ filename: string, files: { path: string }[] }>}
 */
async function pack(options) {
  const printed = await run("npm", ["pack", "--json", "--silent", ...options], {
    cwd: LIBRARY,
    otherwise: "npm pack failed",
  });
  return JSON.parse(printed)[0];
}
