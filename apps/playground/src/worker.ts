/** One process of ours: forked, known by its ports, and started again when it dies. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Happening } from "./happening.ts";

/** What a process says to its parent. */
export type Said =
  | { readonly ports: Readonly<Record<string, number>> }
  | { readonly happening: Happening };

export interface Worker {
  readonly pid: number;
  /** By the names that it gave its ports. Undefined while it is not there. */
  origin(name: string): string | undefined;
  /** False: it is not there. */
  signal(name: NodeJS.Signals): boolean;
  stop(): Promise<void>;
}

interface Part {
  readonly script: string;
  /** What it is told at its start. */
  readonly settings: object;
  /** How people call it. */
  readonly name: number | "gateway";
  tell(happening: Happening): void;
}

/** Long enough to be seen dead, and short enough that four are not tired out. */
const RESTART_MS = 1_500;

export async function startWorker({ script, settings, name, tell }: Part): Promise<Worker> {
  let child: ChildProcess;
  let ports: Readonly<Record<string, number>> | undefined;
  let isStopping = false;

  const start = async (): Promise<void> => {
    const started = fork(script, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child = started;
    const pid = started.pid ?? 0;
    started.on("message", (said: Said) => {
      if ("happening" in said) tell(said.happening);
    });
    started.once("exit", () => {
      const wasServing = ports !== undefined;
      ports = undefined;
      if (isStopping || !wasServing) return;
      tell({ what: "killed", instance: name, pid });
      setTimeout(() => {
        if (isStopping) return;
        start().catch((error: unknown) => {
          if (!isStopping) console.error(error);
        });
      }, RESTART_MS).unref();
    });
    started.send(settings);
    ports = await portsOf(started, name);
    tell({ what: "started", instance: name, pid });
  };
  await start();
  return {
    get pid() {
      return child.pid ?? 0;
    },
    origin(name) {
      const port = ports?.[name];
      return port === undefined ? undefined : `http://127.0.0.1:${port}`;
    },
    signal: (name) => ports !== undefined && child.kill(name),
    async stop() {
      isStopping = true;
      await end(child);
    },
  };
}

async function portsOf(
  child: ChildProcess,
  name: Part["name"],
): Promise<Readonly<Record<string, number>>> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`Process ${name} ended with ${code} at its start.`);
  });
  failed.catch(() => {}); // Heard above, while it starts; later it is no failure of a start.
  for (;;) {
    const [said] = (await Promise.race([once(child, "message"), failed])) as [Said];
    if ("ports" in said) return said.ports;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // A frozen one hears nothing until it is woken.
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** For the process itself. Resolves when the parent has it: who is about to be killed has said its last. */
export const say = (said: Said): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(said, undefined, undefined, () => resolve());
  });

/** For the process itself: begins with the settings, and ends with its parent. */
export function whenTold<Settings>(begin: (settings: Settings) => Promise<void>): void {
  process.once("message", (settings: Settings) => {
    begin(settings).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  // When the parent is gone there is nobody left to answer.
  process.once("disconnect", () => process.exit());
}
