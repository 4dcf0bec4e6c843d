/** A contestant that runs: its process, its database, and what both have used. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres, startRedis } from "local-servers";
import type { Contestant } from "./contestant.ts";
import type { Used } from "./contestant-process.ts";
import { cpuMicrosOf } from "./cpu.ts";

const PROGRAM = fileURLToPath(new URL("contestant-process.js", import.meta.url));

/** The contestant's core. Whoever asks has to keep off it. */
export const CORE = 0;

export const canPin = (): boolean =>
  availableParallelism() > 1 && spawnSync("taskset", ["-V"]).status === 0;

export interface Running {
  readonly contestant: Contestant;
  readonly port: number;
  /** With the CPU time of the database's processes: undefined where there is none, or nobody tells. */
  used(): Promise<Used & { readonly databaseMicros: number | undefined }>;
  stop(): Promise<void>;
}

interface Place {
  readonly address: string;
  /** The database's process, where it is one of its own. */
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

export async function start(contestant: Contestant): Promise<Running> {
  const place = await placeOf(contestant);
  try {
    const child = spawned(contestant.name, place.address);
    const { port } = await answer<{ port: number }>(child, contestant.name);
    return {
      ...{ contestant, port },
      async used() {
        child.send("used");
        const used = await answer<Used>(child, contestant.name);
        const databaseMicros = place.pid === undefined ? undefined : cpuMicrosOf(place.pid);
        return { ...used, databaseMicros };
      },
      async stop() {
        const ended = once(child, "exit");
        child.kill();
        await ended;
        await place.stop();
      },
    };
  } catch (error) {
    await place.stop();
    throw error;
  }
}

function spawned(name: string, address: string): ChildProcess {
  const command = [process.execPath, PROGRAM, name, address];
  const [program = "", ...args] = canPin() ? ["taskset", "-c", String(CORE), ...command] : command;
  return spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

async function answer<T>(child: ChildProcess, name: string): Promise<T> {
  const [first] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended with ${code}.`))),
  ]);
  return first as T;
}

/** A database for each, so that none is filled by another. */
async function placeOf({ place }: Contestant): Promise<Place> {
  switch (place) {
    case "none":
      return { address: "", stop: async () => {} };
    case "sqlite": {
      const directory = mkdtempSync(join(tmpdir(), "oncekey-bench-"));
      const stop = async () => rmSync(directory, { recursive: true, force: true });
      return { address: join(directory, "bench.db"), stop };
    }
    case "redis":
    case "postgres": {
      const server = await (place === "redis" ? startRedis() : startPostgres());
      return { address: server.url, pid: server.child.pid, stop: () => server.stop() };
    }
  }
}
