/** The verbs of the Postgres store as batches: what each call puts in, and what it is told. */
import { checkInteger, refuse } from "../core/check.ts";
import { StoreUnavailable } from "../core/errors.ts";
import type { Digest, IdempotencyRecord } from "../core/record.ts";
import type { Claim, ClaimRequest, Lease } from "../core/store.ts";
import { integerOf, recordOf, textOf } from "./postgres-rows.ts";
import { createBatch, type Reply } from "./sql/batch.ts";
import type { SqlRow, SqlValue } from "./sql/client.ts";

/** One statement, said with these values. Rejects with `StoreUnavailable`. */
export type Ask = (values: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

export interface FencedCall {
  readonly lease: Lease;
  readonly leaseMs?: number;
  readonly result?: Uint8Array;
}

/** Three hundred years: whatever is added to an instant must stay an exact number. */
const DURATION_MAX_MS = 1e13;

export function createClaim(ask: Ask, follow: Ask): (request: ClaimRequest) => Promise<Claim> {
  const claim = createBatch<ClaimRequest, Told>({
    idOf: ({ id }) => id,
    follow: followClaim,
    async ask(requests) {
      const found = byId(await ask(listsOf(requests)));
      const free = requests.filter(({ id }) => found.get(id)?.outcome === "free");
      const followed = byId(free.length === 0 ? [] : await follow(listsOf(free)));
      return requests.map((request) => {
        const { id } = request;
        return attempted(() => claimReply(request, found.get(id), followed.get(id)));
      });
    },
  });
  return async (request) => {
    checkHex("id", request.id, 64);
    checkHex("scope", request.scope, 64);
    checkHex("fingerprint", request.fingerprint, 64);
    checkHex("nonce", request.nonce, 32);
    checkInteger("leaseMs", request.leaseMs, 0, DURATION_MAX_MS);
    checkInteger("retentionMs", request.retentionMs, 0, DURATION_MAX_MS);
    return (await claim(request)).claim;
  };
}

/** A claim's answer, and what a follower must know of it beside. */
interface Told {
  readonly claim: Claim;
  /** Of the record that was in the way: whose claim, made again, would not find it in the way. */
  readonly nonce?: string;
  readonly leaseEndsAt: number;
}

function listsOf(requests: readonly ClaimRequest[]): readonly SqlValue[] {
  return [
    listOf(requests, ({ id }) => id),
    listOf(requests, ({ nonce }) => nonce),
    listOf(requests, ({ scope }) => scope),
    listOf(requests, ({ fingerprint }) => fingerprint),
    listOf(requests, ({ effects }) => effects),
    listOf(requests, ({ leaseMs }) => leaseMs),
    listOf(requests, ({ retentionMs }) => retentionMs),
    listOf(requests, ({ label }) => quoted(label)),
  ];
}

function claimReply(
  request: ClaimRequest,
  row: SqlRow | undefined,
  followed: SqlRow | undefined,
): Reply<Told> {
  if (followed !== undefined) return { kind: "answer", answer: claimedBy(request, followed) };
  // Neither claimed nor seen: inserted by another session after this statement had begun.
  if (row === undefined) return { kind: "busy", lastly: { kind: "failure", error: busy() } };
  if (row.outcome === "later") return { kind: "later" };
  if (row.outcome === "claimed") return { kind: "answer", answer: claimedBy(request, row) };
  const isFree = row.outcome === "free";
  // Released or expired, and held by somebody: there is nothing to say that would be true.
  if (isFree && (row.state === "released" || row.state === "completed")) {
    return { kind: "busy", lastly: { kind: "failure", error: busy() } };
  }
  const answer: Told = {
    claim: { outcome: "taken", record: recordOf(row) },
    nonce: textOf(row, "nonce"),
    leaseEndsAt: 0,
  };
  // Free to follow, but held by somebody, who may be about to complete it: taken, as it was seen.
  return isFree ? { kind: "busy", lastly: { kind: "answer", answer } } : { kind: "answer", answer };
}

function claimedBy({ id }: ClaimRequest, row: SqlRow): Told {
  return {
    claim: {
      outcome: "claimed",
      lease: { id, token: integerOf(row, "token") },
      attempt: integerOf(row, "attempt"),
      claimedAt: integerOf(row, "claimed"),
    },
    leaseEndsAt: integerOf(row, "ends"),
  };
}

/** Duplicates of one turn are told of the first one's answer, where theirs could be no other. */
function followClaim(first: ClaimRequest, told: Told, request: ClaimRequest): Told | undefined {
  if (request.nonce === first.nonce) return told;
  const { claim } = told;
  if (claim.outcome === "claimed") {
    if (first.leaseMs === 0) return undefined;
    const { scope, fingerprint, effects, label } = first;
    const { lease, attempt, claimedAt } = claim;
    const subject = { id: lease.id, scope, fingerprint, effects, label };
    const owned = { ...subject, token: lease.token, attempt, claimedAt };
    const record = { ...owned, state: "in-flight", leaseEndsAt: told.leaseEndsAt } as const;
    return { ...told, claim: { outcome: "taken", record } };
  }
  // What was in the way of the first may be free for one that it belongs to.
  if (request.nonce === told.nonce || request.fingerprint !== first.fingerprint) return undefined;
  return { ...told, claim: { outcome: "taken", record: copyOf(claim.record) } };
}

export function createGet(ask: Ask): (id: Digest) => Promise<IdempotencyRecord | undefined> {
  const get = createBatch<Digest, { readonly record: IdempotencyRecord | undefined }>({
    idOf: (id) => id,
    follow: (_, { record }) => ({ record: record && copyOf(record) }),
    async ask(ids) {
      const found = byId(await ask([listOf(ids, (id) => id)]));
      return ids.map((id) =>
        attempted(() => {
          const row = found.get(id);
          if (row?.state === "later") return { kind: "later" };
          return { kind: "answer", answer: { record: row && recordOf(row) } };
        }),
      );
    },
  });
  return async (id) => {
    checkHex("id", id, 64);
    return (await get(id)).record;
  };
}

interface Verb {
  /** True for the first, and false for the same call right after it. */
  readonly once: boolean;
  readonly carries: "leaseMs" | "result" | "nothing";
  /** What the record is while this can be done: if it was not, somebody holds it. */
  readonly from: readonly IdempotencyRecord["state"][];
  /** What the record is when it was done before, under this token. */
  readonly done?: IdempotencyRecord["state"];
}

const UNSETTLED = ["in-flight", "in-doubt"] as const;

export const RENEW: Verb = { once: false, carries: "leaseMs", from: UNSETTLED };
export const COMPLETE: Verb = {
  once: false,
  carries: "result",
  from: UNSETTLED,
  done: "completed",
};
export const RELEASE: Verb = { once: true, carries: "nothing", from: UNSETTLED };
export const RESOLVE: Verb = { once: true, carries: "result", from: ["in-doubt"] };

/** A write under a token. What it leaves alone is looked at, to say why. */
export function createFenced(
  { once, carries, from, done }: Verb,
  write: Ask,
  look: Ask,
): (call: FencedCall) => Promise<boolean> {
  const batch = createBatch<FencedCall, boolean>({
    idOf: ({ lease }) => lease.id,
    bytesOf: ({ result }) => result?.length ?? 0,
    follow(first, answer, call) {
      if (call.lease.token !== first.lease.token) return undefined;
      if (call.leaseMs !== first.leaseMs) return undefined;
      return answer && !once;
    },
    async ask(calls) {
      const values: SqlValue[] = [
        listOf(calls, ({ lease }) => lease.id),
        listOf(calls, ({ lease }) => lease.token),
      ];
      if (carries === "leaseMs") values.push(listOf(calls, ({ leaseMs }) => leaseMs ?? 0));
      if (carries === "result") values.push(...resultsOf(calls));
      const written = byId(await write(values));
      const left = calls.filter(({ lease }) => !written.has(lease.id));
      const seen = byId(
        left.length === 0 ? [] : await look([listOf(left, ({ lease }) => lease.id)]),
      );
      return calls.map(({ lease }) =>
        written.has(lease.id)
          ? { kind: "answer", answer: true }
          : attempted(() => fencedReply(lease, seen.get(lease.id))),
      );
    },
  });

  function fencedReply({ token }: Lease, row: SqlRow | undefined): Reply<boolean> {
    if (row === undefined || integerOf(row, "token") !== token) {
      return { kind: "answer", answer: false };
    }
    const isHeld = from.some((state) => state === row.state);
    if (isHeld) return { kind: "busy", lastly: { kind: "failure", error: busy() } };
    return { kind: "answer", answer: row.state === done };
  }

  return async (call) => {
    checkHex("id", call.lease.id, 64);
    if (carries === "leaseMs") checkInteger("leaseMs", call.leaseMs, 0, DURATION_MAX_MS);
    // Nobody was ever given such a token.
    if (!Number.isSafeInteger(call.lease.token) || call.lease.token < 1) return false;
    return batch(call);
  };
}

/** All results as one value, and where in it each of them is. */
function resultsOf(calls: readonly FencedCall[]): readonly SqlValue[] {
  const results = calls.map(({ result }) => result ?? new Uint8Array(0));
  const starts: number[] = [];
  let length = 0;
  for (const result of results) {
    starts.push(length + 1);
    length += result.length;
  }
  const [only] = results;
  const bytes = results.length === 1 && only !== undefined ? only : new Uint8Array(length);
  if (bytes !== only) {
    for (const [index, result] of results.entries()) bytes.set(result, (starts[index] ?? 1) - 1);
  }
  const list = (numbers: readonly number[]): string => listOf(numbers, (number) => number);
  return [list(starts), list(results.map((result) => result.length)), bytes];
}

/** A list as Postgres writes it. Numbers and hex digits need no quotes. */
function listOf<Call>(calls: readonly Call[], value: (call: Call) => string | number): string {
  return `{${calls.map(value).join(",")}}`;
}

/** Postgres has no text with a NUL in it, and one label must not fail the calls beside it. */
function quoted(label: string): string {
  return `"${label.replace(/[\\"]/g, "\\$&").replaceAll("\0", "\ufffd")}"`;
}

function byId(rows: readonly SqlRow[]): Map<unknown, SqlRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** One damaged record must not fail the calls beside it. */
function attempted<Answer>(reply: () => Reply<Answer>): Reply<Answer> {
  try {
    return reply();
  } catch (error) {
    return { kind: "failure", error };
  }
}

/** Each caller has bytes of its own, or one could change another's answer. */
function copyOf(record: IdempotencyRecord): IdempotencyRecord {
  return record.state === "completed" ? { ...record, result: record.result.slice() } : record;
}

function busy(): StoreUnavailable {
  return new StoreUnavailable("The record is held by a transaction that does not come to an end.");
}

/** In a statement that many share, a mistaken call would fail all of them. */
function checkHex(name: string, value: unknown, digits: number): void {
  if (typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value)) return;
  refuse(
    name,
    `${digits} lower-case hex digits`,
    typeof value === "string" ? "another text" : value,
  );
}
