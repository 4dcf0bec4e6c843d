/** The upstream of `upstream.py`, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface PythonUpstream {
  readonly url: string;
  /** How often each key has reached it. */
  hits(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

export const SCRIPT: string = join(import.meta.dirname, "../../test/upstream.py");

export async function pythonUpstream(
  version = "HTTP/1.1",
  env: NodeJS.ProcessEnv = {},
): Promise<PythonUpstream> {
  const child = spawn("python3", [SCRIPT, version], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async hits() {
      return (await fetch(`${url}/hits`)).json() as Promise<Record<string, number>>;
    },
    async stop() {
      process.off("exit", kill);
      child.kill();
      await once(child, "exit");
    },
  };
}
