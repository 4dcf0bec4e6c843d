/**
 * Outlives the harness by a moment: ends the servers that it started, and removes their folders.
 *
 * A harness that is killed can clean up nothing, and a database server does not notice.
 */
import { rmSync } from "node:fs";

export interface ToWarden {
  /** What is there now: all of it, each time. */
  readonly pids: readonly number[];
  readonly folders: readonly string[];
}

let left: ToWarden = { pids: [], folders: [] };

process.on("message", (message: ToWarden) => {
  left = message;
});
// A signal to the whole group is meant for the harness: what it leaves is why this is here.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => {
  for (const pid of left.pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  // The last of a server's children may be writing yet.
  const patience = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  for (const folder of left.folders) rmSync(folder, patience);
  process.exit();
});
