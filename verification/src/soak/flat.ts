/** What a process holds at rest, and whether it holds more and more. */

export interface Reading {
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Timers, sockets and all else that keeps the event loop busy. */
  readonly handles: number;
  /** Open descriptors: files, sockets, connections to the database. */
  readonly files: number;
}

export interface Gauge {
  readonly name: keyof Reading;
  /** The median of the first half and that of the second, warming up left out. */
  readonly early: number;
  readonly late: number;
  readonly isFlat: boolean;
}

/** Caches fill and code is compiled at first. */
const WARMING_UP = 0.2;

/**
 * How much more may be held in the end than before, as a share and as a number: less than the one
 * is what the last requests left behind, less than the other is small change, such as a pool that
 * takes one connection more. What leaks with each request is more than both after some thousands.
 */
const SLACK: Readonly<Record<keyof Reading, { readonly share: number; readonly most: number }>> = {
  heapBytes: { share: 0.1, most: 2 * 2 ** 20 },
  // The system gives it back when it likes: only a runaway is told from it.
  residentBytes: { share: 0.5, most: 64 * 2 ** 20 },
  handles: { share: 0.25, most: 16 },
  files: { share: 0.25, most: 16 },
};

export function gaugesOf(readings: readonly Reading[]): readonly Gauge[] {
  const warm = readings.slice(Math.floor(readings.length * WARMING_UP));
  const half = Math.ceil(warm.length / 2);
  return (Object.keys(SLACK) as (keyof Reading)[]).map((name) => {
    const early = median(warm.slice(0, half).map((reading) => reading[name]));
    const late = median(warm.slice(-half).map((reading) => reading[name]));
    const { share, most } = SLACK[name];
    return { name, early, late, isFlat: late - early <= Math.max(share * early, most) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
