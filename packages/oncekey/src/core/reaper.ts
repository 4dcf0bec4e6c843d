/** Removes expired records now and then, for stores whose database does not do it by itself. */
import { checkInteger, checkNames } from "./check.ts";
import type { Inspector } from "./inspector.ts";
import { platform } from "./ports.ts";

export interface ReaperOptions {
  /** Between two rounds, in ms. A minute. */
  readonly everyMs?: number;
  /** Records in one statement. 1,000: a lock of a few milliseconds. */
  readonly batch?: number;
  /** Hears of rounds that failed. The next round tries again. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Reaps until it is stopped. Records do not depend on it: an expired one reads as absent whether it
 * was reaped or not, so a reaper that stands still costs space and nothing else.
 *
 * @returns a function that stops it
 */
export function startReaper(
  inspector: Pick<Inspector, "reap">,
  options: ReaperOptions = {},
): () => void {
  checkNames("startReaper()", options, ["everyMs", "batch", "onError"]);
  const everyMs = checkInteger("everyMs", options.everyMs ?? 60_000, 10, 2_147_483_647);
  const batch = checkInteger("batch", options.batch ?? 1_000, 1, 100_000);
  let stopped = false;
  let cancel = platform.later(everyMs, round);

  function round(): void {
    void reapAll().finally(() => {
      if (!stopped) cancel = platform.later(everyMs, round);
    });
  }

  async function reapAll(): Promise<void> {
    try {
      while (!stopped && (await inspector.reap(batch)) === batch);
    } catch (error) {
      options.onError?.(error);
    }
  }

  return () => {
    stopped = true;
    cancel();
  };
}
