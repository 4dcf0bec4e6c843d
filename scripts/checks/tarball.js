/** The packages as npm would publish them, looked at before anybody installs one. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, run, tool } from "../command.js";
import { entries, GATEWAY, LIBRARY } from "./library.js";

/** publint reads the manifest, attw asks TypeScript: both about the packed tarball. */
export async function checkResolution() {
  for (const at of [LIBRARY, GATEWAY]) await checkResolutionOf(at);
}

/** @param {string} at */
async function checkResolutionOf(at) {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-pack-"));
  try {
    const { filename } = await pack(at, ["--pack-destination", folder]);
    const tarball = join(folder, filename);
    await run(tool("publint"), ["run", tarball, "--strict"], { otherwise: "publint" });
    // They are ESM only: that CommonJS finds them through `require(esm)` alone is no fault. Nor has
    // a schema types.
    const esm = ["--profile", "esm-only", "--exclude-entrypoints", "oncekey.schema.json"];
    await run(tool("attw"), [tarball, ...esm], { otherwise: "attw" });
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

/** The gateway is a program: it brings its drivers along, and nothing that runs at an installation. */
export async function checkManifest() {
  const library = manifestOf(LIBRARY);
  const found = [
    ...FORBIDDEN.filter((field) => field in library),
    ...[library, manifestOf(GATEWAY)].flatMap(({ scripts = {} }) =>
      FORBIDDEN_SCRIPTS.filter((script) => script in scripts),
    ),
  ];
  if (found.length > 0) throw new Failure(`a package.json has: ${found.join(", ")}`);
}

/**
 * @param {string} folder
 * @returns {Record<string, unknown> & { scripts?: object, bin?: Record<string, string> }}
 */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

export async function checkFiles() {
  await checkFilesOf(LIBRARY, []);
  await checkFilesOf(GATEWAY, ["oncekey.schema.json", "grafana/oncekey.json"]);
}

/**
 * @param {string} at
 * @param {readonly string[]} others
 */
async function checkFilesOf(at, others) {
  const files = (await pack(at, ["--dry-run"])).files.map(({ path }) => path);
  const compiled = /^dist\/src\/.+\.(js|d\.ts)$/;
  const papers = ["LICENSE", "README.md", "package.json", ...others];
  const strangers = files.filter((path) => !compiled.test(path) && !papers.includes(path));
  const programs = Object.values(manifestOf(at).bin ?? {});
  const modules = [...entries(at).map(({ file }) => file), ...programs];
  const needed = [...papers, ...modules.map((file) => file.replace("./", ""))];
  const complaints = [
    ...strangers.map((path) => `${path} should not be there`),
    ...needed.filter((path) => !files.includes(path)).map((path) => `${path} is missing`),
  ];
  if (complaints.length > 0) throw new Failure(complaints.join("\n  "));
}

/**
 * @param {string} at
 * @param {readonly string[]} options
 * @returns {Promise<{ filename: string, files: { path: string }[] }>}
 */
async function pack(at, options) {
  const printed = await run("npm", ["pack", "--json", "--silent", ...options], {
    cwd: at,
    otherwise: "npm pack failed",
  });
  return JSON.parse(printed)[0];
}
