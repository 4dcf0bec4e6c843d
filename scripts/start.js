/**
 * `npm start`: the playground, from a fresh clone. Set-up talks on stderr; stdin, stdout, arguments,
 * signals and the exit code are the playground's own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import { build } from "./build.js";
import { main, ROOT } from "./command.js";
import { install } from "./install.js";
import { provide, SERVERS } from "./programs.js";

await main(async () => {
  const args = process.argv.slice(2);
  await install();
  await provide(
    Object.entries(SERVERS).flatMap(([name, server]) => (asksFor(name, args) ? [server] : [])),
  );
  await build("apps/playground");

  const start = join(ROOT, "apps/playground/dist/src/start.js");
  const child = spawn(process.execPath, [start, ...args], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole group: the playground has it already, and this only waits.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code, signal] = await once(child, "exit");
  return code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)];
});

/**
 * Whether the arguments hold `--store NAME` or `--store=NAME`.
 *
 * @param {string} name
 * @param {readonly string[]} args
 */
function asksFor(name, args) {
  return args.includes(`--store=${name}`) || args[args.indexOf("--store") + 1] === name;
}
