/** The five API processes: started, known by their ports, and stopped by their ids. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ApiSettings } from "./api.ts";

export interface Instance {
  readonly instance: number;
  readonly origin: string;
}

export interface Cluster {
  readonly instances: readonly Instance[];
  stop(): Promise<void>;
}

const API = fileURLToPath(import.meta.resolve("./api.js"));

export async function startCluster(
  size: number,
  settings: Omit<ApiSettings, "instance">,
): Promise<Cluster> {
  const children = Array.from({ length: size }, () =>
    fork(API, { stdio: ["ignore", "ignore", "inherit", "ipc"] }),
  );
  const stop = async () => {
    await Promise.all(children.map(end));
  };
  try {
    const starting = children.map(async (child, index): Promise<Instance> => {
      const instance = index + 1;
      child.send({ ...settings, instance });
      return { instance, origin: `http://127.0.0.1:${await portOf(child, instance)}` };
    });
    return { instances: await Promise.all(starting), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function portOf(child: ChildProcess, instance: number): Promise<number> {
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`API process ${instance} ended with ${code} at its start.`);
  });
  const [message] = await Promise.race([once(child, "message"), failed]);
  return (message as { readonly port: number }).port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
