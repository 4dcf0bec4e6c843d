/**
 * The ledger: what really happened, in a file that no store knows of.
 *
 * Every client can get the same answer while the effect happened twice, so effects are counted and
 * never inferred. A line is on the disk before the handler goes on; lines of several processes do
 * not mix, since each is one append.
 */
import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";

export interface Entry {
  /** `run`: a handler started. `effect`: it did what it is there for. */
  readonly what: "run" | "effect";
  /** Which process it was, counted from 1. */
  readonly instance: number;
  /** `null` where nothing protects the handler, or the deck's lock alone does. */
  readonly token: number | null;
  readonly dish: string;
}

export interface Ledger {
  append(entry: Entry): void;
}

export function openLedger(path: string): Ledger {
  const file = openSync(path, "a");
  return {
    append(entry) {
      writeSync(file, `${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    },
  };
}

/** Forgets everything. Who has it open goes on appending, now at its beginning. */
export function clearLedger(path: string): void {
  truncateSync(path);
}

/** Makes an empty ledger. */
export function createLedger(path: string): void {
  closeSync(openSync(path, "w"));
}

export function readLedger(path: string): Entry[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Entry);
}
