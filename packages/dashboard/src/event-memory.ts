/**
 * The last events of this process, in a ring: what the live stream, the timelines and the plots are
 * made of. A store keeps what became of a key, and not what was said on the way.
 *
 * Only words and numbers that are known to be harmless are taken out of an event. An error is kept
 * as its name, because a message may hold anything.
 */
import type { OncekeyEvent } from "oncekey";

export interface SeenEvent {
  /** Counts up from 1 within this process. */
  readonly number: number;
  /** This process's clock, in ms. The store's own clock may say something else. */
  readonly at: number;
  readonly type: string;
  /** The first 12 hex digits of the record's address. */
  readonly record?: string;
  readonly label: string;
  readonly attempt?: number;
  readonly happened?: boolean;
  readonly call?: string;
  readonly reason?: string;
  readonly error?: string;
  /** How long a duplicate waited, and how long a handler ran, in ms. */
  readonly waitedMs?: number;
  readonly ranMs?: number;
}

/** Events of these types are kept. Others are of a release that this page does not know yet. */
const KNOWN: ReadonlySet<string> = new Set([
  ...["claimed", "renewed", "completed", "released", "gave-up", "rolled-back", "superseded"],
  ...["replayed", "in-flight", "in-doubt", "mismatch", "reconciled", "lease-lost"],
  ...["store-failed", "record-corrupt", "not-recorded", "recovered", "abandoned"],
  ...["reconcile-failed", "handler-failed", "ran-unprotected", "scope-unresolved"],
]);

export interface EventMemory {
  /** Never throws: it is called in the middle of a request. */
  readonly add: (event: OncekeyEvent) => void;
  /** What came after the event of this number, the oldest first. */
  since(number: number): readonly SeenEvent[];
  /** Of one record, the oldest first. */
  about(id: string): readonly SeenEvent[];
  /** The numbers of the newest event and of the oldest one that is still there. */
  readonly newest: number;
  readonly oldest: number;
  /** Calls after each event, until the returned function is called. */
  watch(listener: (event: SeenEvent) => void): () => void;
}

/** What stands in an event instead of a record's address (`oncekey`'s events). */
const SHORT_DIGITS = 12;

export function createEventMemory(capacity: number): EventMemory {
  const ring: SeenEvent[] = [];
  const listeners = new Set<(event: SeenEvent) => void>();
  let newest = 0;
  const oldest = () => newest - ring.length + 1;

  function inOrder(from: number): SeenEvent[] {
    const events: SeenEvent[] = [];
    for (let number = Math.max(from, oldest()); number <= newest; number++) {
      const event = ring[(number - 1) % capacity];
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  return {
    add(event) {
      if (!KNOWN.has(event.type)) return;
      newest += 1;
      const seen = seenOf(event, newest);
      ring[(newest - 1) % capacity] = seen;
      for (const listener of listeners) listener(seen);
    },
    since: (number) => inOrder(number + 1),
    about: (id) => inOrder(0).filter(({ record }) => record === id.slice(0, SHORT_DIGITS)),
    get newest() {
      return newest;
    },
    get oldest() {
      return oldest();
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function seenOf(event: OncekeyEvent, number: number): SeenEvent {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  const { label, record, attempt, happened, call, reason, error, waitedMs, ranMs } = fields;
  return {
    number,
    at: Date.now(),
    type: event.type,
    label: typeof label === "string" ? label : "",
    ...(typeof record === "string" ? { record } : {}),
    ...(typeof attempt === "number" ? { attempt } : {}),
    ...(typeof happened === "boolean" ? { happened } : {}),
    ...(typeof call === "string" ? { call } : {}),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof waitedMs === "number" ? { waitedMs } : {}),
    ...(typeof ranMs === "number" ? { ranMs } : {}),
    ...(error === undefined ? {} : { error: error instanceof Error ? error.name : typeof error }),
  };
}
