/** The application as a worker serves it, and says where to those who started it. */
import { accessSync, existsSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Mode, StoreName } from "../chaos/cell.ts";
import { type Ground, openGround } from "../chaos/ground.ts";
import { openLedger } from "../chaos/ledger.ts";
import { createApplication, listening } from "./application.ts";
import { ANSWERING, CHECKPOINT_EACH, READY } from "./marks.ts";

/** What a process is told on its command line, as JSON. */
export interface WorkerSettings {
  readonly mode: Mode;
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
  /** A folder of marks for whoever follows the system calls; absent where nobody does. */
  readonly marks?: string;
  /** Handlers wait until there is a file of this name; absent where they need not. */
  readonly gate?: string;
}

export interface FromWorker {
  readonly origin: string;
  readonly pid: number;
}

const LOOK_MS = 5;

/** `weaken` is for tests: a sweep that finds nothing wrong with a weak store finds nothing. */
export async function serve(
  settings: WorkerSettings,
  weaken: (ground: Ground) => Ground = (ground) => ground,
): Promise<void> {
  // When the harness is gone there is nobody left to answer.
  process.once("disconnect", () => process.exit());
  const { mode, store, address, marks, gate } = settings;
  const ground = weaken(await groundOf(store, address, marks !== undefined));
  const server = createApplication(mode, ground, openLedger(settings.ledger), async () => {
    while (gate !== undefined && !existsSync(gate)) await pause(LOOK_MS);
  });
  if (marks !== undefined) server.on("connection", (socket) => markAnswers(socket, marks));
  const origin = await listening(server);
  if (marks !== undefined) accessSync(join(marks, READY));
  process.send?.({ origin, pid: process.pid } satisfies FromWorker);
}

async function groundOf(store: StoreName, address: string, isFollowed: boolean): Promise<Ground> {
  if (store !== "sqlite" || !isFollowed) return openGround(store, address);
  const { sqliteGround } = await import("../chaos/sqlite-ground.ts");
  return sqliteGround(address, CHECKPOINT_EACH);
}

/** Leaves a system call in the trace before each piece of an answer. */
function markAnswers(socket: Socket, marks: string): void {
  const write = socket.write.bind(socket) as (...values: unknown[]) => boolean;
  const marked = (...values: unknown[]): boolean => {
    accessSync(join(marks, ANSWERING));
    return write(...values);
  };
  socket.write = marked as typeof socket.write;
}
