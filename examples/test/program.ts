/** An example as its reader starts it: a process of its own, found by what it prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";

const FOLDER = join(import.meta.dirname, "..");

export interface Program {
  /** Resolves with what it printed by then, as soon as that matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  write(text: string): void;
  /** Ends its input, and resolves with its exit code and all that it printed. */
  finish(): Promise<{ code: number | null; output: string }>;
}

/** It ends with the test that started it. */
export function start(context: TestContext, name: string, env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, [join(FOLDER, `${name}.js`)], {
    env: { ...process.env, PORT: "0", ...env },
  });
  const closed = once(child, "close");
  context.after(async () => {
    child.kill();
    await closed;
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
    });
  }
  return {
    async said(pattern) {
      for (;;) {
        const found = pattern.exec(output);
        if (found !== null) return found;
        const more = once(child.stdout, "data");
        const isOver = await Promise.race([more, closed.then(() => "over")]);
        if (isOver === "over") throw new Error(`${name} has ended, and said: ${output}`);
      }
    },
    write: (text) => void child.stdin.write(text),
    async finish() {
      child.stdin.end();
      await closed;
      return { code: child.exitCode, output };
    },
  };
}

/** The address of an example that serves. */
export async function addressOf(program: Program): Promise<string> {
  const [, port] = await program.said(/port: (\d+)/);
  return `http://127.0.0.1:${port}`;
}
