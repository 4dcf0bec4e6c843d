/** Spans of time sorted into bands, for bars. */
import type { Band } from "./bars.tsx";

/** A name, and the span in ms that is too long for it. The last one has no end. */
export type Bounds = readonly (readonly [string, number])[];

export function bandsOf<Item>(
  bounds: Bounds,
  items: readonly Item[],
  spanOf: (item: Item) => number,
): Band[] {
  const counts = bounds.map(() => 0);
  for (const item of items) {
    const index = bounds.findIndex(([, most]) => spanOf(item) < most);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return bounds.map(([name], index) => ({ name, count: counts[index] ?? 0 }));
}
