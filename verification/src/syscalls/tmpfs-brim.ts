/**
 * SQLite on a small file system in memory. Only for a process that has mount points of its own:
 * they are gone with it, however it ends.
 */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Brim } from "./brim.ts";
import { damageOf } from "./damage.ts";

/** Less than SQLite's log grows to before it is moved into the file: each commit needs new room. */
const SIZE = "3m";
const PIECES = [64 * 1024, 4 * 1024];

export function tmpfsBrim(folder: string): Brim {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "oncekey", folder]);
  const address = join(folder, "oncekey.db");
  const ballast = openSync(join(folder, "ballast"), "w");
  return {
    store: "sqlite",
    address,
    async fill() {
      for (const size of PIECES) while (fits(ballast, size));
    },
    async relieve() {
      ftruncateSync(ballast, 0);
    },
    damage: () => damageOf(address),
    async stop() {
      closeSync(ballast);
    },
  };
}

/** A part of it may have found room: then the rest did not. */
function fits(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) === bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
