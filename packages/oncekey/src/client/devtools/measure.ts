/**
 * Each intent as a measure of User Timing: it stands in the browser's own profile, in a track of its
 * own, and whoever watches the page's timings sees it. These leave many pages: no key is in there.
 */
import { type Intent, isBusy } from "./intent.ts";

/** The part of `performance` that we use. */
export interface Timing {
  now(): number;
  measure(name: string, options: PerformanceMeasureOptions): unknown;
}

/** Looks at all intents, whenever something has changed. */
export function createMeasures(timing: Timing): (intents: readonly Intent[]) => void {
  const begun = new Map<number, number>();
  return (intents) => {
    for (const intent of intents) {
      const { id, name, status, sends } = intent;
      const start = begun.get(id);
      if (isBusy(intent)) {
        if (start === undefined) begun.set(id, timing.now());
        continue;
      }
      if (start === undefined) continue;
      begun.delete(id);
      const replayed = sends.at(-1)?.replayed ?? null;
      const devtools = {
        ...{ dataType: "track-entry", track: "oncekey", tooltipText: `${name}: ${status}` },
        color: status === "success" ? "secondary" : "error",
      };
      const detail = { status, attempts: sends.length, replayed, devtools };
      timing.measure(`oncekey ${name}`, { start, end: timing.now(), detail });
    }
  };
}
