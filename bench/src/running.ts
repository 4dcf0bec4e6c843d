/** A contestant that runs: its process, its database, and what both have used. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Contestant } from "./contestant.ts";
import type { Memory, Used } from "./contestant-process.ts";
import { pinned } from "./cores.ts";
import { cpuMicrosOf } from "./cpu.ts";
import type { Databases } from "./databases.ts";

const PROGRAM = fileURLToPath(new URL("contestant-process.js", import.meta.url));

export interface Running {
  readonly contestant: Contestant;
  readonly port: number;
  /** With the CPU time of the database's processes: undefined where there is none, or nobody tells. */
  used(): Promise<Used & { readonly databaseMicros: number | undefined }>;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

/** `args` are Node's own, for its process. */
export async function start(
  contestant: Contestant,
  databases: Databases,
  args: readonly string[] = [],
): Promise<Running> {
  const { address, pid, executions } = await databases.of(contestant.place);
  const child = spawned(contestant.name, address, args);
  const answer = answersOf(child, contestant.name);
  const { port } = (await answer()) as { readonly port: number };
  return {
    ...{ contestant, port },
    async used() {
      child.send("used");
      const used = (await answer()) as Used;
      return {
        ...used,
        executions: executions?.() ?? used.executions,
        databaseMicros: pid === undefined ? undefined : cpuMicrosOf(pid),
      };
    },
    async memory() {
      child.send("memory");
      return (await answer()) as Memory;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      // It leaves by itself then, and a profiler has time to write.
      child.disconnect();
      await ended;
    },
  };
}

function spawned(name: string, address: string, args: readonly string[]): ChildProcess {
  const [program = "", ...rest] = pinned([process.execPath, ...args, PROGRAM, name, address]);
  return spawn(program, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

/** Its next message, or why there will be none. */
function answersOf(child: ChildProcess, name: string): () => Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  ended.catch(() => {});
  return async () => (await Promise.race([once(child, "message"), ended]))[0];
}
