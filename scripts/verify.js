/**
 * `npm run verify`: the programs that try to break the promises, from a fresh clone. What stands
 * behind `--` is theirs: `npm run verify -- --only simulator --seed 7`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { compile, isCompiled } from "./better-sqlite3.js";
import { build } from "./build.js";
import { main, ROOT } from "./command.js";
import { install } from "./install.js";
import { COMPILER, FAULTS, MODEL_CHECKER, provide, SERVERS } from "./programs.js";

/** A history is a lot of garbage that dies young: room for it saves a fifth of the time. */
const ROOM_FOR_THE_YOUNG = "--max-semi-space-size=64";

await main(async () => {
  await install();
  // One program alone may need none of them, and says what it misses.
  if (!process.argv.includes("--only")) {
    const mustCompile = !isCompiled();
    const always = [...Object.values(SERVERS), ...MODEL_CHECKER, ...FAULTS];
    await provide([...always, ...(mustCompile ? COMPILER : [])]);
    // The suites that have to find the mutants of the SQLite store open it.
    if (mustCompile) await compile();
  }
  await build("verification");
  const program = join(ROOT, "verification/dist/src/main.js");
  const args = [ROOM_FOR_THE_YOUNG, program, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code ?? 1;
});
