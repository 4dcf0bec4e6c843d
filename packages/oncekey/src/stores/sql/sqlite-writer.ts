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
   * the lock for `patienceMs`, `busyMs` unless told; after that it is not made.
   */
  share<T>(change: (turn: Turn) => T, patienceMs?: number): Promise<T>;
  /**
   * Runs `work` in a transaction of its own on `connection`. It is committed if `work` says true,
   * and else rolled back; so it is when `work` throws, and the same error comes out again.
   */
  alone(connection: Connection, work: () => Promise<boolean>): Promise<boolean>;
}

/** One of those who wait, and until when. */
interface Waiting {
  readonly leavesAt: number;
  readonly patienceMs: number;
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

  function wake(leavesAt: number): void {
    if (leavesAt < alarmAt) setAlarm(leavesAt);
    if (isAwake) return;
    isAwake = true;
    void work();
  }

  /** While a transaction or another process holds the lock, nobody waits beyond their time. */
  function leaveLate(): void {
    const now = performance.now();
    for (const queue of [changes, transactions] as Waiting[][]) {
      const late = queue.filter(({ leavesAt }) => leavesAt <= now);
      const stay = queue.filter(({ leavesAt }) => leavesAt > now);
      queue.splice(0, queue.length, ...stay);
      for (const { reject, patienceMs: ms } of late) reject(lockedOut(ms));
    }
    setAlarm(Math.min(NEVER, ...[...changes, ...transactions].map(({ leavesAt }) => leavesAt)));
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
    share: (change, patienceMs = busyMs) =>
      new Promise((resolve, reject) => {
        const leavesAt = performance.now() + patienceMs;
        const apply = (turn: Turn) => applied(change, turn, resolve, reject);
        changes.push({ leavesAt, patienceMs, reject, apply });
        wake(leavesAt);
      }),

    alone: (own, body) =>
      new Promise((resolve, reject) => {
        const leavesAt = performance.now() + busyMs;
        const run = async () => {
          try {
            await begin(own, () => performance.now() < leavesAt);
          } catch (error) {
            reject(isLocked(error) ? lockedOut(busyMs) : unavailable(error));
            return;
          }
          await ended(own, body).then(resolve, reject);
        };
        transactions.push({ leavesAt, patienceMs: busyMs, reject, run });
        wake(leavesAt);
      }),
  };
}

const NEVER = Number.POSITIVE_INFINITY;

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
