/** The memory store's records by id, and queued by expiry: no claim has to look at all of them. */
import { StoreUnavailable } from "../core/errors.ts";
import type { Digest, Token } from "../core/record.ts";
import type { ClaimRequest, Lease } from "../core/store.ts";
import { createQueue } from "./memory-queue.ts";
import { expiryOf, type Kept, type Owned, type Settled } from "./memory-record.ts";

/** For each record that comes, two that are over may go: without timers, none is left behind. */
const REAPED_PER_CLAIM = 2;

/** A scope comes with many keys, each time as a new string: of the latest ones, one is kept. */
const SCOPES_MAX = 1000;

export interface Table {
  /** What is over is gone, whether it was reaped or not. */
  find(id: Digest, now: number): Kept | undefined;
  /** The fence: the record, if the lease is its owner's. */
  owned(lease: Lease, now: number): Kept | undefined;
  /** In the order of the tokens. */
  all(): Iterable<Kept>;
  nextToken(): Token;
  /** A new owner, in place of whatever is kept under this id. Throws when the table is full. */
  begin(request: ClaimRequest, attempt: number, now: number): Owned;
  lend(kept: Owned, leaseEndsAt: number): void;
  settle(kept: Kept, token: Token, result: Uint8Array, now: number): void;
  /** Another result, without a label, for as long as the record would have lived. */
  replace(kept: Settled, result: Uint8Array): void;
  forget(kept: Kept): void;
  reap(limit: number, now: number): number;
}

export function createTable(maxRecords: number): Table {
  // In the order of the tokens: a record moves to the end when it is given a new one.
  const byId = new Map<Digest, Kept>();
  const queue = createQueue();
  const scopes = new Map<Digest, Digest>();
  let lastToken: Token = 0;

  return {
    find,
    owned,
    all: () => byId.values(),
    nextToken,
    begin,
    lend,
    settle,
    replace,
    forget,
    reap,
  };

  function find(id: Digest, now: number): Kept | undefined {
    const kept = byId.get(id);
    return kept !== undefined && expiryOf(kept) > now ? kept : undefined;
  }

  function owned(lease: Lease, now: number): Kept | undefined {
    const kept = find(lease.id, now);
    return kept?.token === lease.token ? kept : undefined;
  }

  function nextToken(): Token {
    lastToken += 1;
    return lastToken;
  }

  function begin(request: ClaimRequest, attempt: number, now: number): Owned {
    const replaced = byId.get(request.id);
    if (replaced === undefined) makeRoom(now);
    else forget(replaced);
    const { id, fingerprint, effects, label, nonce, leaseMs, retentionMs } = request;
    const kept: Owned = {
      id,
      scope: shared(request.scope),
      fingerprint,
      effects,
      label,
      token: nextToken(),
      attempt,
      claimedAt: now,
      retentionMs,
      place: 0,
      nonce,
      leaseEndsAt: now + leaseMs,
      result: undefined,
    };
    byId.set(id, kept);
    queue.add(kept);
    return kept;
  }

  function lend(kept: Owned, leaseEndsAt: number): void {
    kept.leaseEndsAt = leaseEndsAt;
    queue.move(kept);
  }

  function settle(kept: Kept, token: Token, result: Uint8Array, now: number): void {
    const { id, scope, fingerprint, effects, label, attempt, claimedAt, retentionMs } = kept;
    const settled: Settled = {
      id,
      scope,
      fingerprint,
      effects,
      label,
      token,
      attempt,
      claimedAt,
      retentionMs,
      place: 0,
      completedAt: now,
      // A copy, or the caller could change the answer. A `Buffer`'s own `slice` would not be one.
      result: new Uint8Array(result).buffer,
    };
    queue.remove(kept);
    if (token !== kept.token) byId.delete(id);
    byId.set(id, settled);
    queue.add(settled);
  }

  function replace(kept: Settled, result: Uint8Array): void {
    const replaced = { ...kept, label: "", result: new Uint8Array(result).buffer };
    queue.remove(kept);
    byId.set(kept.id, replaced);
    queue.add(replaced);
  }

  function forget(kept: Kept): void {
    byId.delete(kept.id);
    queue.remove(kept);
  }

  function reap(limit: number, now: number): number {
    let reaped = 0;
    for (let next = queue.first(); next !== undefined; next = queue.first()) {
      if (reaped >= limit || expiryOf(next) > now) break;
      forget(next);
      reaped += 1;
    }
    return reaped;
  }

  function makeRoom(now: number): void {
    reap(REAPED_PER_CLAIM, now);
    if (byId.size < maxRecords) return;
    throw new StoreUnavailable(
      `The memory store is full: raise \`maxRecords\` (${maxRecords}), shorten the retention, or ` +
        "keep records in a database. No live record is evicted.",
    );
  }

  function shared(scope: Digest): Digest {
    const known = scopes.get(scope);
    if (known !== undefined) return known;
    if (scopes.size === SCOPES_MAX) scopes.clear();
    scopes.set(scope, scope);
    return scope;
  }
}
