/** The five server processes: started, hit, healed, and stopped by their ids. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order } from "./crash.ts";
import type { FromServer, ServerSettings, ToServer } from "./server.ts";

export const PROCESSES = 5;

/** An hour fast, an hour slow, and right. */
const CLOCKS_MS = [3_600_000, -3_600_000, 0, 1_800_000, -60_000];

export interface Cluster {
  /** Where process `index` listens, 0 to 4. It has another port after it was started again. */
  origin(index: number): string;
  /** Resolves when the process has heard. */
  arm(index: number, order: Order): Promise<void>;
  /** Lets a stopped process go on. */
  resume(index: number): void;
  /** Waits for the end of a process that was killed or has left, and starts it again. */
  revive(index: number): Promise<void>;
  /** The largest resident set of the five, in bytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

interface Member {
  child: ChildProcess;
  origin: string;
}

const SERVER = fileURLToPath(import.meta.resolve("./server.js"));

export async function startCluster(
  settings: Omit<ServerSettings, "clockMs" | "waitMs">,
  waitMs: (index: number) => number,
): Promise<Cluster> {
  const start = (index: number): Promise<Member> =>
    startServer({ ...settings, waitMs: waitMs(index), clockMs: CLOCKS_MS[index] ?? 0 });
  const members = await Promise.all(Array.from({ length: PROCESSES }, (_, index) => start(index)));
  const member = (index: number): Member => {
    const found = members[index];
    if (found === undefined) throw new RangeError(`There is no process ${index}.`);
    return found;
  };
  const killAll = () => {
    for (const { child } of members) child.kill("SIGKILL");
  };
  process.once("exit", killAll);

  return {
    origin: (index) => member(index).origin,
    async arm(index, order) {
      await ask(member(index).child, { kind: "arm", order });
    },
    resume(index) {
      member(index).child.kill("SIGCONT");
    },
    async revive(index) {
      const { child } = member(index);
      if (isAlive(child)) await once(child, "exit");
      members[index] = await start(index);
    },
    async memory() {
      const replies = await Promise.all(members.map(({ child }) => ask(child, { kind: "memory" })));
      return Math.max(...replies.map((reply) => (reply.kind === "memory" ? reply.bytes : 0)));
    },
    async stop() {
      process.off("exit", killAll);
      await Promise.all(members.map(({ child }) => end(child)));
    },
  };
}

async function startServer(settings: ServerSettings): Promise<Member> {
  const child = fork(SERVER, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const reply = await ask(child, { kind: "start", settings });
  if (reply.kind !== "listening") throw new Error("A server process did not start.");
  return { child, origin: `http://127.0.0.1:${reply.port}` };
}

async function ask(child: ChildProcess, message: ToServer): Promise<FromServer> {
  const settled = new AbortController();
  const failed = once(child, "exit", { signal: settled.signal }).then(([code]) => {
    throw new Error(`A server process ended with ${code} while it was asked to ${message.kind}.`);
  });
  failed.catch(() => {});
  try {
    const answered = once(child, "message", { signal: settled.signal });
    child.send(message);
    const [reply] = await Promise.race([answered, failed]);
    return reply as FromServer;
  } finally {
    settled.abort();
  }
}

const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

async function end(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  // Also a process that is stopped: SIGKILL needs no consent.
  child.kill("SIGKILL");
  await once(child, "exit");
}
