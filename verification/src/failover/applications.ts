/** The application processes: the one that owns first, and the one that duplicates go to. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ApplicationSettings, FromApplication, ToApplication } from "./application.ts";
import { endProcess, isAlive, startProcess } from "./children.ts";

export interface Application {
  readonly origin: string;
  /** From now on its handlers stand still after their effect. */
  hold(): Promise<void>;
  goOn(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  isAlive(): boolean;
}

const PROCESS = fileURLToPath(import.meta.resolve("./application.js"));

export async function startApplication(settings: ApplicationSettings): Promise<Application> {
  const child = startProcess(PROCESS);
  const { port } = await ask(child, { kind: "start", settings });
  return {
    origin: `http://127.0.0.1:${port}`,
    isAlive: () => isAlive(child),
    hold: async () => void (await ask(child, { kind: "hold" })),
    goOn: async () => void (await ask(child, { kind: "go-on" })),
    kill: () => endProcess(child),
  };
}

async function ask(child: ChildProcess, message: ToApplication): Promise<FromApplication> {
  const settled = new AbortController();
  const failed = once(child, "exit", { signal: settled.signal }).then(([code]) => {
    throw new Error(`An application ended with ${code} while it was told to ${message.kind}.`);
  });
  failed.catch(() => {});
  try {
    const answered = once(child, "message", { signal: settled.signal });
    child.send(message);
    const [reply] = await Promise.race([answered, failed]);
    return reply as FromApplication;
  } finally {
    settled.abort();
  }
}
