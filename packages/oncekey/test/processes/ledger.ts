/**
 * What happened, in a file that only grows: effects are counted here and nowhere else, since a
 * store that lost one would not tell.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

export interface Entry {
  /** A handler has started, or has had its effect. */
  readonly what: "run" | "effect";
  readonly key: string;
  readonly token: number;
  readonly attempt: number;
  readonly pid: number;
}

/** An effect is on the disk when this returns: whatever kills the process then, it happened. */
export function write(file: string, entry: Entry): void {
  // For appending: the lines of several processes stand one after the other, each whole.
  const descriptor = openSync(file, "a");
  writeSync(descriptor, `${JSON.stringify(entry)}\n`);
  if (entry.what === "effect") fsyncSync(descriptor);
  closeSync(descriptor);
}

export function read(file: string): readonly Entry[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Entry);
}
