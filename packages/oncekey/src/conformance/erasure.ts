/** The contract of `Inspector.erase` as cases: what one person's answers are taken away by. */
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  claimed,
  completed,
  duplicate,
  type InspectorSubject,
  OTHER_RESULT,
  oneOfEach,
  owned,
  present,
  RESULT,
  RETENTION_MS,
  request,
  taken,
} from "./subject.ts";

export const erasureCases: readonly Case<InspectorSubject>[] = [
  {
    name: "an erased record answers with what was put instead, without its label, until it expires",
    async run({ store, inspector, pass }) {
      const wanted = request({ label: "POST /patients/4711" });
      const lease = await owned(store, wanted);
      await store.complete(lease, RESULT);
      const before = await completed(store, lease.id);
      equal(await inspector.erase(lease, OTHER_RESULT), true, "the erasure");
      const after = await completed(store, lease.id);
      sameBytes(after.result, OTHER_RESULT, "the result");
      equal(after.label, "", "the label");
      equal(after.token, lease.token, "the token");
      equal(after.completedAt, before.completedAt, "when it was completed");
      equal(after.expiresAt, before.expiresAt, "when it expires");
      equal((await taken(store, duplicate(wanted))).state, "completed", "what a duplicate meets");
      const { records } = await inspector.list({ limit: 10, scope: wanted.scope });
      equal(records.map(({ label }) => label).join(), "", "the listed label");
      equal(await inspector.erase(lease, RESULT), true, "the erasure of an erased record");
      const short = await owned(store, request({ retentionMs: RETENTION_MS }));
      await store.complete(short, RESULT);
      equal(await inspector.erase(short, OTHER_RESULT), true, "the erasure of a short-lived one");
      await pass(RETENTION_MS);
      equal(await store.get(short.id), undefined, "the record after its retention");
    },
  },
  {
    name: "with nothing put instead an erased record is gone, and a claim begins anew",
    async run({ store, inspector }) {
      const wanted = request();
      const lease = await owned(store, wanted);
      await store.complete(lease, RESULT);
      equal(await inspector.erase(lease, undefined), true, "the erasure");
      equal(await store.get(lease.id), undefined, "the record");
      const { records } = await inspector.list({ limit: 10, scope: wanted.scope });
      equal(records.length, 0, "how many records are listed");
      equal(await inspector.erase(lease, undefined), false, "a second erasure");
      equal(await store.complete(lease, RESULT), false, "a completion under the erased token");
      const claim = await claimed(store, duplicate(wanted));
      equal(claim.attempt, 1, "the attempt");
      ok(claim.lease.token > lease.token, "the token is greater");
    },
  },
  {
    // To erase what is in doubt would forget the only trace of a charge that may have happened.
    name: "nothing in flight or in doubt is erased",
    async run({ store, inspector }) {
      const { ids } = await oneOfEach(store);
      for (const id of [ids.running, ids.doubtful, ids.ended]) {
        const before = await present(store, id);
        equal(await inspector.erase(before, OTHER_RESULT), false, "the erasure");
        equal(await inspector.erase(before, undefined), false, "the removal");
        const after = await present(store, id);
        equal(after.state, before.state, "the state");
        equal(after.label, before.label, "the label");
      }
    },
  },
  {
    name: "erasing is fenced: under another token nothing is changed",
    async run({ store, inspector }) {
      const lease = await owned(store, request());
      await store.complete(lease, RESULT);
      const stale = { id: lease.id, token: lease.token + 1 };
      equal(await inspector.erase(stale, OTHER_RESULT), false, "a stale erasure");
      equal(await inspector.erase(stale, undefined), false, "a stale removal");
      sameBytes((await completed(store, lease.id)).result, RESULT, "the result");
    },
  },
];
