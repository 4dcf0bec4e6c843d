/** What a claim promises: atomic, told apart by its nonce, following only whom it may. */
import type { Effects } from "../core/record.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  claimed,
  completed,
  digest,
  duplicate,
  LEASE_MS,
  LONG_MS,
  owned,
  present,
  RESULT,
  RETENTION_MS,
  request,
  type StoreSubject,
  taken,
  unsettled,
} from "./subject.ts";

const EVERY_EFFECTS: readonly Effects[] = ["unrepeatable", "repeatable", "transactional"];

export const claimCases: readonly Case<StoreSubject>[] = [
  {
    name: "a claim takes an absent record, as attempt 1, with a positive integer as its token",
    async run({ store }) {
      const wanted = request();
      equal(await store.get(wanted.id), undefined, "an absent record");
      const claim = await claimed(store, wanted);
      equal(claim.lease.id, wanted.id, "the id of the lease");
      equal(claim.attempt, 1, "the attempt");
      ok(Number.isSafeInteger(claim.lease.token) && claim.lease.token > 0, "the token is positive");
    },
  },
  {
    name: "the record says exactly what the claim said, by the store's clock",
    async run({ store }) {
      for (const effects of EVERY_EFFECTS) {
        const wanted = request({ effects, label: `PATCH /${effects}` });
        const claim = await claimed(store, wanted);
        const record = await unsettled(store, wanted.id);
        equal(record.state, "in-flight", "the state");
        equal(record.id, wanted.id, "the id");
        equal(record.scope, wanted.scope, "the scope");
        equal(record.fingerprint, wanted.fingerprint, "the fingerprint");
        equal(record.effects, effects, "the effects");
        equal(record.label, wanted.label, "the label");
        equal(record.token, claim.lease.token, "the token");
        equal(record.attempt, 1, "the attempt");
        equal(record.claimedAt, claim.claimedAt, "claimedAt");
        equal(record.leaseEndsAt - record.claimedAt, wanted.leaseMs, "the length of the lease");
      }
    },
  },
  {
    // Units mixed up, or the caller's clock in place of the store's, would show here.
    name: "instants are of the store's clock, in whole milliseconds",
    async run({ store, pass }) {
      const first = await claimed(store, request());
      await pass(LEASE_MS);
      const second = await claimed(store, request());
      ok(Number.isSafeInteger(first.claimedAt), "claimedAt is an integer");
      ok(second.claimedAt - first.claimedAt >= LEASE_MS, "claimedAt follows the store's clock");
    },
  },
  {
    name: "a claim of a record in flight is told what is there, and changes nothing",
    async run({ store }) {
      const first = request();
      const lease = await owned(store, first);
      const before = await unsettled(store, first.id);
      const record = await taken(store, duplicate(first, { label: "DELETE /payments" }));
      equal(record.state, "in-flight", "the state");
      equal(record.token, lease.token, "the token");
      const after = await unsettled(store, first.id);
      equal(after.leaseEndsAt, before.leaseEndsAt, "leaseEndsAt");
      equal(after.label, first.label, "the label");
    },
  },
  {
    name: "a claim of a completed record is told its result",
    async run({ store }) {
      const first = request();
      await store.complete(await owned(store, first), RESULT);
      const record = await taken(store, duplicate(first));
      equal(record.state, "completed", "the state");
      sameBytes("result" in record && record.result, RESULT, "the result");
    },
  },
  {
    // Or a reused key would be answered with a stranger's result, or run beside the first.
    name: "a claim with another fingerprint is told of the first one's record",
    async run({ store }) {
      const first = request();
      const lease = await owned(store, first);
      const other = duplicate(first, { fingerprint: digest() });
      equal((await taken(store, other)).fingerprint, first.fingerprint, "the fingerprint");
      await store.complete(lease, RESULT);
      equal((await taken(store, other)).fingerprint, first.fingerprint, "the fingerprint");
    },
  },
  {
    // The reply was lost on the way. Refused, the only caller would wait for itself.
    name: "the same nonce again is the same claim: same token, same attempt, lease counted anew",
    async run({ store, pass }) {
      for (const effects of EVERY_EFFECTS) {
        const wanted = request({ effects, leaseMs: LEASE_MS });
        const first = await claimed(store, wanted);
        const before = await unsettled(store, wanted.id);
        await pass(LEASE_MS);
        const again = await claimed(store, wanted);
        equal(again.lease.token, first.lease.token, "the token");
        equal(again.attempt, first.attempt, "the attempt");
        const after = await unsettled(store, wanted.id);
        ok(after.leaseEndsAt >= before.leaseEndsAt + LEASE_MS, "the lease is counted anew");
      }
    },
  },
  {
    name: "the same nonce again on a completed record is told its result",
    async run({ store }) {
      const wanted = request();
      await store.complete(await owned(store, wanted), RESULT);
      equal((await taken(store, wanted)).state, "completed", "the state");
    },
  },
  {
    name: "a nonce that was followed no longer owns the record",
    async run({ store }) {
      const first = request({ effects: "repeatable" });
      await store.renew(await owned(store, first), 0);
      const second = await owned(store, duplicate(first));
      equal((await taken(store, first)).token, second.token, "the token");
    },
  },
  {
    name: "two keys never touch each other, not even under one nonce",
    async run({ store }) {
      const one = request();
      const other = request({ nonce: one.nonce, scope: one.scope, fingerprint: one.fingerprint });
      const lease = await owned(store, one);
      const second = await owned(store, other);
      equal(await store.complete({ ...second, id: one.id }, RESULT), false, "a foreign token");
      equal(await store.complete(lease, RESULT), true, "the completion");
      equal((await present(store, other.id)).state, "in-flight", "the other key's state");
      equal(await store.release(second), true, "the release");
      sameBytes((await completed(store, one.id)).result, RESULT, "the result");
    },
  },
  {
    // A count that restarts lets the first owner, long dead, pass the third one's fence.
    name: "a token never repeats, not even after a release",
    async run({ store }) {
      const first = request();
      let before = 0;
      for (let round = 0; round < 4; round += 1) {
        const claim = await claimed(store, duplicate(first));
        ok(claim.lease.token > before, "a later claim carries a greater token");
        equal(claim.attempt, 1, "the attempt after a release");
        before = claim.lease.token;
        equal(await store.release(claim.lease), true, "the release");
      }
    },
  },
  {
    name: "a lease that ended is followed: the attempt is one more, the token greater",
    async run({ store, pass }) {
      for (const effects of ["repeatable", "transactional"] as const) {
        const first = request({ effects, leaseMs: LEASE_MS });
        const lease = await owned(store, first);
        await pass(LEASE_MS);
        const second = await claimed(store, duplicate(first, { leaseMs: LONG_MS }));
        equal(second.attempt, 2, "the attempt");
        ok(second.lease.token > lease.token, "the token is greater");
        const record = await unsettled(store, first.id);
        equal(record.state, "in-flight", "the state");
        equal(record.attempt, 2, "the record's attempt");
        equal(record.token, second.lease.token, "the record's token");
        equal(record.claimedAt, second.claimedAt, "the record's claimedAt");
        equal(record.leaseEndsAt - record.claimedAt, LONG_MS, "the length of the lease");
        await store.renew(second.lease, 0);
        equal((await claimed(store, duplicate(first))).attempt, 3, "the third attempt");
      }
    },
  },
  {
    name: "a lease that ended is never followed by another fingerprint while the record is kept",
    async run({ store }) {
      const first = request({ effects: "repeatable" });
      const lease = await owned(store, first);
      await store.renew(lease, 0);
      const record = await taken(store, duplicate(first, { fingerprint: digest() }));
      equal(record.fingerprint, first.fingerprint, "the fingerprint");
      equal(record.token, lease.token, "the token");
      equal((await claimed(store, duplicate(first))).attempt, 2, "the honest retry's attempt");
    },
  },
  {
    // Charged, and the process died before it could say so: following would charge again.
    name: "an unrepeatable record whose lease ended reads as in doubt, and is never followed",
    async run({ store, pass }) {
      const first = request({ leaseMs: LEASE_MS });
      const lease = await owned(store, first);
      await pass(LEASE_MS);
      for (const retry of [duplicate(first), duplicate(first, { fingerprint: digest() })]) {
        const record = await taken(store, retry);
        equal(record.state, "in-doubt", "the state");
        equal(record.token, lease.token, "the token");
      }
      equal((await present(store, first.id)).state, "in-doubt", "the state when read");
    },
  },
  {
    name: "the record's own word decides whether it is followed, not the newcomer's",
    async run({ store }) {
      const careful = request({ effects: "unrepeatable" });
      await store.renew(await owned(store, careful), 0);
      const record = await taken(store, duplicate(careful, { effects: "repeatable" }));
      equal(record.state, "in-doubt", "the state");
      equal(record.effects, "unrepeatable", "the effects");

      const easy = request({ effects: "repeatable" });
      await store.renew(await owned(store, easy), 0);
      const second = await owned(store, duplicate(easy, { effects: "unrepeatable" }));
      await store.renew(second, 0);
      equal((await taken(store, duplicate(easy))).state, "in-doubt", "the newcomer's own state");
    },
  },
  {
    // Where rows are purged by and by, one that is over must not go on answering or blocking.
    name: "an expired record reads as absent and is claimed afresh, though nothing has reaped it",
    async run({ store, pass }) {
      const first = request({ effects: "repeatable", retentionMs: RETENTION_MS });
      await store.renew(await owned(store, first), 0);
      const second = await owned(store, duplicate(first));
      await store.complete(second, RESULT);
      await pass(RETENTION_MS);
      equal(await store.get(first.id), undefined, "an expired record");
      const fresh = duplicate(first, { fingerprint: digest(), effects: "unrepeatable" });
      const claim = await claimed(store, fresh);
      equal(claim.attempt, 1, "the attempt");
      ok(claim.lease.token > second.token, "the token is greater");
      const record = await unsettled(store, first.id);
      equal(record.state, "in-flight", "the state");
      equal(record.fingerprint, fresh.fingerprint, "the fingerprint");
      equal(record.effects, "unrepeatable", "the effects");
      equal(await store.complete(second, RESULT), false, "a completion from before");
    },
  },
  {
    name: "an unsettled record expires a retention after its lease ended unfollowed",
    async run({ store, pass }) {
      const first = request({
        effects: "repeatable",
        leaseMs: LEASE_MS,
        retentionMs: RETENTION_MS,
      });
      const lease = await owned(store, first);
      await pass(LEASE_MS + RETENTION_MS);
      equal(await store.get(first.id), undefined, "an expired record");
      const claim = await claimed(store, duplicate(first, { fingerprint: digest() }));
      equal(claim.attempt, 1, "the attempt");
      ok(claim.lease.token > lease.token, "the token is greater");
    },
  },
  {
    name: "a record under a live lease never expires",
    async run({ store, pass }) {
      const first = request({ effects: "repeatable", retentionMs: RETENTION_MS });
      const lease = await owned(store, first);
      await pass(RETENTION_MS);
      equal((await taken(store, duplicate(first))).token, lease.token, "the token");
      equal(await store.complete(lease, RESULT), true, "the completion");
    },
  },
  {
    name: "a record in doubt never expires",
    async run({ store, pass }) {
      const first = request({ leaseMs: LEASE_MS, retentionMs: RETENTION_MS });
      const lease = await owned(store, first);
      await pass(LEASE_MS + RETENTION_MS);
      const record = await taken(store, duplicate(first, { fingerprint: digest() }));
      equal(record.state, "in-doubt", "the state");
      equal((await present(store, first.id)).token, lease.token, "the token");
      equal(await store.complete(lease, RESULT), true, "the completion that heals it");
    },
  },
];
