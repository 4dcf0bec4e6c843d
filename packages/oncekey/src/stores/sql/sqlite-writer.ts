/**
 * Whoever writes in this process: SQLite lets one connection write at a time.
 *
 * A commit waits for the disk, and costs the same for one record as for a hundred. So all changes
 * that were asked for in one turn of the event loop share one. The application's transactions
 * take the lock in turns with them, never two in a row: claims and renewals must not wait for a
 * whole queue of handlers. Whoever waits longer than `busyMs` is told so, and does not write.
 */
import { RecordCorrupt, StoreUnavailable } from "../../core/errors.ts";
import { answered, type Connection, isLocked, unavailable } from "./sqlite-client.ts";
import { patiently } from "./sqlite-lock.ts";
import type { Records, Turn } from "./sqlite-records.ts";

/** The lock did not come free in time, and nothing was written. */
export class LockedOut extends StoreUnavailable {}

export interface Writer {
  /**
   * Makes a change in the next shared transaction. Resolves when that is committed. It waits for
   * `busyMs`; where `heldMs` is given, also no longer than that for a lock that one transaction
   * holds all the time. After that it is not made, and `LockedOut` is thrown.
   */
  share<T>(change: (turn: Turn) => T, heldMs?: number): Promise<T>;
  /**
   * Runs `work` in a transaction of its own on `connection`. It is committed if `work` says true,
   * and else rolled back; so it is when `work` throws, and the same error comes out again.
   */
  alone(connection: Connection, work: () => Promise<boolean>): Promise<boolean>;
}

/** One of those who wait, since when, and for how long. */
interface Waiting {
  readonly since: number;
  /** For a lock that is held without a break, by a transaction or by another process. */
  readonly heldMs: number;
  reject(error: unknown): void;
}

interface Change extends Waiting {
  /** Writes, and returns how its caller is told, once all is committed. */
  apply(turn: Turn): () => void;
}

interface Transaction extends Waiting {
  run(): Promise<void>;
}

/** A transaction of so many is still a matter of milliseconds; the rest goes into the next turn. */
const CHANGES_MAX = 1000;

export function createWriter(connection: Connection, records: Records, busyMs: number): Writer {
  const changes: Change[] = [];
  const transactions: Transaction[] = [];
  let isAwake = false;
  let alarm: ReturnType<typeof setTimeout> | undefined;
  let alarmAt = NEVER;
  /** Since when nobody here could write; undefined while the lock was there for the asking. */
  let heldSince: number | undefined;

  async function work(): Promise<void> {
    do {
      await nextTurn();
      await commitChanges();
      await transactions.shift()?.run();
    } while (changes.length > 0 || transactions.length > 0);
    isAwake = false;
    setAlarm(NEVER);
  }

  function setAlarm(at: number): void {
    clearTimeout(alarm);
    alarmAt = at;
    alarm = at === NEVER ? undefined : setTimeout(leaveLate, at - performance.now());
  }

  function leavesAt({ since, heldMs }: Waiting): number {
    const atTheLatest = since + busyMs;
    if (heldSince === undefined) return atTheLatest;
    return Math.min(atTheLatest, Math.max(since, heldSince) + heldMs);
  }

  function attend(): void {
    setAlarm(Math.min(NEVER, ...[...changes, ...transactions].map(leavesAt)));
  }

  /** A queue alone holds nobody up for long: only a lock that is not to be had counts. */
  function hold(): void {
    if (heldSince !== undefined) return;
    heldSince = performance.now();
    attend();
  }

  function wake(waiting: Waiting): void {
    if (leavesAt(waiting) < alarmAt) setAlarm(leavesAt(waiting));
    if (isAwake) return;
    isAwake = true;
    void work();
  }

  /** While a transaction or another process holds the lock, nobody waits beyond their time. */
  function leaveLate(): void {
    const now = performance.now();
    for (const queue of [changes, transactions] as Waiting[][]) {
      const late = queue.filter((waiting) => leavesAt(waiting) <= now);
      const stay = queue.filter((waiting) => leavesAt(waiting) > now);
      queue.splice(0, queue.length, ...stay);
      for (const { reject, heldMs } of late) reject(lockedOut(Math.min(heldMs, busyMs)));
    }
    attend();
  }

  /** IMMEDIATE, because a transaction that begins as a reader may find that it cannot write. */
  async function begin(own: Connection, isWanted: () => boolean): Promise<void> {
    await patiently(() => {
      try {
        own.exec("BEGIN IMMEDIATE");
      } catch (error) {
        if (isLocked(error)) hold();
        throw error;
      }
    }, isWanted);
    heldSince = undefined;
  }

  async function commitChanges(): Promise<void> {
    if (changes.length === 0) return;
    try {
      await begin(connection, () => changes.length > 0);
    } catch (error) {
      // If it is still locked, they have all left. Whoever came in this moment tries anew.
      if (isLocked(error)) return;
      for (const { reject } of changes.splice(0)) reject(unavailable(error));
      return;
    }
    const group = changes.splice(0, CHANGES_MAX);
    try {
      const turn = records.turn();
      const told = group.map((change) => change.apply(turn));
      turn.end();
      connection.exec("COMMIT");
      for (const tell of told) tell();
    } catch (error) {
      connection.rollBack();
      for (const { reject } of group) reject(unavailable(error));
    }
  }

  return {
    share: (change, heldMs = busyMs) =>
      new Promise((resolve, reject) => {
        const apply = (turn: Turn) => applied(change, turn, resolve, reject);
        const waiting = { since: performance.now(), heldMs, reject, apply };
        changes.push(waiting);
        wake(waiting);
      }),

    alone: (own, body) =>
      new Promise((resolve, reject) => {
        const since = performance.now();
        const run = async () => {
          try {
            await begin(own, () => performance.now() < since + busyMs);
          } catch (error) {
            reject(isLocked(error) ? lockedOut(busyMs) : unavailable(error));
            return;
          }
          hold();
          await ended(own, body).then(resolve, reject);
          heldSince = undefined;
        };
        const waiting = { since, heldMs: busyMs, reject, run };
        transactions.push(waiting);
        wake(waiting);
      }),
  };
}

const NEVER = Number.POSITIVE_INFINITY;

async function ended(connection: Connection, work: () => Promise<boolean>): Promise<boolean> {
  try {
    const isKept = await work();
    if (isKept) answered(() => connection.exec("COMMIT"));
    else connection.rollBack();
    return isKept;
  } catch (error) {
    connection.rollBack();
    throw error;
  }
}

/** Makes a change, and returns how its caller is told. */
function applied<T>(
  change: (turn: Turn) => T,
  turn: Turn,
  resolve: (answer: T) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const answer = change(turn);
    return () => resolve(answer);
  } catch (error) {
    // One damaged record is no reason to fail the others: nothing was written for it.
    if (error instanceof RecordCorrupt) return () => reject(error);
    throw error;
  }
}

/** After the events of this turn: Node calls its immediates then, a timer elsewhere comes close. */
function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}

const lockedOut = (ms: number): LockedOut =>
  new LockedOut(`SQLite's write lock did not come free within ${ms} ms (busyMs).`);
