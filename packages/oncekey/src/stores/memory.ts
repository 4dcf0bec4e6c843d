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

/** A scope comes with many keys, each time as a new string: of the latest ones, one is kept. */
const SCOPES_MAX = 1000;

/** @example const store = memoryStore({ maxRecords: 10_000 }); */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxRecords, clock } = checked(options);
  const records = createRecords(maxRecords);
  const { notifier, wake } = createNotifier();

  // No verb waits for anything before it is done: that alone makes each of them atomic.
  return {
    notifier,

    async claim(request) {
      const now = clock();
      const found = records.find(request.id, now);
      if (found?.result === undefined && found?.nonce === request.nonce) {
        records.lend(found, now + request.leaseMs);
        return claimed(found);
      }
      if (found !== undefined && !mayFollow(found, request, now)) {
        return { outcome: "taken", record: read(found, now) };
      }
      const attempt = (found?.attempt ?? 0) + 1;
      return claimed(records.begin(request, attempt, now));
    },

    async renew(lease, leaseMs) {
      const now = clock();
      const kept = records.owned(lease, now);
      if (kept === undefined || kept.result !== undefined) return false;
      records.lend(kept, now + leaseMs);
      return true;
    },

    async complete(lease, result) {
      const now = clock();
      const kept = records.owned(lease, now);
      if (kept === undefined) return false;
      if (kept.result === undefined) {
        records.settle(kept, kept.token, result, now);
        wake(kept.id);
      }
      return true;
    },

    async release(lease) {
      const kept = records.owned(lease, clock());
      if (kept === undefined || kept.result !== undefined) return false;
      records.forget(kept);
      wake(kept.id);
      return true;
    },

    async resolve(lease, result) {
      const now = clock();
      const kept = records.owned(lease, now);
      if (kept === undefined || stateOf(kept, now) !== "in-doubt") return false;
      records.settle(kept, records.nextToken(), result, now);
      wake(kept.id);
      return true;
    },

    async get(id) {
      const now = clock();
      const kept = records.find(id, now);
      return kept && read(kept, now);
    },

    async list(request) {
      const now = clock();
      const start = startOf(request);
      const page: IdempotencyRecord[] = [];
      for (const kept of records.all()) {
        if (kept.token <= start || !isListed(kept, request, now)) continue;
        const last = page.at(-1);
        if (last !== undefined && page.length === request.limit) {
          return { records: page, next: String(last.token) };
        }
        page.push(read(kept, now));
      }
      return { records: page };
    },

    async reap(limit) {
      return records.reap(limit, clock());
    },
  };
}

interface Remembered extends Subject {
  readonly token: Token;
  readonly attempt: number;
  readonly claimedAt: number;
  readonly retentionMs: number;
  /** Where the record stands in the queue, and the queue's own to change. */
  place: number;
}

interface Owned extends Remembered {
  readonly nonce: string;
  leaseEndsAt: number;
  readonly result: undefined;
}

interface Settled extends Remembered {
  readonly completedAt: number;
  /** Not a view of it, which would weigh as much again as everything else here. */
  readonly result: ArrayBuffer;
}

/**
 * A record as it is kept: without what can be computed, because there are many of them. Literals
 * of it are written out, field by field: a spread makes claims and replays three times as slow.
 */
type Kept = Owned | Settled;

/** A retention after its end. In doubt never, so what is unrepeatable not before it is settled. */
function expiryOf(kept: Kept): number {
  if (kept.result !== undefined) return kept.completedAt + kept.retentionMs;
  if (kept.effects === "unrepeatable") return Number.POSITIVE_INFINITY;
  return kept.leaseEndsAt + kept.retentionMs;
}

function mayFollow(kept: Kept, request: ClaimRequest, now: number): boolean {
  if (kept.result !== undefined || kept.leaseEndsAt > now) return false;
  return kept.effects !== "unrepeatable" && kept.fingerprint === request.fingerprint;
}

function stateOf(kept: Kept, now: number): IdempotencyRecord["state"] {
  return kept.result === undefined ? unsettledState(kept, now) : "completed";
}

function unsettledState(kept: Owned, now: number): Unsettled["state"] {
  return kept.effects === "unrepeatable" && kept.leaseEndsAt <= now ? "in-doubt" : "in-flight";
}

function claimed({ id, token, attempt, claimedAt }: Kept): Claim {
  return { outcome: "claimed", lease: { id, token }, attempt, claimedAt: claimedAt };
}

function read(kept: Kept, now: number): IdempotencyRecord {
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

function isListed(kept: Kept, { scope, state }: ListRequest, now: number): boolean {
  if (expiryOf(kept) <= now) return false;
  if (scope !== undefined && scope !== kept.scope) return false;
  return state === undefined || state === stateOf(kept, now);
}

/** The records by id, and queued by expiry, so that no claim has to look at all of them. */
function createRecords(maxRecords: number) {
  // In the order of the tokens: a record moves to the end when it is given a new one.
  const byId = new Map<Digest, Kept>();
  const queue = createQueue();
  const scopes = new Map<Digest, Digest>();
  let lastToken: Token = 0;

  return { find, owned, all: () => byId.values(), nextToken, begin, lend, settle, forget, reap };

  /** What is over is gone, whether it was reaped or not. */
  function find(id: Digest, now: number): Kept | undefined {
    const kept = byId.get(id);
    return kept !== undefined && expiryOf(kept) > now ? kept : undefined;
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

  /** A new owner, in place of whatever is kept under this id. */
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

/** The next to expire comes first: a binary heap in which each record knows its own place. */
function createQueue() {
  const heap: Kept[] = [];

  return { first: () => heap[0], add, move, remove };

  function add(kept: Kept): void {
    put(kept, heap.length);
    rise(kept);
  }

  function move(kept: Kept): void {
    rise(kept);
    sink(kept);
  }

  function remove(kept: Kept): void {
    const last = heap.pop();
    if (last === undefined || last === kept) return;
    put(last, kept.place);
    move(last);
  }

  function rise(kept: Kept): void {
    while (kept.place > 0) {
      const { place } = kept;
      const above = heap[(place - 1) >> 1];
      if (above === undefined || expiryOf(above) <= expiryOf(kept)) return;
      put(kept, above.place);
      put(above, place);
    }
  }

  function sink(kept: Kept): void {
    for (;;) {
      const { place } = kept;
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const below = left && right && expiryOf(right) < expiryOf(left) ? right : left;
      if (below === undefined || expiryOf(below) >= expiryOf(kept)) return;
      put(kept, below.place);
      put(below, place);
    }
  }

  function put(kept: Kept, place: number): void {
    heap[place] = kept;
    kept.place = place;
  }
}

function createNotifier() {
  const watchers = new Map<Digest, Set<() => void>>();

  const notifier: Notifier = {
    watch: (id, signal) => ({ ready: Promise.resolve(), changed: changed(id, signal) }),
  };
  return { notifier, wake };

  function wake(id: Digest): void {
    for (const end of watchers.get(id) ?? []) end();
  }

  function changed(id: Digest, signal: AbortSignal): Promise<void> {
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
    const got = typeof maxRecords === "number" ? maxRecords : `a ${typeof maxRecords}`;
    throw new TypeError(
      `Expected \`maxRecords\` to be an integer from 1 to ${MAX_RECORDS_MAX}, got ${got}.`,
    );
  }
  if (typeof clock !== "function") {
    throw new TypeError(`Expected \`clock\` to be a function, got a ${typeof clock}.`);
  }
  return { maxRecords, clock };
}
