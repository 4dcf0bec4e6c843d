/** The packages as npm would publish them, looked at before anybody installs one. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, run, tool } from "../command.js";
import { BINDINGS, DASHBOARD, entries, GATEWAY, LIBRARY } from "./library.js";

/**
 * @typedef {object} Package
 * @property {string} at
 * @property {readonly string[]} [dependencies] all that it may have; without it, any
 * @property {readonly string[]} [peers] all that it may ask of whoever installs it; without it, none
 * @property {readonly string[]} others files that it must hold beside its modules and papers
 * @property {RegExp} [assets] files that it may hold, whose names come of a build
 */

/**
 * The gateway is a program, and brings its drivers along. What the dashboard's page is built with
 * stays at home. A binding runs in the page's own copy of its framework: that is its peer.
 *
 * @type {readonly Package[]}
 */
const PACKAGES = [
  { at: LIBRARY, dependencies: [], others: [] },
  { at: GATEWAY, others: ["oncekey.schema.json", "grafana/oncekey.json"] },
  {
    at: DASHBOARD,
    dependencies: ["oncekey"],
    others: ["index.html", "sign-in.html", "licenses.md"].map((name) => `dist/site/${name}`),
    assets: /^dist\/site\/assets\/[\w-]+\.(js|css|svg)$/,
  },
  ...BINDINGS.map(({ name, at }) => ({ at, dependencies: ["oncekey"], peers: [name], others: [] })),
];

/** publint reads the manifest, attw asks TypeScript: both about the packed tarball. */
export async function checkResolution() {
  for (const { at } of PACKAGES) {
    const { tarball } = await packed(at);
    await run(tool("publint"), ["run", tarball, "--strict"], { otherwise: "publint" });
    // They are ESM only: that CommonJS finds them through `require(esm)` alone is no fault. Nor has
    // a schema types.
    const esm = ["--profile", "esm-only", "--exclude-entrypoints", "oncekey.schema.json"];
    await run(tool("attw"), [tarball, ...esm], { otherwise: "attw" });
  }
}

/** What would bring other code to a user's machine, or run there before they call anything. */
const BRINGS = ["dependencies", "optionalDependencies", "bundleDependencies"];
const FORBIDDEN_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

export async function checkManifest() {
  const found = PACKAGES.flatMap(({ at, dependencies, peers = [] }) => {
    const manifest = manifestOf(at);
    const brought = BRINGS.flatMap((field) => Object.keys(manifest[field] ?? {}));
    const asked = Object.keys(manifest.peerDependencies ?? {});
    return [
      ...brought.filter((name) => dependencies?.includes(name) === false),
      ...asked.filter((name) => !peers.includes(name)),
      ...FORBIDDEN_SCRIPTS.filter((script) => script in (manifest.scripts ?? {})),
    ];
  });
  if (found.length > 0) throw new Failure(`a package.json has: ${found.join(", ")}`);
}

/**
 * @param {string} folder
 * @returns {Record<string, object> & { scripts?: object, bin?: Record<string, string> }}
 */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

export async function checkFiles() {
  for (const each of PACKAGES) await checkFilesOf(each);
}

/** @param {Package} published */
async function checkFilesOf({ at, others, assets }) {
  const { files } = await packed(at);
  const papers = ["LICENSE", "README.md", "package.json", ...others];
  const strangers = files.filter(
    (path) => !COMPILED.test(path) && !papers.includes(path) && assets?.test(path) !== true,
  );
  const programs = Object.values(manifestOf(at).bin ?? {});
  const modules = [...entries(at).map(({ file }) => file), ...programs];
  const needed = [...papers, ...modules.map((file) => file.replace("./", ""))];
  const complaints = [
    ...strangers.map((path) => `${path} should not be there`),
    ...needed.filter((path) => !files.includes(path)).map((path) => `${path} is missing`),
  ];
  if (complaints.length > 0) throw new Failure(`${at}: ${complaints.join("\n  ")}`);
}

const COMPILED = /^dist\/src\/.+\.(js|d\.ts)$/;

/**
 * @typedef {object} Packed
 * @property {string} tarball
 * @property {readonly string[]} files
 */

/** @type {Map<string, Promise<Packed>>} */
const PACKED = new Map();

/**
 * Each package is packed once, whoever asks.
 *
 * @param {string} at
 */
function packed(at) {
  const known = PACKED.get(at) ?? pack(at);
  PACKED.set(at, known);
  return known;
}

/**
 * @param {string} at
 * @returns {Promise<Packed>}
 */
async function pack(at) {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-pack-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const printed = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], {
    cwd: at,
    otherwise: "npm pack failed",
  });
  /** @type {[{ filename: string, files: { path: string }[] }]} */
  const [{ filename, files }] = JSON.parse(printed);
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}
