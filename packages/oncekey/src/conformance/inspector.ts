/**
 * The contract of `core/inspector.ts` as cases.
 *
 * Other cases may be at work on the same store: each case looks only at a scope of its own, and
 * of `reap`, which knows no scope, it asks what is gone and what is still there.
 */
import type { Inspector, ListRequest } from "../core/inspector.ts";
import type { Digest, IdempotencyRecord } from "../core/record.ts";
import type { Lease } from "../core/store.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import { erasureCases } from "./erasure.ts";
import {
  claimed,
  completed,
  digest,
  duplicate,
  type InspectorSubject,
  oneOfEach,
  owned,
  present,
  RESULT,
  RETENTION_MS,
  request,
} from "./subject.ts";

export const inspectorCases: readonly Case<InspectorSubject>[] = [
  {
    name: "the pages of a list hold every record once, and none more than was asked for",
    async run({ store, inspector }) {
      const scope = digest();
      const ids = await Promise.all(
        Array.from({ length: 25 }, async () => (await owned(store, request({ scope }))).id),
      );
      for (const limit of [1, 7, 25, 1000]) {
        const records = await listed(inspector, { limit, scope });
        sameIds(records, ids, `the pages of ${limit}`);
      }
    },
  },
  {
    name: "a list without filters holds the records of every scope",
    async run({ store, inspector }) {
      const ids = [await owned(store, request()), await owned(store, request())].map(
        ({ id }) => id,
      );
      const found = await listed(inspector, { limit: 1000 });
      for (const id of ids) {
        const times = found.filter((record) => record.id === id).length;
        equal(times, 1, "how often a record is listed");
      }
    },
  },
  {
    name: "a list by scope holds that scope alone, and an unknown one is empty",
    async run({ store, inspector }) {
      const mine = await owned(store, request({ scope: digest() }));
      await owned(store, request());
      const { scope } = await present(store, mine.id);
      sameIds(await listed(inspector, { limit: 10, scope }), [mine.id], "the list");
      sameIds(await listed(inspector, { limit: 10, scope: digest() }), [], "the empty list");
    },
  },
  {
    name: "a list by state holds what reads so now",
    async run({ store, inspector }) {
      const { scope, ids } = await oneOfEach(store);
      const list = (state: IdempotencyRecord["state"]) =>
        listed(inspector, { limit: 2, scope, state });
      sameIds(await list("in-doubt"), [ids.doubtful], "what is in doubt");
      sameIds(await list("completed"), [ids.completed], "what is completed");
      sameIds(await list("in-flight"), [ids.running, ids.ended], "what is in flight");
    },
  },
  {
    name: "a listed record says what it says when it is read by its id",
    async run({ store, inspector }) {
      const { scope } = await oneOfEach(store);
      const records = await listed(inspector, { limit: 10, scope });
      equal(records.length, 4, "the number of records");
      for (const record of records) {
        const read = await inspector.get(record.id);
        equal(spelled(record), spelled(read), "the listed record");
        if (record.state === "completed") sameBytes(record.result, RESULT, "the listed result");
      }
    },
  },
  {
    // The dashboard pages while the service works: what stands still must not slip through.
    name: "a record that does not change is listed once, whatever changes between two pages",
    async run({ store, inspector }) {
      const scope = digest();
      const leases: Lease[] = [];
      for (let index = 0; index < 24; index += 1)
        leases.push(await owned(store, request({ scope })));
      const still = leases.filter((_, index) => index % 3 === 0).map(({ id }) => id);
      const moving = leases.filter(({ id }) => !still.includes(id));
      const records = await listed(inspector, { limit: 4, scope }, async () => {
        const lease = moving.pop();
        if (lease === undefined) return;
        if (moving.length % 2 === 0) await store.complete(lease, RESULT);
        else await store.release(lease);
        await owned(store, request({ scope }));
      });
      const seen = records.filter(({ id }) => still.includes(id));
      sameIds(seen, still, "what did not change");
    },
  },
  {
    name: "an expired record is not listed, whether it is reaped or not",
    async run({ store, inspector, pass }) {
      const { scope, ids } = await oneOfEach(store, RETENTION_MS);
      await pass(RETENTION_MS);
      const records = await listed(inspector, { limit: 10, scope });
      sameIds(records, [ids.running, ids.doubtful], "what has not expired");
    },
  },
  {
    // Reaping what is in doubt would forget the only trace of a charge that may have happened.
    name: "reaping removes what has expired: nothing in doubt, in flight or within its retention",
    async run({ store, inspector, pass }) {
      const { scope, ids } = await oneOfEach(store, RETENTION_MS);
      const recent = await owned(store, request({ scope }));
      await store.complete(recent, RESULT);
      await pass(RETENTION_MS);
      await reapAll(inspector, 100);
      const records = await listed(inspector, { limit: 10, scope });
      sameIds(records, [ids.running, ids.doubtful, recent.id], "what is left");
      equal((await present(store, ids.doubtful)).state, "in-doubt", "the state");
      sameBytes((await completed(store, recent.id)).result, RESULT, "the recent result");
      equal(await store.get(ids.completed), undefined, "what had been completed");
      equal(await store.get(ids.ended), undefined, "what had not been followed");
    },
  },
  {
    name: "reaping removes at most as many as it is told, and says 0 when nothing is left",
    async run({ store, inspector, pass }) {
      const scope = digest();
      for (let index = 0; index < 5; index += 1) {
        const wanted = request({ scope, retentionMs: RETENTION_MS });
        await store.complete(await owned(store, wanted), RESULT);
      }
      await pass(RETENTION_MS);
      await reapAll(inspector, 2);
      sameIds(await listed(inspector, { limit: 10, scope }), [], "what is left");
    },
  },
  {
    name: "a token never repeats, not even after its record was reaped",
    async run({ store, inspector, pass }) {
      const first = request({ retentionMs: RETENTION_MS });
      const lease = await owned(store, first);
      await store.complete(lease, RESULT);
      await pass(RETENTION_MS);
      await reapAll(inspector, 100);
      const claim = await claimed(store, duplicate(first));
      equal(claim.attempt, 1, "the attempt");
      ok(claim.lease.token > lease.token, "the token is greater");
      equal(await store.release(lease), false, "a release under the reaped token");
    },
  },
  {
    // A person settles it in the dashboard: fenced like everybody else.
    name: "an inspector settles a record in doubt under its token alone",
    async run({ store, inspector }) {
      const doubtful: Lease[] = [];
      for (let index = 0; index < 2; index += 1) {
        const lease = await owned(store, request());
        await store.renew(lease, 0);
        doubtful.push(lease);
      }
      const [one, other] = doubtful as [Lease, Lease];
      const stale = one.token + other.token;
      equal(await inspector.resolve({ ...one, token: stale }, RESULT), false, "a stale resolution");
      const forgetting = await inspector.resolve({ ...other, token: stale }, undefined);
      equal(forgetting, false, "a stale resolution without a result");
      equal((await inspector.get(one.id))?.state, "in-doubt", "the state");
      equal(await inspector.resolve(one, RESULT), true, "the resolution");
      equal(await inspector.resolve(other, undefined), true, "the resolution without a result");
      sameBytes((await completed(store, one.id)).result, RESULT, "the result");
      equal(await inspector.get(other.id), undefined, "the forgotten record");
    },
  },
  ...erasureCases,
];

