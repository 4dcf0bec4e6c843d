/** What completing promises: one result for good, kept only under its token. */
import type { Store } from "../core/store.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  claimed,
  completed,
  duplicate,
  LEASE_MS,
  OTHER_RESULT,
  owned,
  present,
  RESULT,
  request,
  type StoreSubject,
  taken,
} from "./subject.ts";

export const completionCases: readonly Case<StoreSubject>[] = [
  {
    name: "a completion keeps the result, and every word of the claim, for its retention",
    async run({ store }) {
      const wanted = request({ effects: "repeatable" });
      const claim = await claimed(store, wanted);
      equal(await store.complete(claim.lease, RESULT), true, "the completion");
      const record = await completed(store, wanted.id);
      sameBytes(record.result, RESULT, "the result");
      equal(record.id, wanted.id, "the id");
      equal(record.scope, wanted.scope, "the scope");
      equal(record.fingerprint, wanted.fingerprint, "the fingerprint");
      equal(record.effects, wanted.effects, "the effects");
      equal(record.label, wanted.label, "the label");
      equal(record.token, claim.lease.token, "the token");
      equal(record.attempt, 1, "the attempt");
      equal(record.claimedAt, claim.claimedAt, "claimedAt");
      ok(record.completedAt >= record.claimedAt, "it was completed after it was claimed");
      equal(record.expiresAt - record.completedAt, wanted.retentionMs, "the retention");
    },
  },
  {
    // One time for claim and result would forget an answer because its handler was slow.
    name: "the retention is counted from the completion, not from the claim",
    async run({ store, pass }) {
      const wanted = request();
      const claim = await claimed(store, wanted);
      await pass(LEASE_MS);
      equal(await store.complete(claim.lease, RESULT), true, "the completion");
      const record = await completed(store, wanted.id);
      ok(record.completedAt - record.claimedAt >= LEASE_MS, "completedAt is the completion's");
      equal(record.expiresAt - record.completedAt, wanted.retentionMs, "the retention");
    },
  },
  {
    // Its reply was lost. Told false, the owner would believe that another one has answered.
    name: "a completion made again says true, and the first result stays",
    async run({ store, pass }) {
      const lease = await owned(store, request());
      equal(await store.complete(lease, RESULT), true, "the completion");
      const first = await completed(store, lease.id);
      await pass(LEASE_MS);
      equal(await store.complete(lease, OTHER_RESULT), true, "the completion made again");
      const record = await completed(store, lease.id);
      sameBytes(record.result, RESULT, "the result");
      equal(record.completedAt, first.completedAt, "completedAt");
      equal(record.expiresAt, first.expiresAt, "expiresAt");
    },
  },
  {
    // The owner was only slow. Refusing it would leave a known outcome unknown for ever.
    name: "a late completion under an unchanged token heals a record in doubt",
    async run({ store, pass }) {
      const wanted = request({ leaseMs: LEASE_MS });
      const lease = await owned(store, wanted);
      await pass(LEASE_MS);
      equal((await taken(store, duplicate(wanted))).state, "in-doubt", "the state");
      equal(await store.complete(lease, RESULT), true, "the late completion");
      const record = await taken(store, duplicate(wanted));
      equal(record.state, "completed", "the healed state");
      sameBytes("result" in record && record.result, RESULT, "the result");
    },
  },
  {
    name: "a late completion is kept when the lease ended unfollowed",
    async run({ store }) {
      const wanted = request({ effects: "repeatable" });
      const lease = await owned(store, wanted);
      await store.renew(lease, 0);
      equal(await store.complete(lease, RESULT), true, "the late completion");
      sameBytes((await completed(store, wanted.id)).result, RESULT, "the result");
    },
  },
  {
    // The loser would overwrite the answer that everybody else was given.
    name: "a stale completion changes nothing and says false",
    async run({ store }) {
      const first = request({ effects: "repeatable" });
      const stale = await owned(store, first);
      await store.renew(stale, 0);
      const current = await owned(store, duplicate(first));
      equal(await store.complete(stale, OTHER_RESULT), false, "the stale completion");
      equal((await present(store, first.id)).state, "in-flight", "the state");
      equal(await store.complete(current, RESULT), true, "the owner's completion");
      equal(await store.complete(stale, OTHER_RESULT), false, "a stale completion afterwards");
      sameBytes((await completed(store, first.id)).result, RESULT, "the result");
    },
  },
  {
    name: "a result is kept byte for byte, all 256 values of them",
    async run({ store }) {
      const every = Uint8Array.from(
        { length: 1024 },
        (_, index) => (index * 7 + (index >> 8)) & 255,
      );
      sameBytes(await keptResult(store, every), every, "the result");
    },
  },
  {
    // A 204 has nothing to say, and must not read as "no answer yet".
    name: "an empty result is a result",
    async run({ store }) {
      sameBytes(await keptResult(store, new Uint8Array(0)), new Uint8Array(0), "the result");
    },
  },
  {
    name: "a result of 1 MiB is kept whole",
    async run({ store }) {
      const large = Uint8Array.from(
        { length: 1 << 20 },
        (_, index) => (index ^ (index >> 9)) & 255,
      );
      sameBytes(await keptResult(store, large), large, "the result");
    },
  },
  {
    // A buffer from a pool is used again as soon as the call is over, and a view is not its buffer.
    name: "a result is the caller's view, and what becomes of its bytes later changes no record",
    async run({ store }) {
      const buffer = new Uint8Array(64).fill(255);
      buffer.set(RESULT, 7);
      const lease = await owned(store, request());
      await store.complete(lease, buffer.subarray(7, 7 + RESULT.length));
      buffer.fill(0);
      const read = (await completed(store, lease.id)).result;
      sameBytes(read, RESULT, "the result");
      read.fill(0);
      sameBytes((await completed(store, lease.id)).result, RESULT, "the result when read again");
    },
  },
  {
    name: "a label comes back exactly, whatever is in it",
    async run({ store }) {
      for (const label of LABELS) {
        const wanted = request({ label });
        const lease = await owned(store, wanted);
        equal((await present(store, wanted.id)).label, label, "the label");
        await store.complete(lease, RESULT);
        equal((await completed(store, wanted.id)).label, label, "the label once completed");
      }
    },
  },
];

/** What has broken quoting, splitting, length counting and collation somewhere before. */
const LABELS: readonly string[] = [
  "",
  " ",
  "POST /payments",
  `'; DROP TABLE oncekey; -- "`,
  `{"json":true,"n":[1,2]}\\n\\u0000`,
  "$1 $2 ? ?? %s %00 {{id}} $(id) `id` :name @name",
  "tab\tline\nreturn\rbell\u0007escape\u001b[31m",
  "Grüße, 支払い, оплата, दान, \u202eevig",
  "e\u0301 is not \u00e9",
  "👩‍👩‍👧‍👦".repeat(18),
  "p".repeat(200),
  "支".repeat(200),
];

/** What a completion with `result` reads as, both by the key and in a duplicate's way. */
async function keptResult(store: Store, result: Uint8Array): Promise<Uint8Array> {
  const wanted = request();
  equal(await store.complete(await owned(store, wanted), result), true, "the completion");
  const record = await taken(store, duplicate(wanted));
  sameBytes("result" in record && record.result, result, "the duplicate's result");
  return (await completed(store, wanted.id)).result;
}
