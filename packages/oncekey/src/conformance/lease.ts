/** What an owner's lease promises: it is renewed and given up by its token alone. */
import type { Lease, Store } from "../core/store.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  claimed,
  completed,
  digest,
  duplicate,
  LEASE_MS,
  LONG_MS,
  OTHER_RESULT,
  owned,
  present,
  RESULT,
  request,
  type StoreSubject,
  taken,
  unsettled,
} from "./subject.ts";

export const leaseCases: readonly Case<StoreSubject>[] = [
  {
    name: "a renewal lets the lease end that much from now, and changes nothing else",
    async run({ store, pass }) {
      const wanted = request();
      const lease = await owned(store, wanted);
      const before = await unsettled(store, wanted.id);
      await pass(LEASE_MS);
      equal(await store.renew(lease, LONG_MS), true, "the renewal");
      const after = await unsettled(store, wanted.id);
      ok(after.leaseEndsAt >= before.leaseEndsAt + LEASE_MS, "the lease ends later");
      equal(after.state, "in-flight", "the state");
      equal(after.token, lease.token, "the token");
      equal(after.attempt, 1, "the attempt");
      equal(after.claimedAt, before.claimedAt, "claimedAt");
      equal(await store.renew(lease, LEASE_MS), true, "a renewal for less");
      const shorter = await unsettled(store, wanted.id);
      ok(shorter.leaseEndsAt < after.leaseEndsAt, "a shorter lease ends earlier");
    },
  },
  {
    // How an owner says that it does not know, and how a repeatable one lets others go ahead.
    name: "a renewal for 0 ms gives up at once",
    async run({ store }) {
      const careful = request();
      equal(await store.renew(await owned(store, careful), 0), true, "giving up");
      equal((await present(store, careful.id)).state, "in-doubt", "the unrepeatable one's state");
      const easy = request({ effects: "repeatable" });
      equal(await store.renew(await owned(store, easy), 0), true, "giving up");
      equal((await claimed(store, duplicate(easy))).attempt, 2, "the follower's attempt");
    },
  },
  {
    // The owner was only slow, and nobody came: stopping it would help no one.
    name: "a late renewal works as long as nobody followed",
    async run({ store, pass }) {
      for (const effects of ["unrepeatable", "repeatable"] as const) {
        const wanted = request({ effects, leaseMs: LEASE_MS });
        const lease = await owned(store, wanted);
        await pass(LEASE_MS);
        equal(await store.renew(lease, LONG_MS), true, "the renewal");
        const record = await taken(store, duplicate(wanted));
        equal(record.state, "in-flight", "the state");
        equal(record.token, lease.token, "the token");
      }
    },
  },
  {
    // A heartbeat by key alone would keep the follower's record alive for a dead owner.
    name: "a stale renewal changes nothing and says false",
    async run({ store }) {
      const { id, stale, current } = await followed(store);
      const before = await unsettled(store, id);
      equal(await store.renew(stale, 0), false, "the stale renewal");
      equal((await unsettled(store, id)).leaseEndsAt, before.leaseEndsAt, "leaseEndsAt");
      equal(await store.renew(current, LONG_MS), true, "the owner's renewal");
    },
  },
  {
    name: "a renewal of a completed record changes nothing and says false",
    async run({ store }) {
      const lease = await owned(store, request());
      await store.complete(lease, RESULT);
      const before = await completed(store, lease.id);
      equal(await store.renew(lease, LONG_MS), false, "the renewal");
      const after = await completed(store, lease.id);
      equal(after.expiresAt, before.expiresAt, "expiresAt");
      sameBytes(after.result, RESULT, "the result");
    },
  },
  {
    name: "a release forgets the record, and a retry runs afresh",
    async run({ store }) {
      const first = request();
      const lease = await owned(store, first);
      equal(await store.release(lease), true, "the release");
      equal(await store.get(first.id), undefined, "a released record");
      const retry = duplicate(first, { fingerprint: digest(), effects: "repeatable" });
      const claim = await claimed(store, retry);
      equal(claim.attempt, 1, "the attempt");
      const record = await unsettled(store, first.id);
      equal(record.fingerprint, retry.fingerprint, "the fingerprint");
      equal(record.effects, "repeatable", "the effects");
    },
  },
  {
    // The owner itself was only slow to say that nothing happened.
    name: "a release works on a record in doubt, and on a lease that ended unfollowed",
    async run({ store }) {
      for (const effects of ["unrepeatable", "repeatable"] as const) {
        const wanted = request({ effects });
        const lease = await owned(store, wanted);
        await store.renew(lease, 0);
        equal(await store.release(lease), true, "the release");
        equal(await store.get(wanted.id), undefined, "a released record");
      }
    },
  },
  {
    name: "a stale release changes nothing and says false",
    async run({ store }) {
      const { id, stale, current } = await followed(store);
      equal(await store.release(stale), false, "the stale release");
      equal((await unsettled(store, id)).token, current.token, "the token");
    },
  },
  {
    name: "a release of a completed record changes nothing and says false",
    async run({ store }) {
      const lease = await owned(store, request());
      await store.complete(lease, RESULT);
      equal(await store.release(lease), false, "the release");
      sameBytes((await completed(store, lease.id)).result, RESULT, "the result");
    },
  },
  {
    name: "after a release nothing is left that its token could change",
    async run({ store }) {
      const lease = await owned(store, request());
      await store.release(lease);
      equal(await store.release(lease), false, "a second release");
      equal(await store.renew(lease, LONG_MS), false, "a renewal");
      equal(await store.complete(lease, RESULT), false, "a completion");
      equal(await store.resolve(lease, RESULT), false, "a resolution");
      equal(await store.resolve(lease, undefined), false, "a resolution without a result");
      equal(await store.get(lease.id), undefined, "the record");
    },
  },
  {
    // The first owner died long ago, the second released: neither may pass the third one's fence.
    name: "the token of a released record stays stale for whoever claims afterwards",
    async run({ store }) {
      const first = request();
      const stale = await owned(store, first);
      await store.release(stale);
      const current = await owned(store, duplicate(first));
      equal(await store.renew(stale, 0), false, "a stale renewal");
      equal(await store.complete(stale, OTHER_RESULT), false, "a stale completion");
      equal(await store.release(stale), false, "a stale release");
      equal((await unsettled(store, first.id)).state, "in-flight", "the state");
      equal(await store.complete(current, RESULT), true, "the owner's completion");
    },
  },
  {
    name: "a key that was never claimed has nothing to renew, complete, release or resolve",
    async run({ store }) {
      const lease: Lease = { id: digest(), token: 1 };
      equal(await store.renew(lease, LONG_MS), false, "the renewal");
      equal(await store.complete(lease, RESULT), false, "the completion");
      equal(await store.release(lease), false, "the release");
      equal(await store.resolve(lease, RESULT), false, "the resolution");
      equal(await store.resolve(lease, undefined), false, "the resolution without a result");
      equal(await store.get(lease.id), undefined, "the record");
    },
  },
];

/** A record whose first owner was silent too long, and was followed. */
async function followed(store: Store): Promise<{ id: string; stale: Lease; current: Lease }> {
  const first = request({ effects: "repeatable" });
  const stale = await owned(store, first);
  await store.renew(stale, 0);
  const current = await owned(store, duplicate(first));
  return { id: first.id, stale, current };
}
