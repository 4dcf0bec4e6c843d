/** Effect and record in one commit: what a store offers when it can hold the user's own writes. */
import type { Lease, Store } from "./store.ts";

/** `Handle` is the user's own: a `PoolClient`, a Kysely or Knex transaction, a database. */
export interface TransactionalStore<Handle> extends Store {
  /**
   * Runs `work` in a transaction that also completes the record with the result it returns: both
   * are kept or neither. To roll back, throw: the same error comes out again. False: another
   * owner has taken over, all is rolled back. `StoreUnavailable`: ask `get` if it committed.
   */
  transaction(lease: Lease, work: (handle: Handle) => Promise<Uint8Array>): Promise<boolean>;
}
