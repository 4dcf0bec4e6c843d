/** A contestant that runs: its process, its database, and what both have used. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Contestant } from "./contestant.ts";
import type { Used } from "./contestant-process.ts";
import { cpuMicrosOf } from "./cpu.ts";
import type { Databases } from "./databases.ts";

const PROGRAM = fileURLToPath(new URL("contestant-process.js", import.meta.url));

/** Looked up before this process keeps to some of them. */
const CORES = availableParallelism();
const CAN_PIN = CORES > 1 && spawnSync("taskset", ["-V"]).status === 0;
/** The contestants'. */
const CORE = "0";

/**
 * Keeps this process, and the databases that it starts from now on, off the contestants' core.
 * Says which ones are whose.
 */
export function stepAside(): string {
  if (!CAN_PIN) return `${CORES} cores, nobody is pinned to one`;
  const others = CORES === 2 ? "1" : `1-${CORES - 1}`;
  spawnSync("taskset", ["-a", "-p", "-c", others, String(process.pid)]);
  return `${CORES} cores: contestants on ${CORE}, load and databases on ${others}`;
}

export interface Running {
  readonly contestant: Contestant;
  readonly port: number;
  /** With the CPU time of the database's processes: undefined where there is none, or nobody tells. */
  used(): Promise<Used & { readonly databaseMicros: number | undefined }>;
  stop(): Promise<void>;
}

/** `profiles` is a folder for a CPU profile of its whole life. */
export async function start(
  contestant: Contestant,
  databases: Databases,
  profiles?: string,
): Promise<Running> {
  const { address, pid, executions } = await databases.of(contestant.place);
  const child = spawned(contestant.name, address, profiles);
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
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      // It leaves by itself then, and a profiler has time to write.
      child.disconnect();
      await ended;
    },
  };
}

function spawned(name: string, address: string, profiles?: string): ChildProcess {
  const profiling = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
  const command = [process.execPath, ...profiling, PROGRAM, name, address];
  const [program = "", ...args] = CAN_PIN ? ["taskset", "-c", CORE, ...command] : command;
  return spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

/** Its next message, or why there will be none. */
function answersOf(child: ChildProcess, name: string): () => Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  ended.catch(() => {});
  return async () => (await Promise.race([once(child, "message"), ended]))[0];
}
