/** Lists, reaps and erases: what people and programs need that are not part of a request. */
import type { Digest, IdempotencyRecord } from "./record.ts";
import type { Lease, Store } from "./store.ts";

export interface ListRequest {
  /** At most this many records, 1 to 1000. A page may be shorter and still have a `next`. */
  readonly limit: number;
  /** Where the page before ended: its `next`, opaque. */
  readonly after?: string;
  /** Only records of this scope (its digest). */
  readonly scope?: Digest;
  /** Only records that read so now, by the store's clock. */
  readonly state?: IdempotencyRecord["state"];
}

export interface Page {
  readonly records: readonly IdempotencyRecord[];
  /** Give it as `after` for the next page. Absent on the last page. */
  readonly next?: string;
}

/** The fence included: settling a record quotes its token, as every write does. */
export interface Inspector extends Pick<Store, "get" | "resolve"> {
  /** In an order of the store's own; each record that does not change appears once. */
  list(request: ListRequest): Promise<Page>;
  /**
   * Removes at most `limit` expired records and says how many went. Never one in doubt, never one
   * under a live lease. 0: nothing is left to remove (or the database expires by itself).
   */
  reap(limit: number): Promise<number>;
  /**
   * Takes label and result away from a completed record, under its token. With `instead`, that
   * answers every duplicate until the record expires, which it does when it would have. Without it
   * the record is gone, and whoever comes next runs. False: it is not completed under this token,
   * and nothing was changed: never one in flight or in doubt.
   */
  erase(lease: Lease, instead: Uint8Array | undefined): Promise<boolean>;
}
