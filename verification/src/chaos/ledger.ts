/**
 * The ledger: what really happened, in a file that no store knows of.
 *
 * Every client can get the same answer while the effect happened twice, so effects are counted and
 * never inferred. A line is one append, so lines of several processes do not mix.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";

interface Noted {
  readonly round: string;
  readonly pid: number;
  /** Milliseconds of the machine's monotonic clock: the same in all processes. */
  readonly at: number;
}

export interface Effect extends Noted {
  readonly what: "effect";
  /** The principal and the amount that the handler saw. */
  readonly guest: string;
  readonly amount: number;
  readonly token: number;
  readonly attempt: number;
  readonly derived: string;
}

export type Entry =
  | Effect
  /** The process is about to be hit. */
  | (Noted & { readonly what: "hit" })
  /** The store has said that the record is completed under this token. */
  | (Noted & { readonly what: "kept"; readonly token: number })
  /** What the library reported of an owner that fell behind. */
  | (Noted & { readonly what: "lease-lost" | "superseded" });

/** `Omit` over each member of the union. */
type Unstamped<E> = E extends unknown ? Omit<E, "pid" | "at"> : never;

export interface Ledger {
  /** Written, and not yet safe. */
  write(entry: Unstamped<Entry>): void;
  /** All that was written is on the disk. */
  sync(): void;
  close(): void;
}

export const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

export function openLedger(path: string): Ledger {
  const file = openSync(path, "a");
  return {
    write(entry) {
      writeSync(file, `${JSON.stringify({ ...entry, pid: process.pid, at: now() })}\n`);
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

export interface LedgerReader {
  /** The lines since the last call. */
  news(): readonly Entry[];
  close(): void;
}

/** Makes the file if there is none. */
export function readLedger(path: string): LedgerReader {
  const file = openSync(path, "a+");
  let position = 0;
  return {
    news() {
      const bytes = Buffer.alloc(fstatSync(file).size - position);
      const length = readSync(file, bytes, 0, bytes.length, position);
      const text = bytes.toString("utf8", 0, length);
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      position += Buffer.byteLength(whole);
      return whole
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Entry);
    },
    close: () => closeSync(file),
  };
}
