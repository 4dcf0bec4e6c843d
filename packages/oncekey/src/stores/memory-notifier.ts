/** Wakes the waiters of this process: its store is the only place where a record can change. */
import type { Notifier } from "../core/notifier.ts";
import type { Digest } from "../core/record.ts";

/** `wake` tells every watcher of a record that it may have changed. */
export function createNotifier(): { notifier: Notifier; wake(id: Digest): void } {
  const watchers = new Map<Digest, Set<() => void>>();

  const notifier: Notifier = {
    watch: (id, signal) => ({ ready: Promise.resolve(), changed: changed(id, signal) }),
  };
  return { notifier, wake };

  function wake(id: Digest): void {
    for (const end of watchers.get(id) ?? []) end();
  }

  function changed(id: Digest, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const others = watchers.get(id) ?? new Set();
      watchers.set(id, others.add(end));
      signal.addEventListener("abort", end);

      function end(): void {
        signal.removeEventListener("abort", end);
        others.delete(end);
        if (others.size === 0) watchers.delete(id);
        resolve();
      }
    });
  }
}
