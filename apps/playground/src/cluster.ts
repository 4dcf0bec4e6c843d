/** The API processes: started, known by their ports, killed, frozen, and stopped by their ids. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ApiSettings, Said } from "./api.ts";
import type { Happening } from "./happening.ts";

export interface Instance {
  readonly instance: number;
  readonly pid: number;
  readonly origin: string;
}

export interface Cluster {
  /** Those that live, a frozen one included: whoever asks it learns that by its silence. */
  instances(): readonly Instance[];
  kill(instance: number): void;
  freeze(instance: number): void;
  wake(instance: number): void;
  stop(): Promise<void>;
}

interface Slot {
  child: ChildProcess;
  origin: string | undefined;
}

const API = fileURLToPath(import.meta.resolve("./api.js"));
/** Long enough to be seen dead, and short enough that four are not tired out. */
const RESTART_MS = 1_500;

export async function startCluster(
  size: number,
  settings: Omit<ApiSettings, "instance">,
  tell: (happening: Happening) => void,
): Promise<Cluster> {
  const slots: Slot[] = [];
  let isStopping = false;

  const start = async (index: number): Promise<void> => {
    const instance = index + 1;
    const child = fork(API, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const slot: Slot = { child, origin: undefined };
    slots[index] = slot;
    const pid = child.pid ?? 0;
    child.on("message", (said: Said) => {
      if ("happening" in said) tell(said.happening);
    });
    child.once("exit", () => {
      const wasServing = slot.origin !== undefined;
      slot.origin = undefined;
      if (isStopping || !wasServing) return;
      tell({ what: "killed", instance, pid });
      setTimeout(() => {
        if (!isStopping) start(index).catch((error: unknown) => console.error(error));
      }, RESTART_MS).unref();
    });
    child.send({ ...settings, instance });
    slot.origin = `http://127.0.0.1:${await portOf(child, instance)}`;
    tell({ what: "started", instance, pid });
  };
  const signal = (instance: number, name: NodeJS.Signals): number | undefined => {
    const slot = slots[instance - 1];
    return slot?.origin !== undefined && slot.child.kill(name) ? slot.child.pid : undefined;
  };
  const stop = async () => {
    isStopping = true;
    await Promise.all(slots.map(({ child }) => end(child)));
  };

  try {
    await Promise.all(Array.from({ length: size }, (_, index) => start(index)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    instances: () =>
      slots.flatMap(({ child, origin }, index) =>
        origin === undefined ? [] : [{ instance: index + 1, pid: child.pid ?? 0, origin }],
      ),
    kill(instance) {
      signal(instance, "SIGKILL");
    },
    freeze(instance) {
      const pid = signal(instance, "SIGSTOP");
      if (pid !== undefined) tell({ what: "frozen", instance, pid });
    },
    wake(instance) {
      const pid = signal(instance, "SIGCONT");
      if (pid !== undefined) tell({ what: "woken", instance, pid });
    },
    stop,
  };
}

async function portOf(child: ChildProcess, instance: number): Promise<number> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`API process ${instance} ended with ${code} at its start.`);
  });
  failed.catch(() => {}); // Heard above, while it starts; later it is no failure of a start.
  for (;;) {
    const [said] = (await Promise.race([once(child, "message"), failed])) as [Said];
    if ("port" in said) return said.port;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // A frozen one hears nothing until it is woken.
  child.kill("SIGCONT");
  child.kill("SIGTERM");
  await once(child, "exit");
}
