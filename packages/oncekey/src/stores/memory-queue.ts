/**
 * The memory store's records, the next to expire first.
 *
 * A binary heap in which each record knows its own place: so one that is renewed or released is
 * moved or removed without a search, and a full store finds what is over without a scan.
 */
import { expiryOf, type Kept } from "./memory-record.ts";

export interface Queue {
  first(): Kept | undefined;
  add(kept: Kept): void;
  /** To be called when the expiry of a record in the queue has changed. */
  move(kept: Kept): void;
  remove(kept: Kept): void;
}

export function createQueue(): Queue {
  const heap: Kept[] = [];

  return { first: () => heap[0], add, move, remove };

  function add(kept: Kept): void {
    put(kept, heap.length);
    rise(kept);
  }

  function move(kept: Kept): void {
    rise(kept);
    sink(kept);
  }

  function remove(kept: Kept): void {
    const last = heap.pop();
    if (last === undefined || last === kept) return;
    put(last, kept.place);
    move(last);
  }

  function rise(kept: Kept): void {
    while (kept.place > 0) {
      const { place } = kept;
      const above = heap[(place - 1) >> 1];
      if (above === undefined || expiryOf(above) <= expiryOf(kept)) return;
      put(kept, above.place);
      put(above, place);
    }
  }

  function sink(kept: Kept): void {
    for (;;) {
      const { place } = kept;
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const below = left && right && expiryOf(right) < expiryOf(left) ? right : left;
      if (below === undefined || expiryOf(below) >= expiryOf(kept)) return;
      put(kept, below.place);
      put(below, place);
    }
  }

  function put(kept: Kept, place: number): void {
    heap[place] = kept;
    kept.place = place;
  }
}
