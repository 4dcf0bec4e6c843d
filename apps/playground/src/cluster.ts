/** The API processes: known by their ports, killed, frozen, and stopped by their ids. */
import { fileURLToPath } from "node:url";
import type { ApiSettings } from "./api.ts";
import type { Happening } from "./happening.ts";
import { startWorker, type Worker } from "./worker.ts";

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

const API = fileURLToPath(import.meta.resolve("./api.js"));

export async function startCluster(
  size: number,
  settings: Omit<ApiSettings, "instance">,
  tell: (happening: Happening) => void,
): Promise<Cluster> {
  const starting = Array.from({ length: size }, (_, index) => {
    const instance = index + 1;
    return startWorker({
      ...{ script: API, settings: { ...settings, instance }, name: instance, tell },
    });
  });
  const stop = async (): Promise<void> => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((one) => one.status === "fulfilled" && one.value.stop()));
  };
  let workers: readonly Worker[];
  try {
    workers = await Promise.all(starting);
  } catch (error) {
    await stop();
    throw error;
  }
  const signal = (instance: number, name: NodeJS.Signals): number | undefined => {
    const worker = workers[instance - 1];
    return worker?.signal(name) ? worker.pid : undefined;
  };
  return {
    instances: () =>
      workers.flatMap((worker, index) => {
        const origin = worker.origin("orders");
        return origin === undefined ? [] : [{ instance: index + 1, pid: worker.pid, origin }];
      }),
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
