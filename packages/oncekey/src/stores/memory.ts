/**
 * Records in this process: for development, for tests, and for services that are one process.
 *
 * Nothing outlives the process, and no other process sees it. Memory is bounded by refusing new
 * keys, never by forgetting a live record: one that was evicted would be charged again.
 */
import { StoreUnavailable } from "../core/errors.ts";
import type { Inspector, ListRequest } from "../core/inspector.ts";
import type { Notifier } from "../core/notifier.ts";
import type { Digest, IdempotencyRecord, Subject, Token, Unsettled } from "../core/record.ts";
import type { Claim, ClaimRequest, Lease, Store } from "../core/store.ts";

export interface MemoryStoreOptions {
  /** How many records are kept at most: a new key beyond them is refused. Default 100,000. */
  readonly maxRecords?: number;
  /** The store's clock, in ms: for tests. Default `Date.now`. */
  readonly clock?: () => number;
}

export interface MemoryStore extends Store, Inspector {
  /** Wakes the waiters of this process: `{ store, notifier: store.notifier }`. */
  readonly notifier: Notifier;
}

/** About 150 MB with answers of 1 KB: room for a day of most services that are one process. */
const MAX_RECORDS = 100_000;

/** A `Map` of V8 holds 2^24 entries and throws at the next, in the middle of a claim. */
const MAX_RECORDS_MAX = 2 ** 24;

/** For each record that comes, two that are over may go: without timers, none is left behind. */
const REAPED_PER_CLAIM = 2;

/** @example const store = memoryStore({ maxRecords: 10_000 }); */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxRecords, clock } = checked(options);
  // In the order of their tokens, because no token is ever given to a record that is kept.
  const records = new Map<Digest, Kept>();
  const queue = createQueue();
  const { notifier, wake } = createNotifier();
  let lastToken: Token = 0;

  // No verb awaits anything before it is done: that alone makes each of them atomic.
  return {
    notifier,

    async claim(request) {
      const now = clock();
      const found = find(request.id, now);
      if (found?.result === undefined && found?.nonce === request.nonce) {
        lend(found, now + request.leaseMs);
        queue.move(found);
        return claimed(found);
      }
      if (found !== undefined && !mayFollow(found, request, now)) {
        return { outcome: "taken", record: read(found, now) };
      }
      const replaced = records.get(request.id);
      if (replaced === undefined) makeRoom(now);
      else forget(replaced);
      return claimed(keep(begin(request, now, nextToken(), (found?.attempt ?? 0) + 1)));
    },

    async renew(lease, leaseMs) {
      const now = clock();
      const kept = owned(lease, now);
      if (kept === undefined || kept.result !== undefined) return false;
      lend(kept, now + leaseMs);
      queue.move(kept);
      return true;
    },

    async complete(lease, result) {
      const now = clock();
      const kept = owned(lease, now);
      if (kept === undefined) return false;
      if (kept.result === undefined) {
        settle(kept, result, now);
        queue.move(kept);
        wake(kept.id);
      }
      return true;
    },

    async release(lease) {
      const kept = owned(lease, clock());
      if (kept === undefined || kept.result !== undefined) return false;
      forget(kept);
      wake(kept.id);
      return true;
    },

    async resolve(lease, result) {
      const now = clock();
      const kept = owned(lease, now);
      if (kept === undefined || stateOf(kept, now) !== "in-doubt") return false;
      forget(kept);
      const settled = { ...kept, token: nextToken() };
      settle(settled, result, now);
      keep(settled);
      wake(kept.id);
      return true;
    },

    async get(id) {
      const now = clock();
      const kept = find(id, now);
      return kept && read(kept, now);
    },

    async list(request) {
      const now = clock();
      const after = startOf(request);
      const page: IdempotencyRecord[] = [];
      for (const kept of records.values()) {
        if (kept.token <= after || kept.expiresAt <= now) continue;
        if (request.scope !== undefined && kept.scope !== request.scope) continue;
        if (request.state !== undefined && stateOf(kept, now) !== request.state) continue;
        const last = page.at(-1);
        if (last !== undefined && page.length === request.limit) {
          return { records: page, next: String(last.token) };
        }
        page.push(read(kept, now));
      }
      return { records: page };
    },

    async reap(limit) {
      return reap(limit, clock());
    },
  };

  /** What is over is gone, whether it was reaped or not. */
  function find(id: Digest, now: number): Kept | undefined {
    const kept = records.get(id);
    return kept !== undefined && kept.expiresAt > now ? kept : undefined;
  }

  /** The fence. */
  function owned(lease: Lease, now: number): Kept | undefined {
    const kept = find(lease.id, now);
    return kept?.token === lease.token ? kept : undefined;
  }

  function nextToken(): Token {
    lastToken += 1;
    return lastToken;
  }

  function keep(kept: Kept): Kept {
    records.set(kept.id, kept);
    queue.add(kept);
    return kept;
  }

  function forget(kept: Kept): void {
    records.delete(kept.id);
    queue.remove(kept);
  }

  function makeRoom(now: number): void {
    reap(REAPED_PER_CLAIM, now);
    if (records.size < maxRecords) return;
    throw new StoreUnavailable(
      `The memory store is full: raise \`maxRecords\` (${maxRecords}), keep records for a shorter ` +
        "retention, or use a store that is a database. No live record is ever evicted.",
    );
  }

  function reap(limit: number, now: number): number {
    let reaped = 0;
    for (let next = queue.first(); next !== undefined; next = queue.first()) {
      if (reaped >= limit || next.expiresAt > now) break;
      forget(next);
      reaped += 1;
    }
    return reaped;
  }
}

