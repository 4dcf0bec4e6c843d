/** What resolving promises: whoever does not own a record settles it only while it is in doubt. */
import type { Lease, Store } from "../core/store.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  claimed,
  completed,
  duplicate,
  LONG_MS,
  OTHER_RESULT,
  owned,
  present,
  RESULT,
  request,
  type StoreSubject,
} from "./subject.ts";

export const resolutionCases: readonly Case<StoreSubject>[] = [
  {
    name: "a resolution settles a record in doubt under a new token, and fences its owner out",
    async run({ store }) {
      const wanted = request();
      const lease = await inDoubt(store, wanted);
      equal(await store.resolve(lease, RESULT), true, "the resolution");
      const record = await completed(store, wanted.id);
      sameBytes(record.result, RESULT, "the result");
      ok(record.token > lease.token, "the token is greater");
      equal(record.fingerprint, wanted.fingerprint, "the fingerprint");
      equal(record.label, wanted.label, "the label");
      equal(record.attempt, 1, "the attempt");
      equal(record.expiresAt - record.completedAt, wanted.retentionMs, "the retention");
      equal(await store.complete(lease, OTHER_RESULT), false, "the owner's completion");
      equal(await store.renew(lease, LONG_MS), false, "the owner's renewal");
      equal(await store.release(lease), false, "the owner's release");
      equal(await store.resolve(lease, OTHER_RESULT), false, "a second resolution");
      sameBytes((await completed(store, wanted.id)).result, RESULT, "the result");
    },
  },
  {
    name: "only what is in doubt under this token is resolved",
    async run({ store }) {
      const running = await owned(store, request());
      equal(await store.resolve(running, RESULT), false, "resolving what is in flight");
      equal((await present(store, running.id)).state, "in-flight", "the state");
      equal(await store.complete(running, RESULT), true, "the completion");
      equal(await store.resolve(running, OTHER_RESULT), false, "resolving what is completed");
      sameBytes((await completed(store, running.id)).result, RESULT, "the result");

      const ended = await owned(store, request({ effects: "repeatable" }));
      await store.renew(ended, 0);
      equal(await store.resolve(ended, RESULT), false, "resolving what may be followed");

      const wanted = request();
      const lease = await inDoubt(store, wanted);
      const stale = { ...lease, token: lease.token + 1 };
      equal(await store.resolve(stale, RESULT), false, "resolving under another token");
      equal((await present(store, wanted.id)).state, "in-doubt", "the state");
      equal(await store.renew(lease, LONG_MS), true, "the owner's renewal");
      equal(await store.resolve(lease, RESULT), false, "resolving what is renewed");
    },
  },
  {
    name: "a resolution without a result forgets a record in doubt, and a retry runs afresh",
    async run({ store }) {
      const wanted = request();
      const lease = await inDoubt(store, wanted);
      equal(await store.resolve(lease, undefined), true, "the resolution");
      equal(await store.get(wanted.id), undefined, "the forgotten record");
      equal(await store.resolve(lease, undefined), false, "a second resolution");
      const claim = await claimed(store, duplicate(wanted));
      equal(claim.attempt, 1, "the attempt");
      ok(claim.lease.token > lease.token, "the token is greater");
    },
  },
  {
    // A first owner that stood still wakes up beside the retry: it must not end that one's run.
    name: "the token of a forgotten record stays stale for whoever claims afterwards",
    async run({ store }) {
      const wanted = request();
      const stale = await inDoubt(store, wanted);
      await store.resolve(stale, undefined);
      equal(await store.renew(stale, LONG_MS), false, "a renewal of what is gone");
      equal(await store.complete(stale, OTHER_RESULT), false, "a completion of what is gone");
      const current = await owned(store, duplicate(wanted));
      equal(await store.renew(stale, 0), false, "a stale renewal");
      equal(await store.complete(stale, OTHER_RESULT), false, "a stale completion");
      equal(await store.release(stale), false, "a stale release");
      equal(await store.resolve(stale, undefined), false, "a stale resolution");
      equal((await present(store, wanted.id)).state, "in-flight", "the state");
      equal(await store.complete(current, RESULT), true, "the owner's completion");
    },
  },
  {
    // The owner came back while somebody looked: forgotten, its run would go on beside a retry's.
    name: "only what is in doubt under this token is forgotten",
    async run({ store }) {
      const forget = (lease: Lease) => store.resolve(lease, undefined);
      const running = await owned(store, request());
      equal(await forget(running), false, "forgetting what is in flight");
      equal((await present(store, running.id)).state, "in-flight", "the state");
      equal(await store.complete(running, RESULT), true, "the completion");
      equal(await forget(running), false, "forgetting what is completed");
      sameBytes((await completed(store, running.id)).result, RESULT, "the result");

      const ended = await owned(store, request({ effects: "repeatable" }));
      await store.renew(ended, 0);
      equal(await forget(ended), false, "forgetting what may be followed");
      equal((await present(store, ended.id)).token, ended.token, "the token");

      const wanted = request();
      const lease = await inDoubt(store, wanted);
      equal(await forget({ ...lease, token: lease.token + 1 }), false, "under another token");
      equal((await present(store, wanted.id)).state, "in-doubt", "the state");
      equal(await store.renew(lease, LONG_MS), true, "the owner's renewal");
      equal(await forget(lease), false, "forgetting what is renewed");
      equal((await present(store, wanted.id)).state, "in-flight", "the renewed state");
      equal(await store.complete(lease, RESULT), true, "the owner's completion");
    },
  },
];

async function inDoubt(store: Store, wanted: ReturnType<typeof request>): Promise<Lease> {
  const lease = await owned(store, wanted);
  await store.renew(lease, 0);
  equal((await present(store, wanted.id)).state, "in-doubt", "the state");
  return lease;
}
