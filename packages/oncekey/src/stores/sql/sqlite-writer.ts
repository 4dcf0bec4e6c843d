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

export interface Writer {
  /** Makes a change in the next shared transaction. Resolves when that is committed. */
  share<T>(change: (turn: Turn) => T): Promise<T>;
  /**
   * Runs `work` in a transaction of its own on `connection`. It is committed if `work` says true,
   * and else rolled back; so it is when `work` throws, and the same error comes out again.
   */
  alone(connection: Connection, work: () => Promise<boolean>): Promise<boolean>;
}

/** One of those who wait. All may wait equally long, so the first to come is the first to leave. */
interface Waiting {
  readonly leavesAt: number;
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

  async function work(): Promise<void> {
    do {
      await nextTurn();
      await commitChanges();
      await transactions.shift()?.run();
    } while (changes.length > 0 || transactions.length > 0);
    isAwake = false;
    clearTimeout(alarm);
    alarm = undefined;
  }

  function wake(): void {
    alarm ??= setTimeout(leaveLate, busyMs);
    if (isAwake) return;
    isAwake = true;
    void work();
  }

  /** While a transaction or another process holds the lock, nobody waits beyond their time. */
  function leaveLate(): void {
    const now = performance.now();
    const queues: readonly Waiting[][] = [changes, transactions];
    for (const queue of queues) {
      while (leavesAt(queue) <= now) queue.shift()?.reject(tooLate(busyMs));
    }
    const next = Math.min(...queues.map(leavesAt));
    alarm = next === NEVER ? undefined : setTimeout(leaveLate, next - now);
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
    share: (change) =>
      new Promise((resolve, reject) => {
        const leavesAt = performance.now() + busyMs;
        changes.push({ leavesAt, reject, apply: (turn) => applied(change, turn, resolve, reject) });
        wake();
      }),

    alone: (own, body) =>
      new Promise((resolve, reject) => {
        const leavesAt = performance.now() + busyMs;
        const run = async () => {
          try {
            await begin(own, () => performance.now() < leavesAt);
          } catch (error) {
            reject(isLocked(error) ? tooLate(busyMs) : unavailable(error));
            return;
          }
          await ended(own, body).then(resolve, reject);
        };
        transactions.push({ leavesAt, reject, run });
        wake();
      }),
  };
}

const NEVER = Number.POSITIVE_INFINITY;

function leavesAt(queue: readonly Waiting[]): number {
  return queue[0]?.leavesAt ?? NEVER;
}

/** IMMEDIATE, because a transaction that begins as a reader may find that it cannot write. */
function begin(connection: Connection, isWanted: () => boolean): Promise<void> {
  return patiently(() => connection.exec("BEGIN IMMEDIATE"), isWanted);
}

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

function tooLate(busyMs: number): StoreUnavailable {
  return new StoreUnavailable(
    `SQLite's write lock did not come free within ${busyMs} ms (busyMs).`,
  );
}

/** After the events of this turn: Node calls its immediates then, a timer elsewhere comes close. */
function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}
