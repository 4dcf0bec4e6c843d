/** The program of a page of the guide: copied out of it, and run as a stranger would run it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";

export interface Program {
  /** The address that it printed. */
  readonly origin: string;
  /** From now on nothing is answered, until what it returns is called. */
  hold(): () => void;
  stop(): void;
}

/**
 * @param page the Markdown file, with one block of TypeScript below `<!-- example -->`
 * @param folder where it is run: a package in which all is installed that it imports
 */
export async function startProgram(page: string, folder: string): Promise<Program> {
  const markdown = readFileSync(page, "utf8");
  const [, source = ""] = /^<!-- example -->\n```ts\n(.*?)^```$/ms.exec(markdown) ?? [];
  const copied = mkdtempSync(join(folder, "dist/copied-"));
  const file = join(copied, "order.mjs");
  writeFileSync(file, (await transform(source, { loader: "ts" })).code);
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const hold = () => {
    child.kill("SIGSTOP");
    return () => void child.kill("SIGCONT");
  };
  const stop = (): void => {
    child.kill();
    rmSync(copied, { recursive: true, force: true });
  };
  for await (const chunk of child.stdout) {
    const origin = String(chunk).trim();
    if (!origin.startsWith("http:")) break;
    return { origin, hold, stop };
  }
  stop();
  throw new Error(`The program of ${page} has printed no address.`);
}
