/** The simulated notifier: hints travel as any message does, and some are lost. */
import type { Notifier } from "oncekey";
import type { Machine } from "./machine.ts";
import { LATENCY_MS_MAX } from "./plan.ts";
import { seeded } from "./random.ts";
import type { Timeline } from "./timeline.ts";

export interface Hints {
  connect(machine: Machine): Notifier;
  changed(id: string): void;
}

/** A lost hint may cost time, and never more. */
const LOST = 0.2;

export function createHints(timeline: Timeline, seed: number): Hints {
  const random = seeded(seed, 0x417);
  const watchers = new Map<string, Set<() => void>>();

  return {
    connect: (machine) => ({
      watch(id, signal) {
        const listening = watchers.get(id) ?? new Set();
        watchers.set(id, listening);
        let hear = () => {};
        const changed = new Promise<void>((resolve) => {
          hear = () => {
            if (!listening.delete(hint)) return;
            signal.removeEventListener("abort", hear);
            resolve();
          };
        });
        const hint = () => {
          machine.post(random.between(1, LATENCY_MS_MAX), hear);
        };
        const ready = machine.sleep(random.between(1, LATENCY_MS_MAX)).then(() => {
          listening.add(hint);
          if (signal.aborted) hear();
        });
        signal.addEventListener("abort", hear);
        return { ready, changed };
      },
    }),
    changed(id) {
      for (const hint of [...(watchers.get(id) ?? [])]) {
        if (!random.chance(LOST)) timeline.after(0, hint);
      }
    },
  };
}
