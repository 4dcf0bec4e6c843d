/** Everything that this program starts or makes, and that must not outlive it, however it ends. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalServer } from "local-servers";
import type { ToWarden } from "./warden-process.ts";

const WARDEN = fileURLToPath(import.meta.resolve("./warden-process.js"));

const servers = new Set<LocalServer>();
const folders = new Set<string>();
let warden: ChildProcess | undefined;

/** A process of our own code: it ends by itself when its channel to us does. */
export function startProcess(path: string): ChildProcess {
  return fork(path, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

export const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

/** SIGKILL. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Puts a server into the warden's care, until it is stopped. */
export function guarded(server: LocalServer): LocalServer {
  servers.add(server);
  tell();
  return {
    ...server,
    async stop() {
      await server.stop();
      servers.delete(server);
      tell();
    },
  };
}

export interface Folder {
  readonly path: string;
  remove(): void;
}

export function openFolder(name: string): Folder {
  const path = mkdtempSync(join(tmpdir(), `oncekey-${name}-`));
  folders.add(path);
  tell();
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      folders.delete(path);
      tell();
    },
  };
}

/** Lets the warden go. What a failed drill has left behind, it takes with it. */
export async function dismissWarden(): Promise<void> {
  if (warden === undefined) return;
  warden.disconnect();
  await once(warden, "exit");
  warden = undefined;
}

function tell(): void {
  warden ??= startProcess(WARDEN);
  warden.send({
    pids: [...servers].flatMap(({ child }) => (isAlive(child) ? (child.pid ?? []) : [])),
    folders: [...folders, ...[...servers].map(({ directory }) => directory)],
  } satisfies ToWarden);
}
