/** Other releases of Node, which npm brings as a package. */
import { run } from "./command.js";

/**
 * @param {string} release such as "24"
 * @returns {Promise<string>} the path of its program
 */
export async function nodeOf(release) {
  const path = await run("npx", ["-y", "-p", `node@${release}`, "node", "-p", "process.execPath"], {
    otherwise: `Node ${release} could not be got from npm.`,
  });
  return path.trim();
}
