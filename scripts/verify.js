/**
 * `npm run verify`: the programs that try to break the promises, from a fresh clone. What stands
 * behind `--` is theirs: `npm run verify -- --only simulator --seed 7`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "./build.js";
import { main, ROOT } from "./command.js";
import { install } from "./install.js";

await main(async () => {
  await install();
  await build("verification");
  const program = join(ROOT, "verification/dist/src/main.js");
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code ?? 1;
});
