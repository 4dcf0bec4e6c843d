/** Times a read of the store, once a second, while somebody looks and only then. */
import { performance } from "node:perf_hooks";
import type { Inspector } from "oncekey";

const EVERY_MS = 1_000;

/** An address that no record has. */
const NOWHERE = "0".repeat(64);

/** Calls `timed` with milliseconds. The returned function ends it. A read that fails has no time. */
export function startProbe(
  inspector: Pick<Inspector, "get">,
  isWatched: () => boolean,
  timed: (ms: number) => void,
): () => void {
  let isAsking = false;
  const timer = setInterval(() => {
    // One at a time: a slow store is not to be asked more often for being slow.
    if (isAsking || !isWatched()) return;
    isAsking = true;
    const begun = performance.now();
    inspector
      .get(NOWHERE)
      .then(() => timed(performance.now() - begun))
      .catch(() => {})
      .finally(() => {
        isAsking = false;
      });
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
