/**
 * The writes that failed and must not be forgotten: tried on in the background until they land.
 *
 * A completion that is dropped leaves a known outcome in doubt; a release that is dropped blocks a
 * key. Both are fenced, so trying late can do no harm. They are bounded, because a store that is
 * down for an hour must not take the process with it.
 */
import { type Listener, shortened } from "./events.ts";
import type { Ports } from "./ports.ts";
import type { Digest } from "./record.ts";

/** A busy server fills this in a few seconds of a store's absence; a minute of it would be 64 MiB. */
const WRITES_MAX = 1_000;
const BYTES_MAX = 64 * 1024 * 1024;
/** A restart takes a second or two: soon at first, then rarely enough to cost nothing. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 15_000;

export interface Write {
  readonly id: Digest;
  readonly label: string;
  /** The verb, for the event. */
  readonly call: string;
  /** What it holds in memory. */
  readonly bytes: number;
  /** Rejects when it must be tried again. Any other end is an end. */
  attempt(): Promise<unknown>;
}

export interface Unfinished {
  /** Over the bounds, the oldest is given up, and said to be. */
  add(write: Write): void;
}

export function createUnfinished(ports: Ports, report: Listener): Unfinished {
  const writes = new Set<Write>();
  let bytes = 0;

  function remove(write: Write, type: "recovered" | "abandoned"): void {
    if (!writes.delete(write)) return;
    bytes -= write.bytes;
    report({ type, record: shortened(write.id), label: write.label, call: write.call });
  }

  function schedule(write: Write, pauseMs: number): void {
    // Half fixed, half drawn: many writes that failed together must not come back together.
    const ms = pauseMs * (0.5 + ports.random() / 2);
    ports.later(ms, () => {
      if (!writes.has(write)) return;
      write.attempt().then(
        () => remove(write, "recovered"),
        () => schedule(write, Math.min(pauseMs * 2, LAST_PAUSE_MS)),
      );
    });
  }

  return {
    add(write) {
      writes.add(write);
      bytes += write.bytes;
      for (const oldest of writes) {
        if (writes.size <= WRITES_MAX && bytes <= BYTES_MAX) break;
        remove(oldest, "abandoned");
      }
      schedule(write, FIRST_PAUSE_MS);
    },
  };
}
