/** The library's public entries, as its package.json lists them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../command.js";

/** Where the library is. */
export const LIBRARY = join(ROOT, "packages/oncekey");
/** Where the gateway is, with the command. */
export const GATEWAY = join(ROOT, "packages/gateway");
/** Where the dashboard is, with its page. */
export const DASHBOARD = join(ROOT, "packages/dashboard");
/** Where the bindings are, each over its framework. */
export const BINDINGS = ["react", "vue", "svelte"].map((name) => ({
  name,
  at: join(ROOT, "packages", name),
}));

/**
 * @typedef {object} Entry
 * @property {string} name what a user imports, such as "oncekey/redis"
 * @property {string} file the compiled module, from the library's folder
 */

/**
 * @param {string} [folder] the library's, or that of another package
 * @returns {Entry[]}
 */
export function entries(folder = LIBRARY) {
  /** @type {{ name: string, exports: Record<string, string | { default: string }> }} */
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string"
      ? []
      : [{ name: `${manifest.name}${path.slice(1)}`, file: target.default }],
  );
}
