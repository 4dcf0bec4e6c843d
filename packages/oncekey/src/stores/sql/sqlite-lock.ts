/** Waits for a lock of another connection without stopping the process: SQLite only can spin. */
import { isLocked } from "./sqlite-client.ts";

/** About the length of a commit: whoever holds the lock is likely to be done by then. */
const PAUSE_MS_MIN = 1;

/** Long enough to cost nothing, short enough that a free lock is not left lying. */
const PAUSE_MS_MAX = 20;

/**
 * Tries again, at growing intervals, while a lock is in the way and `isWanted` says so. Throws
 * what the last attempt threw.
 */
export async function patiently<T>(attempt: () => T, isWanted: () => boolean): Promise<T> {
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    try {
      return attempt();
    } catch (error) {
      if (!isLocked(error)) throw error;
      // Not the same for all, or two processes that met once would meet at every step.
      await pause(pauseMs * (0.5 + Math.random()));
      if (!isWanted()) throw error;
    }
  }
}

/** True until `ms` have gone by. */
export function within(ms: number): () => boolean {
  const endsAt = performance.now() + ms;
  return () => performance.now() < endsAt;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
