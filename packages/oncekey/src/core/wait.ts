/**
 * Waiters: duplicates that wait for the owner, woken early or claiming again at intervals.
 *
 * The waiters of one key in one process share a room and one question to the store, so a thousand
 * of them cost what one costs. One of them asks for all: if it is given the record, it runs and the
 * rest wait for it; if there is an answer, all have it. A waiter never touches what it waits for.
 */
import type { Notifier, Watch } from "./notifier.ts";
import type { Cancel, Ports } from "./ports.ts";
import type { Digest } from "./record.ts";
import type { Claim, ClaimRequest } from "./store.ts";
import { judge } from "./verdict.ts";

/** More than any person's impatience makes, and few enough to hold open. */
const WAITERS_PER_KEY = 100;
/** At a few KiB each: a few MiB of a process. */
const WAITERS_PER_PROCESS = 1_000;

/** Without a notifier: soon at first, for short handlers, then twice a second. */
const FIRST_INTERVAL_MS = 50;
const LAST_INTERVAL_MS = 500;
/** With one: only a dead owner is found this way, since nobody announces it. */
const FALLBACK_INTERVAL_MS = 1_000;

/** A claim, and when it was asked for by `ports.now()`: its lease is at least as old as that. */
export interface Asked {
  readonly claim: Claim;
  readonly askedAt: number;
}

export interface Waiting {
  /**
   * A claim that is not "in flight" any more, or undefined: the wait is over, too many wait, or
   * the waiter's client has gone (`onGone`). Rejects as a claim does.
   */
  wait(request: ClaimRequest, waitMs: number, onGone?: OnGone): Promise<Asked | undefined>;
}

/** Registers what to call when the waiter's client has gone; the returned function forgets it. */
export type OnGone = (call: () => void) => Cancel;

interface Waiter {
  readonly request: ClaimRequest;
  settle(asked: Asked | undefined): void;
  fail(error: unknown): void;
}

interface Room {
  readonly waiters: Set<Waiter>;
  /** The one that asks for all. It must not leave before it has its answer. */
  asking: Waiter | undefined;
  readonly closed: AbortController;
}

export function createWaiting(
  claim: (request: ClaimRequest) => Promise<Asked>,
  notifier: Notifier | undefined,
  ports: Ports,
): Waiting {
  const rooms = new Map<Digest, Room>();
  let waiting = 0;

  function roomFor(id: Digest): Room {
    const room = rooms.get(id);
    if (room !== undefined) return room;
    const created: Room = {
      waiters: new Set(),
      asking: undefined,
      closed: new AbortController(),
    };
    rooms.set(id, created);
    return created;
  }

  function leave(id: Digest, room: Room, waiter: Waiter): void {
    if (!room.waiters.delete(waiter)) return;
    waiting--;
    if (room.waiters.size > 0) return;
    rooms.delete(id);
    room.closed.abort();
  }

  /** Asks for everybody in the room, and settles whom the answer concerns. */
  async function ask(room: Room): Promise<void> {
    const [asking] = room.waiters;
    if (asking === undefined) return;
    room.asking = asking;
    try {
      const asked = await claim(asking.request);
      if (asked.claim.outcome === "claimed") return asking.settle(asked);
      for (const waiter of [...room.waiters]) {
        const verdict = judge(asked.claim, waiter.request.fingerprint);
        if (verdict.kind !== "in-flight") waiter.settle(asked);
      }
    } catch (error) {
      for (const waiter of [...room.waiters]) waiter.fail(error);
    } finally {
      room.asking = undefined;
    }
  }

  async function attend(id: Digest, room: Room): Promise<void> {
    const { signal } = room.closed;
    let intervalMs = notifier === undefined ? FIRST_INTERVAL_MS : FALLBACK_INTERVAL_MS;
    let watch: Watch | undefined;
    while (room.waiters.size > 0) {
      const interval = timed(ports, intervalMs * (0.75 + ports.random() / 2), signal);
      let hinted = false;
      if (notifier === undefined) {
        await interval;
        intervalMs = Math.min(intervalMs * 1.5, LAST_INTERVAL_MS);
      } else if (watch === undefined) {
        // The change may have come before anybody listened: so ask once as soon as somebody does.
        watch = notifier.watch(id, signal);
        await Promise.race([watch.ready, interval]);
      } else {
        const changed = watch.changed.then(() => {
          hinted = true;
          watch = undefined;
        });
        await Promise.race([changed, interval]);
      }
      await ask(room);
      // A hint without news, such as a broken connection's: not again at once, and for ever.
      if (hinted && room.waiters.size > 0) await timed(ports, FIRST_INTERVAL_MS, signal);
    }
  }

  return {
    wait(request, waitMs, onGone) {
      const room = roomFor(request.id);
      const isFirst = room.waiters.size === 0;
      if (room.waiters.size >= WAITERS_PER_KEY || waiting >= WAITERS_PER_PROCESS) {
        if (isFirst) rooms.delete(request.id);
        return Promise.resolve(undefined);
      }
      return new Promise((resolve, reject) => {
        const end = () => {
          cancel();
          forget?.();
          leave(request.id, room, waiter);
        };
        const waiter: Waiter = {
          request,
          settle(answer) {
            end();
            resolve(answer);
          },
          fail(error) {
            end();
            reject(error);
          },
        };
        // Whoever is asking may be given the record: to leave then would strand it.
        const stop = () => {
          if (room.asking !== waiter) waiter.settle(undefined);
          else cancel = ports.after(FIRST_INTERVAL_MS, stop);
        };
        let cancel = ports.after(waitMs, stop);
        const forget = onGone?.(stop);
        room.waiters.add(waiter);
        waiting++;
        if (isFirst) void attend(request.id, room);
      });
    },
  };
}

/** Resolves after `ms`, or when the signal fires. */
function timed(ports: Ports, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = ports.after(ms, end);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}
