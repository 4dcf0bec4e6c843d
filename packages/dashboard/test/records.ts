/** Records to look at, made the way the library makes them: by claims, completions and silence. */
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Inspector, recordId, type Store, scopeDigest } from "oncekey";

export interface Wanted {
  readonly scope?: string;
  readonly key?: string;
  readonly label?: string;
  readonly effects?: "unrepeatable" | "repeatable";
  readonly leaseMs?: number;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** An owner's claim. */
export async function claimed(store: Store, wanted: Wanted = {}) {
  const { scope = "ann", key = randomUUID(), label = "POST /payments" } = wanted;
  const address = { id: recordId(scope, key), scope: scopeDigest(scope) };
  const claim = await store.claim({
    ...address,
    fingerprint: digest(key),
    effects: wanted.effects ?? "unrepeatable",
    label,
    leaseMs: wanted.leaseMs ?? 60_000,
    retentionMs: 3_600_000,
    nonce: randomUUID().replaceAll("-", ""),
  });
  if (claim.outcome !== "claimed") throw new Error("Expected a key that nobody has used.");
  return { ...claim.lease, scope: address.scope, key };
}

/** How long a record may take to turn to what was wanted: clocks of databases are others. */
const PATIENCE_MS = 10_000;

/** A record whose owner gave up: in doubt at once, by the store's clock. */
export async function inDoubt(store: Store & Inspector, wanted: Wanted = {}) {
  const lease = await claimed(store, wanted);
  await store.renew(lease, 0);
  const deadline = Date.now() + PATIENCE_MS;
  while ((await store.get(lease.id))?.state !== "in-doubt") {
    if (Date.now() > deadline) throw new Error("The record did not turn to in doubt.");
    await pause(5);
  }
  return lease;
}
