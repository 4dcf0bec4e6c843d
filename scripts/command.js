/** Runs one command of a set-up: quiet while it goes well, one clear sentence when it does not. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The workspace's folder, where every command runs unless it says otherwise. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Why a run cannot go on, as a sentence for whoever started it: there is no stack to show. */
export class Failure extends Error {}

/**
 * Says what is happening. On stderr, so that what a program answers stays alone on stdout.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`• ${line}\n`);
}

/**
 * Where a development dependency keeps its command.
 *
 * @param {string} name
 */
export function tool(name) {
  return join(ROOT, "node_modules/.bin", name);
}

/**
 * Runs a command and gives back what it printed. A failure shows that, under the sentence
 * `otherwise`.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ otherwise: string, env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<string>}
 */
export async function run(program, args, { otherwise, env = process.env, cwd = ROOT }) {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let all = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    all += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    all += text;
  });
  try {
    const [code] = await once(child, "close");
    if (code === 0) return stdout;
  } catch (cause) {
    all += String(cause);
  }
  throw new Failure(`${otherwise}\n${indented(all)}`);
}

/**
 * Runs a command that has its own say: what it prints is passed on as it comes.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ otherwise: string }} options
 */
export async function pass(program, args, { otherwise }) {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Failure(otherwise);
}

/** @param {string} text */
function indented(text) {
  return text.trimEnd().replaceAll(/^/gm, "    ");
}

/**
 * Runs a whole script: its result is the exit code, and a failure is said and ends it with 1.
 *
 * @param {() => Promise<number>} script
 */
export async function main(script) {
  try {
    process.exitCode = await script();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`✗ ${error.message}\n`);
    process.exitCode = 1;
  }
}