/** A record as it is kept. Flat, and without what can be computed: there are many of them. */
interface Kept extends Subject {
  readonly token: Token;
  readonly attempt: number;
  readonly claimedAt: number;
  readonly retentionMs: number;
  nonce: string;
  leaseEndsAt: number;
  /** `Infinity` for what may never be reaped. Whoever changes it moves the record in the queue. */
  expiresAt: number;
  result: Uint8Array | undefined;
  /** Where the record stands in the queue, and the queue's own to change. */
  place: number;
}

function begin(request: ClaimRequest, now: number, token: Token, attempt: number): Kept {
  const { id, scope, fingerprint, effects, label, retentionMs, nonce, leaseMs } = request;
  const kept: Kept = {
    id,
    scope,
    fingerprint,
    effects,
    label,
    token,
    attempt,
    claimedAt: now,
    retentionMs,
    nonce,
    leaseEndsAt: 0,
    expiresAt: 0,
    result: undefined,
    place: 0,
  };
  lend(kept, now + leaseMs);
  return kept;
}

/** In doubt never expires: so an unrepeatable record does not, before it is settled. */
function lend(kept: Kept, leaseEndsAt: number): void {
  kept.leaseEndsAt = leaseEndsAt;
  const lasts = kept.effects === "unrepeatable";
  kept.expiresAt = lasts ? Number.POSITIVE_INFINITY : leaseEndsAt + kept.retentionMs;
}

function settle(kept: Kept, result: Uint8Array, now: number): void {
  kept.result = copyOf(result);
  kept.expiresAt = now + kept.retentionMs;
  kept.nonce = "";
}

/** In and out, or a caller could change an answer. Not `slice`: a `Buffer`'s shares its bytes. */
function copyOf(result: Uint8Array): Uint8Array {
  return new Uint8Array(result);
}

function mayFollow(kept: Kept, request: ClaimRequest, now: number): boolean {
  const free = kept.result === undefined && kept.leaseEndsAt <= now;
  return free && kept.effects !== "unrepeatable" && kept.fingerprint === request.fingerprint;
}

function claimed({ id, token, attempt, claimedAt }: Kept): Claim {
  return { outcome: "claimed", lease: { id, token }, attempt, claimedAt };
}

function stateOf(kept: Kept, now: number): IdempotencyRecord["state"] {
  return kept.result === undefined ? unsettledState(kept, now) : "completed";
}

