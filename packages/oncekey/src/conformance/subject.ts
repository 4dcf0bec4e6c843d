/** What the cases are given, and the claims they make. Ids are random: cases share a store. */
import type { Inspector } from "../core/inspector.ts";
import type { Completed, Digest, IdempotencyRecord, Unsettled } from "../core/record.ts";
import type { Claim, ClaimRequest, Lease, Store } from "../core/store.ts";
import { equal, ok } from "./case.ts";

export interface StoreSubject {
  readonly store: Store;
  /** Turns the store's clock on by `ms`, or waits until that clock has gone at least so far. */
  pass(ms: number): Promise<void>;
}

export interface InspectorSubject extends StoreSubject {
  readonly inspector: Inspector;
}

/** A lease that must end within the case. Short, because real databases have to wait for it. */
export const LEASE_MS = 300;

/** A retention that must end within the case. */
export const RETENTION_MS = 1000;

/** Whatever must not end within the case, on the slowest machine. */
export const LONG_MS = 600_000;

export const RESULT: Uint8Array = new TextEncoder().encode("the first answer");
export const OTHER_RESULT: Uint8Array = new TextEncoder().encode("another answer");

/** 64 random hex digits, as good as any SHA-256. */
export function digest(): Digest {
  return randomHex(32);
}

/** A claim of a key that nobody has used, unrepeatable and long-lived unless told otherwise. */
export function request(wanted: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    id: digest(),
    scope: digest(),
    fingerprint: digest(),
    effects: "unrepeatable",
    label: "POST /payments",
    leaseMs: LONG_MS,
    retentionMs: LONG_MS,
    nonce: randomHex(16),
    ...wanted,
  };
}

/** The same request from another caller: only the nonce differs, unless told otherwise. */
export function duplicate(of: ClaimRequest, wanted: Partial<ClaimRequest> = {}): ClaimRequest {
  return { ...of, nonce: randomHex(16), ...wanted };
}

export type Claimed = Extract<Claim, { outcome: "claimed" }>;

/** The claim, which must have been won. */
export async function claimed(store: Store, wanted: ClaimRequest): Promise<Claimed> {
  const claim = await store.claim(wanted);
  equal(claim.outcome, "claimed", "the outcome of the claim");
  return claim as Claimed;
}

/** The lease of a claim, which must have been won. */
export async function owned(store: Store, wanted: ClaimRequest): Promise<Lease> {
  return (await claimed(store, wanted)).lease;
}

/** The record that stood in the claim's way: there must have been one. */
export async function taken(store: Store, wanted: ClaimRequest): Promise<IdempotencyRecord> {
  const claim = await store.claim(wanted);
  equal(claim.outcome, "taken", "the outcome of the claim");
  return (claim as Extract<Claim, { outcome: "taken" }>).record;
}

/** The record as it reads now: it must be there, and completed. */
export async function completed(store: Store, id: Digest): Promise<Completed> {
  const record = await present(store, id);
  equal(record.state, "completed", "the state");
  return record as Completed;
}

/** The record as it reads now: it must be there, and not completed. */
export async function unsettled(store: Store, id: Digest): Promise<Unsettled> {
  const record = await present(store, id);
  ok(record.state !== "completed", "the record is not completed");
  return record;
}

/** The record as it reads now: it must be there. */
export async function present(store: Store, id: Digest): Promise<IdempotencyRecord> {
  const record = await store.get(id);
  ok(record !== undefined, "there is a record");
  return record;
}

/** One record of each kind in a scope of their own. */
export async function oneOfEach(
  store: Store,
  retentionMs?: number,
): Promise<{
  scope: Digest;
  ids: { running: Digest; doubtful: Digest; ended: Digest; completed: Digest };
}> {
  const scope = digest();
  const wanted = { scope, ...(retentionMs !== undefined && { retentionMs }) };
  const running = await owned(store, request(wanted));
  const doubtful = await owned(store, request(wanted));
  await store.renew(doubtful, 0);
  const ended = await owned(store, request({ ...wanted, effects: "repeatable" }));
  await store.renew(ended, 0);
  const done = await owned(store, request(wanted));
  await store.complete(done, RESULT);
  const ids = {
    running: running.id,
    doubtful: doubtful.id,
    ended: ended.id,
    completed: done.id,
  };
  return { scope, ids };
}

/** How many of `answers` are true. */
export function trues(answers: readonly boolean[]): number {
  return answers.filter((answer) => answer === true).length;
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
