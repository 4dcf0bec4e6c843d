/** The binary of better-sqlite3, which an install without scripts leaves out. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, run, say } from "./command.js";

/** Opens a database, because a binary that is there may have been compiled for another Node. */
export function isCompiled() {
  const open = 'new (require("better-sqlite3"))(":memory:").close()';
  return spawnSync(process.execPath, ["-e", open], { cwd: ROOT, stdio: "ignore" }).status === 0;
}

/** Its own install script, which looks for a ready binary first and compiles where there is none. */
export async function compile() {
  say("compiling better-sqlite3 in the background");
  await run("npm", ["rebuild", "better-sqlite3"], {
    env: { JOBS: "max", ...process.env, ...headers() },
    otherwise: "better-sqlite3 could not be compiled.",
  });
}

/** Headers that were installed with Node need not be downloaded. */
function headers() {
  const prefix = join(dirname(process.execPath), "..");
  const isComplete = existsSync(join(prefix, "include/node/node.h"));
  return isComplete ? { npm_config_nodedir: prefix } : {};
}