function unsettledState(kept: Kept, now: number): Unsettled["state"] {
  return kept.effects === "unrepeatable" && kept.leaseEndsAt <= now ? "in-doubt" : "in-flight";
}

function read(kept: Kept, now: number): IdempotencyRecord {
  const { id, scope, fingerprint, effects, label, token, attempt, claimedAt } = kept;
  const remembered = { id, scope, fingerprint, effects, label, token, attempt, claimedAt };
  if (kept.result === undefined) {
    const { leaseEndsAt } = kept;
    return { ...remembered, state: unsettledState(kept, now), leaseEndsAt };
  }
  const { expiresAt, retentionMs, result } = kept;
  const completedAt = expiresAt - retentionMs;
  return { ...remembered, state: "completed", completedAt, expiresAt, result: copyOf(result) };
}

/** The next to expire comes first: a binary heap in which each record knows its own place. */
function createQueue(): {
  first(): Kept | undefined;
  add(kept: Kept): void;
  move(kept: Kept): void;
  remove(kept: Kept): void;
} {
  const heap: Kept[] = [];

  function put(kept: Kept, place: number): void {
    heap[place] = kept;
    kept.place = place;
  }

  function move(kept: Kept): void {
    rise(kept);
    sink(kept);
  }

  function rise(kept: Kept): void {
    while (kept.place > 0) {
      const { place } = kept;
      const above = heap[(place - 1) >> 1];
      if (above === undefined || above.expiresAt <= kept.expiresAt) return;
      put(kept, above.place);
      put(above, place);
    }
  }

  function sink(kept: Kept): void {
    for (;;) {
      const { place } = kept;
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const below = left && right && right.expiresAt < left.expiresAt ? right : left;
      if (below === undefined || below.expiresAt >= kept.expiresAt) return;
      put(kept, below.place);
      put(below, place);
    }
  }

  return {
    first: () => heap[0],
    add(kept) {
      put(kept, heap.length);
      rise(kept);
    },
    move,
    remove(kept) {
      const last = heap.pop();
      if (last === undefined || last === kept) return;
      put(last, kept.place);
      move(last);
    },
  };
}

function createNotifier(): { notifier: Notifier; wake(id: Digest): void } {
  const watchers = new Map<Digest, Set<() => void>>();

  function watch(id: Digest, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const others = watchers.get(id) ?? new Set();
      watchers.set(id, others.add(end));
      signal.addEventListener("abort", end);

      function end(): void {
        signal.removeEventListener("abort", end);
        others.delete(end);
        if (others.size === 0) watchers.delete(id);
        resolve();
      }
    });
  }

  return {
    notifier: {
      watch: (id, signal) => ({ ready: Promise.resolve(), changed: watch(id, signal) }),
    },
    wake(id) {
      for (const end of watchers.get(id) ?? []) end();
    },
  };
}

/** The token that the page before ended with. */
function startOf({ limit, after }: ListRequest): Token {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new TypeError(`Expected \`limit\` to be an integer from 1 to 1000, got ${limit}.`);
  }
  if (after === undefined) return 0;
  if (!/^\d{1,16}$/.test(after)) {
    throw new TypeError("Expected `after` to be the `next` of the page before.");
  }
  return Number(after);
}

function checked(options: MemoryStoreOptions): Required<MemoryStoreOptions> {
  for (const name of Object.keys(options)) {
    if (name === "maxRecords" || name === "clock") continue;
    throw new TypeError(`Unknown option \`${name}\`: memoryStore takes \`maxRecords\`, \`clock\`.`);
  }
  const { maxRecords = MAX_RECORDS, clock = Date.now } = options;
  if (!Number.isInteger(maxRecords) || maxRecords < 1 || maxRecords > MAX_RECORDS_MAX) {
    throw new TypeError(
      `Expected \`maxRecords\` to be an integer from 1 to ${MAX_RECORDS_MAX}, got ${maxRecords}.`,
    );
  }
  if (typeof clock !== "function") {
    throw new TypeError(`Expected \`clock\` to be a function, got ${typeof clock}.`);
  }
  return { maxRecords, clock };
}
