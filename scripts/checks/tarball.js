/** The packages as npm would publish them, looked at before anybody installs them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, run, tool } from "../command.js";
import { DASHBOARD, entries, LIBRARY } from "./library.js";

/**
 * publint reads the manifest, attw asks TypeScript: both about the packed tarball.
 *
 * @param {string} [place] the package's folder
 */
export async function checkResolution(place = LIBRARY) {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-pack-"));
  try {
    const { filename } = await pack(place, ["--pack-destination", folder]);
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
  const files = (await pack(LIBRARY, ["--dry-run"])).files.map(({ path }) => path);
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

/** What is built with the dashboard's page stays at home: a server installs `oncekey` beside it, and no more. */
export async function checkDashboard() {
  const manifest = JSON.parse(readFileSync(join(DASHBOARD, "package.json"), "utf8"));
  const files = (await pack(DASHBOARD, ["--dry-run"])).files.map(({ path }) => path);
  const known = [
    /^dist\/src\/[\w-]+\.(js|d\.ts)$/,
    /^dist\/site\/(index\.html|licenses\.md|assets\/[\w-]+\.(js|css|svg))$/,
    /^(LICENSE|README\.md|package\.json)$/,
  ];
  const dependencies = FORBIDDEN.flatMap((field) => Object.keys(manifest[field] ?? {}));
  const complaints = [
    ...dependencies.filter((name) => name !== "oncekey").map((name) => `${name} is a dependency`),
    ...FORBIDDEN_SCRIPTS.filter((script) => script in manifest.scripts),
    ...files
      .filter((path) => !known.some((form) => form.test(path)))
      .map((path) => `${path} should not be there`),
    ...[
      "README.md",
      "LICENSE",
      "dist/src/index.js",
      "dist/site/index.html",
      "dist/site/licenses.md",
    ]
      .filter((path) => !files.includes(path))
      .map((path) => `${path} is missing`),
  ];
  if (complaints.length > 0) throw new Failure(complaints.join("\n  "));
}

/**
 * @param {string} place
 * @param {readonly string[]} options
 * @returns {Promise<{ filename: string, files: { path: string }[] }>}
 */
async function pack(place, options) {
  const printed = await run("npm", ["pack", "--json", "--silent", ...options], {
    cwd: place,
    otherwise: "npm pack failed",
  });
  return JSON.parse(printed)[0];
}
