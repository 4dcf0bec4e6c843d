/** Applications that are wrong on purpose: a drill that finds nothing in them finds nothing at all. */
import type { Lease } from "oncekey";
import type { Ground } from "../chaos/ground.ts";

export const BREAKAGES = [
  /** Set up to wait for nobody, where the cell says that acknowledgements wait. */
  "unconfirmed",
  /** Completes whatever is there, under whoever's token it is. */
  "unfenced",
] as const;
export type Breakage = (typeof BREAKAGES)[number];

export function withoutFence(ground: Ground): Ground {
  const { store } = ground;
  return {
    ...ground,
    store: {
      ...store,
      async complete(lease, result) {
        const current: Lease = { id: lease.id, token: (await store.get(lease.id))?.token ?? 0 };
        return store.complete(current, result);
      },
    },
  };
}
