/**
 * What is made wrong on purpose, to see that the sweep finds it: each of these passes every test in
 * which the network is well.
 */
import { randomBytes } from "node:crypto";
import { type Store, StoreUnavailable, type TransactionalStore } from "oncekey";

/**
 * A claim that is made again does not say that it is the same one. A COMMIT without an answer is
 * taken for one that went through. Without a store the handler runs all the same.
 */
export const BREAKS = ["nonce", "commit", "open"] as const;
export type Break = (typeof BREAKS)[number];

export function broken<Broken extends Store>(store: Broken, how: Break | undefined): Broken {
  if (how !== "nonce") return store;
  return {
    ...store,
    claim: (request) => store.claim({ ...request, nonce: randomBytes(16).toString("hex") }),
  };
}

export function brokenTransactional<Handle>(
  store: TransactionalStore<Handle>,
  how: Break | undefined,
): TransactionalStore<Handle> {
  if (how !== "commit") return broken(store, how);
  return {
    ...store,
    async transaction(lease, work) {
      try {
        return await store.transaction(lease, work);
      } catch (error) {
        if (error instanceof StoreUnavailable) return true;
        throw error;
      }
    },
  };
}
