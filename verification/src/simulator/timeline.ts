/**
 * Virtual time: a queue of events, and nothing happens between two of them.
 *
 * An event runs, then every promise that it settled, to the last; then the next event. What is due
 * in the same millisecond runs in an order that the seed draws, because no platform promises one.
 */
import { seeded } from "./random.ts";

export interface Timeline {
  readonly now: number;
  /** Runs `call` after `ms`. The returned function cancels. */
  after(ms: number, call: () => void): () => void;
  /** Runs what is due until `end`, which then is now. */
  runUntil(end: number): Promise<void>;
}

interface Event {
  readonly at: number;
  readonly order: number;
  call: (() => void) | undefined;
}

export function createTimeline(seed: number): Timeline {
  const random = seeded(seed, 0x71e);
  const queue: Event[] = [];
  let now = 0;

  return {
    get now() {
      return now;
    },
    after(ms, call) {
      const event: Event = { at: now + Math.max(0, Math.ceil(ms)), order: random.next(), call };
      push(queue, event);
      return () => {
        event.call = undefined;
      };
    },
    async runUntil(end) {
      for (let event = queue[0]; event !== undefined && event.at <= end; event = queue[0]) {
        pop(queue);
        const { call } = event;
        if (call === undefined) continue;
        event.call = undefined;
        now = event.at;
        call();
        await promisesSettled();
      }
      now = end;
    },
  };
}

/**
 * Resolves once no promise is left to continue. Node looks at `nextTick` only when its microtasks
 * are used up; asked for in a microtask, it comes after all of them, and without a turn of the
 * event loop, which would cost ten times as much.
 */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}

const isBefore = (left: Event, right: Event): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** A binary heap: the first of the array is the next event. */
function push(heap: Event[], event: Event): void {
  let index = heap.length;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let below = 2 * index + 1;
    let child = heap[below];
    const right = heap[below + 1];
    if (child !== undefined && right !== undefined && isBefore(right, child)) {
      child = right;
      below++;
    }
    if (child === undefined || !isBefore(child, last)) break;
    heap[index] = child;
    index = below;
  }
  heap[index] = last;
}
