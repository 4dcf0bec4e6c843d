/** Programs that are not npm's to install: found, got from Debian, or named to whoever runs this. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure, run, say } from "./command.js";

/**
 * @typedef {object} Program
 * @property {string} name the command that must exist
 * @property {string} debian the package that brings it
 */

/** @type {Program} */
const REDIS = { name: "redis-server", debian: "redis-server" };
/** @type {Program} */
const POSTGRES = { name: "initdb", debian: "postgresql" };

/** What each server of the tests, or of `npm start -- --store NAME`, is started with. */
export const SERVERS = { redis: REDIS, postgres: POSTGRES };

/** @type {readonly Program[]} */
export const COMPILER = [
  { name: "python3", debian: "python3" },
  { name: "make", debian: "make" },
  { name: "g++", debian: "g++" },
];

/**
 * An upstream of the gateway's tests, in another language than its own; and a certificate for one.
 *
 * @type {readonly Program[]}
 */
export const UPSTREAMS = [
  { name: "python3", debian: "python3" },
  { name: "openssl", debian: "openssl" },
];

/**
 * What stands in front of a gateway, as docs/deployment.md has it.
 *
 * @type {readonly Program[]}
 */
export const FRONT = [{ name: "nginx", debian: "nginx-light" }];

/**
 * What the tests of the command are typed on, and a shell that it is completed in.
 *
 * @type {readonly Program[]}
 */
export const TERMINAL = [
  { name: "script", debian: "bsdutils" },
  { name: "bash", debian: "bash" },
];

/**
 * What explores the model of `verification/model`: Spin writes a C program, and gcc compiles it.
 *
 * @type {readonly Program[]}
 */
export const MODEL_CHECKER = [
  { name: "spin", debian: "spin" },
  { name: "gcc", debian: "gcc" },
];

/**
 * What makes system calls fail, and gives a drill mount points of its own.
 *
 * @type {readonly Program[]}
 */
export const FAULTS = [
  { name: "strace", debian: "strace" },
  { name: "unshare", debian: "util-linux" },
  { name: "mount", debian: "mount" },
];

/**
 * What the pages of the client and of the dashboard are opened in.
 *
 * @type {readonly Program[]}
 */
export const BROWSER = [{ name: "chromium", debian: "chromium" }];

/**
 * Makes sure that every program is there.
 *
 * @param {readonly Program[]} programs
 */
export async function provide(programs) {
  const missing = programs.filter(({ name }) => !isFound(name));
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  if (!mayInstall()) {
    const names = missing.map(({ name }) => name).join(", ");
    const command = `apt-get install ${packages.join(" ")}`;
    throw new Failure(
      `Not found on the PATH: ${names}. On Debian or Ubuntu, as root: ${command}. ` +
        "Elsewhere, install what brings these programs, and run this again.",
    );
  }
  say(`installing from Debian: ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const otherwise = `Debian's packages could not be installed: ${packages.join(", ")}.`;
  // Another apt may be at work on a machine that has just come up: its lock is waited for.
  const patient = ["-o", "DPkg::Lock::Timeout=120"];
  await run("apt-get", [...patient, "update"], { env, otherwise });
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  await run("apt-get", [...patient, ...install], { env, otherwise });
}

function mayInstall() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0 && isFound("apt-get");
}

/** @param {string} name */
function isFound(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return [...folders, "/usr/sbin", ...postgresFolders()].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian keeps the programs of Postgres out of the PATH, one folder per major version. */
function postgresFolders() {
  const root = "/usr/lib/postgresql";
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : [];
}
