/**
 * The contract every store keeps, and the only door between the engine and a database.
 *
 * 1. A claim is atomic. Of any number of concurrent callers, exactly one is told "claimed".
 * 2. A token never repeats, not even after a release: a stale owner must stay recognizable.
 * 3. A write is fenced. It changes nothing once its token is stale, and it says so.
 * 4. A claim or a completion whose reply was lost is made again, and answered the same.
 *
 * The store's clock is the only clock, because two servers never agree on the time: durations
 * go in, instants come out. In doubt is read off that clock; nothing has to write it.
 * Each sentence here is a case in `conformance/store.ts`.
 */
import type { Digest, IdempotencyRecord, Subject, Token } from "./record.ts";

export interface ClaimRequest extends Subject {
  /** How long the owner may be silent. */
  readonly leaseMs: number;
  /** How long the record stays once it is completed, or once its lease ended unfollowed. */
  readonly retentionMs: number;
  /** Names this claim, so that it can be made again after a lost reply. 32 hex digits, random. */
  readonly nonce: string;
}

/** Proof of ownership. Every write quotes it. */
export interface Lease {
  readonly id: Digest;
  readonly token: Token;
}

export type Claim =
  | {
      readonly outcome: "claimed";
      readonly lease: Lease;
      readonly attempt: number;
      /** The store's clock at the claim, for whoever must compare a date with it. */
      readonly claimedAt: number;
    }
  | { readonly outcome: "taken"; readonly record: IdempotencyRecord };

/** Every call throws `StoreUnavailable` when the database gives no answer. */
export interface Store {
  /**
   * Takes a record that is absent or expired, and takes over one of the same fingerprint whose
   * lease has ended, unless that left it in doubt. A record in doubt never expires. Otherwise
   * says what is there; what that means is the engine's to judge.
   *
   * The same nonce again, on a record that is not completed, is the same claim: the same token
   * and attempt, with a lease that is counted anew. A claim forgets every trace of the record
   * that it replaces: after an expired one `attempt` is 1 again.
   * Throws `RecordCorrupt` when there is a record that cannot be read: it is never absent.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Lets the lease end `leaseMs` from now, however late; 0 gives up. False: stop working. */
  renew(lease: Lease, leaseMs: number): Promise<boolean>;
  /**
   * Keeps the result, also of a record in doubt or of a lease that ended unfollowed. True again
   * for the token that already completed it, and the first result stays. False: another owner
   * has taken over, or the record is gone.
   */
  complete(lease: Lease, result: Uint8Array): Promise<boolean>;
  /**
   * Its owner's word that nothing happened: forgets a record that is not completed, so that a retry
   * runs afresh. False: as above.
   */
  release(lease: Lease): Promise<boolean>;
  /**
   * Settles a record in doubt, for whoever found out and does not own it. What is known to have
   * happened is kept, under a new token that fences the owner out; with `undefined` it did not
   * happen, and the record is forgotten, so that a retry runs afresh. False: it is not in doubt
   * under this token at this moment, and nothing was changed.
   */
  resolve(lease: Lease, result: Uint8Array | undefined): Promise<boolean>;
  /** Throws `RecordCorrupt` when there is a record that cannot be read: it is never absent. */
  get(id: Digest): Promise<IdempotencyRecord | undefined>;
}
