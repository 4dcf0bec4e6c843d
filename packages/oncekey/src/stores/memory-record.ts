/** A record as the memory store keeps it, and what can be read off it at an instant. */
import type { IdempotencyRecord, Subject, Token, Unsettled } from "../core/record.ts";
import type { ClaimRequest } from "../core/store.ts";

interface Remembered extends Subject {
  readonly token: Token;
  readonly attempt: number;
  readonly claimedAt: number;
  readonly retentionMs: number;
  /** Where the record stands in the queue, and the queue's own to change. */
  place: number;
}

export interface Owned extends Remembered {
  readonly nonce: string;
  leaseEndsAt: number;
  readonly result: undefined;
}

export interface Settled extends Remembered {
  readonly completedAt: number;
  /** Not a view of it, which would weigh as much again as everything else here. */
  readonly result: ArrayBuffer;
}

/**
 * A record as it is kept: without what can be computed, because there are many of them. Literals
 * of it are written out, field by field: a spread makes claims and replays three times as slow.
 */
export type Kept = Owned | Settled;

/** A retention after its end. In doubt never, so what is unrepeatable not before it is settled. */
export function expiryOf(kept: Kept): number {
  if (kept.result !== undefined) return kept.completedAt + kept.retentionMs;
  if (kept.effects === "unrepeatable") return Number.POSITIVE_INFINITY;
  return kept.leaseEndsAt + kept.retentionMs;
}

export function mayFollow(kept: Kept, request: ClaimRequest, now: number): boolean {
  if (kept.result !== undefined || kept.leaseEndsAt > now) return false;
  return kept.effects !== "unrepeatable" && kept.fingerprint === request.fingerprint;
}

export function stateOf(kept: Kept, now: number): IdempotencyRecord["state"] {
  return kept.result === undefined ? unsettledState(kept, now) : "completed";
}

function unsettledState(kept: Owned, now: number): Unsettled["state"] {
  return kept.effects === "unrepeatable" && kept.leaseEndsAt <= now ? "in-doubt" : "in-flight";
}

export function read(kept: Kept, now: number): IdempotencyRecord {
  const { id, scope, fingerprint, effects, label, token, attempt, claimedAt } = kept;
  if (kept.result === undefined) {
    const state = unsettledState(kept, now);
    const { leaseEndsAt } = kept;
    return {
      id,
      scope,
      fingerprint,
      effects,
      label,
      token,
      attempt,
      claimedAt,
      state,
      leaseEndsAt,
    };
  }
  return {
    id,
    scope,
    fingerprint,
    effects,
    label,
    token,
    attempt,
    claimedAt,
    state: "completed",
    completedAt: kept.completedAt,
    expiresAt: expiryOf(kept),
    // A copy, or whoever reads it could change the answer.
    result: new Uint8Array(kept.result.slice(0)),
  };
}
