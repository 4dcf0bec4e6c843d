/** The library's public entries, as its package.json lists them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../command.js";

/** Where the library is. */
export const LIBRARY = join(ROOT, "packages/oncekey");

/** Where the dashboard is: the one other package that is published. */
export const DASHBOARD = join(ROOT, "packages/dashboard");

/**
 * @typedef {object} Entry
 * @property {string} name what a user imports, such as "oncekey/redis"
 * @property {string} file the compiled module, from the library's folder
 */

/** @returns {Entry[]} */
export function entries() {
  /** @type {{ exports: Record<string, string | { default: string }> }} */
  const manifest = JSON.parse(readFileSync(join(LIBRARY, "package.json"), "utf8"));
  return Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ name: `oncekey${path.slice(1)}`, file: target.default }],
  );
}
