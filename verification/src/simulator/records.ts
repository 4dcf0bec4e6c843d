/**
 * The reference store: what the contract says, as a state machine over the store's own clock.
 *
 * Written from the contract alone. It also keeps what no store needs: each *life* of a key, from
 * the claim that began its record to the end of that record, because promises are made per record.
 */
import type { Claim, ClaimRequest, Digest, IdempotencyRecord, Lease, Token } from "oncekey";

/** One record from its beginning to its end. */
export interface Life {
  /** What the client calls it: scope and key in words. */
  readonly label: string;
  readonly id: Digest;
  readonly fingerprint: Digest;
  readonly effects: ClaimRequest["effects"];
  /** Of its owners, one after the other, and of who resolved it. */
  readonly tokens: Token[];
  readonly nonces: string[];
  readonly beganAt: number;
  completed:
    | { readonly result: Uint8Array; readonly at: number; readonly token: Token }
    | undefined;
  expiresAt: number;
  ended: "released" | "forgotten" | "expired" | undefined;
  /** It was in doubt when its owner's completion came. */
  healed: boolean;
  /** It was to be settled, and was in doubt no longer. */
  spared: boolean;
}

/** Its key may be used again at once: somebody said that nothing happened. */
export const wasFreed = ({ ended }: Life): boolean => ended === "released" || ended === "forgotten";

interface Row {
  readonly request: ClaimRequest;
  readonly token: Token;
  readonly attempt: number;
  readonly claimedAt: number;
  leaseEndsAt: number;
  readonly life: Life;
}

/** The verbs, at an instant of the store's clock. `commit` is what a transaction ends with. */
export interface Records {
  claim(request: ClaimRequest, now: number): Claim;
  renew(lease: Lease, leaseMs: number, now: number): boolean;
  complete(lease: Lease, result: Uint8Array, now: number): boolean;
  release(lease: Lease, now: number): boolean;
  resolve(lease: Lease, result: Uint8Array | undefined, now: number): boolean;
  get(id: Digest, now: number): IdempotencyRecord | undefined;
  /** Keeps the result and `apply`s what belongs to it, or neither. */
  commit(lease: Lease, result: Uint8Array, apply: () => void, now: number): boolean;
  readonly lives: readonly Life[];
}

export function createRecords(): Records {
  const rows = new Map<Digest, Row>();
  const lives: Life[] = [];
  let tokens = 0;

  function find(id: Digest, now: number): Row | undefined {
    const row = rows.get(id);
    if (row === undefined || !isExpired(row, now)) return row;
    row.life.ended = "expired";
    rows.delete(id);
    return undefined;
  }

  function owned({ id, token }: Lease, now: number): Row | undefined {
    const row = find(id, now);
    return row?.token === token ? row : undefined;
  }

  function begin(request: ClaimRequest, before: Row | undefined, now: number): Claim {
    const life = before?.life ?? born(request, now);
    const row: Row = {
      request,
      token: ++tokens,
      attempt: (before?.attempt ?? 0) + 1,
      claimedAt: now,
      leaseEndsAt: now + request.leaseMs,
      life,
    };
    life.tokens.push(row.token);
    life.nonces.push(request.nonce);
    rows.set(request.id, row);
    return claimed(row);
  }

  function born(request: ClaimRequest, now: number): Life {
    const { id, fingerprint, effects, label } = request;
    const life: Life = {
      label,
      id,
      fingerprint,
      effects,
      tokens: [],
      nonces: [],
      beganAt: now,
      completed: undefined,
      expiresAt: Number.POSITIVE_INFINITY,
      ended: undefined,
      healed: false,
      spared: false,
    };
    lives.push(life);
    return life;
  }

  function settle(row: Row, result: Uint8Array, token: Token, now: number): void {
    row.life.completed = { result, at: now, token };
    row.life.expiresAt = now + row.request.retentionMs;
  }

  return {
    lives,
    claim(request, now) {
      const row = find(request.id, now);
      if (row === undefined) return begin(request, undefined, now);
      if (row.life.completed !== undefined) return taken(row, now);
      if (row.request.nonce === request.nonce) {
        row.leaseEndsAt = now + request.leaseMs;
        return claimed(row);
      }
      const isFree = row.request.effects !== "unrepeatable" && row.leaseEndsAt <= now;
      const isSame = row.request.fingerprint === request.fingerprint;
      return isFree && isSame ? begin(request, row, now) : taken(row, now);
    },
    renew(lease, leaseMs, now) {
      const row = owned(lease, now);
      if (row === undefined || row.life.completed !== undefined) return false;
      row.leaseEndsAt = now + leaseMs;
      return true;
    },
    complete(lease, result, now) {
      const row = owned(lease, now);
      if (row === undefined) return false;
      if (row.life.completed !== undefined) return true;
      if (stateOf(row, now) === "in-doubt") row.life.healed = true;
      settle(row, result, row.token, now);
      return true;
    },
    release(lease, now) {
      const row = owned(lease, now);
      if (row === undefined || row.life.completed !== undefined) return false;
      row.life.ended = "released";
      rows.delete(lease.id);
      return true;
    },
    resolve(lease, result, now) {
      const row = owned(lease, now);
      if (row === undefined) return false;
      const state = stateOf(row, now);
      if (state === "in-flight") row.life.spared = true;
      if (state !== "in-doubt") return false;
      if (result === undefined) {
        row.life.ended = "forgotten";
        rows.delete(lease.id);
        return true;
      }
      const token = ++tokens;
      row.life.tokens.push(token);
      rows.set(lease.id, { ...row, token });
      settle(row, result, token, now);
      return true;
    },
    get(id, now) {
      const row = find(id, now);
      return row && read(row, now);
    },
    commit(lease, result, apply, now) {
      const row = owned(lease, now);
      if (row === undefined || row.life.completed !== undefined) return false;
      settle(row, result, row.token, now);
      apply();
      return true;
    },
  };
}

function stateOf(row: Row, now: number): IdempotencyRecord["state"] {
  if (row.life.completed !== undefined) return "completed";
  const isOver = row.leaseEndsAt <= now;
  return isOver && row.request.effects === "unrepeatable" ? "in-doubt" : "in-flight";
}

/** What is in doubt never expires: nobody has answered for it. */
function isExpired(row: Row, now: number): boolean {
  if (row.life.completed !== undefined) return row.life.expiresAt <= now;
  if (row.request.effects === "unrepeatable") return false;
  return row.leaseEndsAt + row.request.retentionMs <= now;
}

function read(row: Row, now: number): IdempotencyRecord {
  const { id, scope, fingerprint, effects, label } = row.request;
  const { token, attempt, claimedAt, leaseEndsAt } = row;
  const remembered = { id, scope, fingerprint, effects, label, token, attempt, claimedAt };
  const state = stateOf(row, now);
  if (state !== "completed") return { ...remembered, state, leaseEndsAt };
  const { completed, expiresAt } = row.life;
  if (completed === undefined) throw new Error("A completed record without its result.");
  return { ...remembered, state, completedAt: completed.at, expiresAt, result: completed.result };
}

function claimed({ request, token, attempt, claimedAt }: Row): Claim {
  return { outcome: "claimed", lease: { id: request.id, token }, attempt, claimedAt };
}

function taken(row: Row, now: number): Claim {
  return { outcome: "taken", record: read(row, now) };
}