/** More pages than any store of the tests has: a list that goes round in circles ends here. */
const PAGES_MAX = 10_000;

/** All records of a list, page by page, with something done in between. */
async function listed(
  inspector: Inspector,
  wanted: ListRequest,
  between?: () => Promise<void>,
): Promise<IdempotencyRecord[]> {
  const records: IdempotencyRecord[] = [];
  let page = await inspector.list(wanted);
  for (let pages = 1; ; pages += 1) {
    ok(page.records.length <= wanted.limit, `a page holds at most ${wanted.limit} records`);
    records.push(...page.records);
    if (page.next === undefined) return records;
    ok(pages < PAGES_MAX, "the list ends");
    await between?.();
    page = await inspector.list({ ...wanted, after: page.next });
  }
}

/** Reaps until nothing is left: in many small steps if other cases leave much to remove. */
async function reapAll(inspector: Inspector, limit: number): Promise<void> {
  for (let rounds = 0; rounds < PAGES_MAX; rounds += 1) {
    const reaped = await inspector.reap(limit);
    ok(Number.isInteger(reaped) && reaped >= 0 && reaped <= limit, `0 to ${limit} were removed`);
    if (reaped === 0) return;
  }
  throw new Error("Expected that reaping comes to an end.");
}

function sameIds(
  records: readonly IdempotencyRecord[],
  ids: readonly Digest[],
  what: string,
): void {
  const found = records.map(({ id }) => id).sort();
  equal(found.join("\n"), [...ids].sort().join("\n"), what);
}

/** Field by field, in one order, and without the result. */
function spelled(record: IdempotencyRecord | undefined): string {
  const fields = Object.entries(record ?? {}).filter(([name]) => name !== "result");
  return JSON.stringify(fields.sort(([one], [other]) => (one < other ? -1 : 1)));
}
