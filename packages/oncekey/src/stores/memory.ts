/**
 * Records in this process: for development, for tests, and for services that are one process.
 *
 * Nothing outlives the process, and no other process sees it. Memory is bounded by refusing new
 * keys, never by forgetting a live record: one that was evicted would be charged again.
 */
import type { Inspector, ListRequest } from "../core/inspector.ts";
import type { Notifier } from "../core/notifier.ts";
import type { IdempotencyRecord, Token } from "../core/record.ts";
import type { Claim, Store } from "../core/store.ts";
import { createNotifier } from "./memory-notifier.ts";
import { expiryOf, type Kept, mayFollow, read, stateOf } from "./memory-record.ts";
import { createTable } from "./memory-table.ts";

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

/** @example const store = memoryStore({ maxRecords: 10_000 }); */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxRecords, clock } = checked(options);
  const records = createTable(maxRecords);
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
      if (result === undefined) records.forget(kept);
      else records.settle(kept, records.nextToken(), result, now);
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

    async erase(lease, instead) {
      const kept = records.owned(lease, clock());
      if (kept?.result === undefined) return false;
      if (instead === undefined) records.forget(kept);
      else records.replace(kept, instead);
      return true;
    },
  };
}

function claimed({ id, token, attempt, claimedAt }: Kept): Claim {
  return { outcome: "claimed", lease: { id, token }, attempt, claimedAt };
}

function isListed(kept: Kept, { scope, state }: ListRequest, now: number): boolean {
  if (expiryOf(kept) <= now) return false;
  if (scope !== undefined && scope !== kept.scope) return false;
  return state === undefined || state === stateOf(kept, now);
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
