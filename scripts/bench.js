/**
 * `npm run bench`: what oncekey costs, from a fresh clone. What stands behind `--` is the bench's
 * own: `npm run bench -- --quick`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "./build.js";
import { main, ROOT } from "./command.js";
import { install } from "./install.js";
import { provide, SERVERS } from "./programs.js";

await main(async () => {
  await install();
  await provide(Object.values(SERVERS));
  await build("bench");
  const args = [join(ROOT, "bench/dist/src/main.js"), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code ?? 1;
});
