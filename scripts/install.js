/** Brings node_modules to what the lock file says, and leaves it alone when it is there already. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, ROOT, run, say } from "./command.js";

/** What package.json asks for under `engines`: before it, `require` cannot load an ES module. */
const NODE_MIN = [20, 19];

export async function install() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [majorMin = 0, minorMin = 0] = NODE_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin)) {
    throw new Failure(
      `Node ${NODE_MIN.join(".")} or newer is needed, and this is ${process.version}.`,
    );
  }
  if (isInstalled()) return;
  say("installing the packages of the lock file");
  // No package's install script runs here: a dependency gets to run code when a test calls it.
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    otherwise: "The packages could not be installed: `npm ci` failed.",
  });
}

/**
 * Compares versions instead of dates, because a checkout touches the lock file without changing
 * it. Optional packages are for other platforms, and npm leaves those out.
 */
function isInstalled() {
  const installedLock = join(ROOT, "node_modules/.package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = packagesOf(join(ROOT, "package-lock.json"));
  const installed = packagesOf(installedLock);
  return Object.entries(wanted).every(
    ([path, { optional, version }]) =>
      path === "" || optional || (path in installed && installed[path]?.version === version),
  );
}

/**
 * @param {string} lock
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(lock) {
  return JSON.parse(readFileSync(lock, "utf8")).packages;
}
