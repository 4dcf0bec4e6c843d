/** Worker processes, hampered or not: started, and ended by their ids. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FromWorker, WorkerSettings } from "./service.ts";
import { type Order, straceArguments } from "./strace.ts";

export interface Running {
  readonly origin: string;
  readonly pid: number;
  isAlive(): boolean;
  /** SIGKILL, and whatever watched it has ended too. */
  end(): Promise<void>;
}

export interface Hampering {
  readonly log: string;
  readonly paths: readonly string[];
  readonly order?: Order | undefined;
}

const WORKER = fileURLToPath(import.meta.resolve("./worker.js"));

/** For Node to start under strace on a busy machine. */
const START_MS = 60_000;

export async function startWorker(
  settings: WorkerSettings,
  hampering?: Hampering,
  program: string = WORKER,
): Promise<Running> {
  const command = [process.execPath, program, JSON.stringify(settings)];
  const whole =
    hampering === undefined
      ? command
      : ["strace", ...straceArguments(hampering.log, hampering.paths, hampering.order), ...command];
  const [first = "", ...args] = whole;
  const child = spawn(first, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = once(child, "exit");
  ended.catch(() => {});
  const { origin, pid } = await told(child, ended);
  return {
    origin,
    pid,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async end() {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has met its end already, which is what is waited for.
      }
      await ended;
    },
  };
}

async function told(child: ChildProcess, ended: Promise<unknown>): Promise<FromWorker> {
  const settled = new AbortController();
  const { signal } = settled;
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error("A worker did not start.")), START_MS);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
  const failed = ended.then(() => {
    throw new Error("A worker ended before it was ready.");
  });
  for (const promise of [late, failed]) promise.catch(() => {});
  try {
    const message = once(child, "message", { signal });
    message.catch(() => {});
    const [first] = await Promise.race([message, late, failed]);
    return first as FromWorker;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    settled.abort();
  }
}
