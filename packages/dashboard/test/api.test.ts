/** What the page is told, over every store: lists, one record, the queue, and finding by key. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createDashboard } from "@oncekey/dashboard";
import { settle } from "oncekey";
import type { FoundView, RecordPage, Row, RowsView } from "../src/api.ts";
import { type Asking, asking, byHeader } from "./asking.ts";
import { KINDS, type Place, placeOf } from "./places.ts";
import { claimed, inDoubt } from "./records.ts";
import { told } from "./told.ts";

const idsOf = (rows: readonly Row[]): string[] => rows.map(({ id }) => id).sort();

for (const kind of KINDS) {
  describe(kind, () => {
    let place: Place;
    let page: Asking;
    before(async () => {
      place = await placeOf(kind);
      page = asking(createDashboard({ inspector: place.store, authorize: byHeader }));
    });
    after(() => place.close());

    /** Every page of a list, from the first to the last. */
    async function all(wish: object): Promise<Row[]> {
      const rows: Row[] = [];
      let next: string | undefined;
      do {
        const { status, body } = await page.post<RowsView>("api/records", { ...wish, after: next });
        equal(status, 200);
        rows.push(...body.rows);
        next = body.next;
      } while (next !== undefined);
      return rows;
    }

    test("C-68: every record is one row, in pages of at most what was asked for", async () => {
      const leases = [];
      for (let count = 0; count < 12; count++)
        leases.push(await claimed(place.store, { scope: "pages" }));
      const scope = leases[0]?.scope;
      for (const limit of [1, 5, 200]) {
        const rows = await all({ scope, limit });
        deepEqual(idsOf(rows), leases.map(({ id }) => id).sort());
      }
      const one = await page.post<RowsView>("api/records", { scope, limit: 5 });
      ok(one.body.rows.length <= 5);
    });

    test("C-68: filters by scope, state, label, status and age", async () => {
      const scope = "filters";
      const running = await claimed(place.store, { scope, label: "POST /orders" });
      const doubted = await inDoubt(place.store, { scope, label: "POST /payments" });
      const done = await inDoubt(place.store, { scope, label: "PATCH /orders" });
      await settle(place.store, done, { happened: true, answer: { status: 207, body: "{}" } });
      const ids = async (wish: object) => idsOf(await all({ scope: running.scope, ...wish }));
      deepEqual(await ids({}), [running.id, doubted.id, done.id].sort());
      deepEqual(await ids({ state: "in-flight" }), [running.id]);
      deepEqual(await ids({ state: "in-doubt" }), [doubted.id]);
      deepEqual(await ids({ state: "completed" }), [done.id]);
      deepEqual(await ids({ label: "/ORDERS" }), [running.id, done.id].sort());
      deepEqual(await ids({ label: "patch" }), [done.id]);
      deepEqual(await ids({ status: 207 }), [done.id]);
      deepEqual(await ids({ status: 200 }), []);
      deepEqual(await ids({ ageMs: 3_600_000 }), []);
    });

    test("C-68: finds a record by scope and key, quoted or not, and no other scope's", async () => {
      const mine = await claimed(place.store, { scope: "finder", key: "order-17" });
      for (const key of ["order-17", '"order-17"']) {
        const { body } = await page.post<FoundView>("api/find", { scope: "finder", key });
        deepEqual(body.ids, [mine.id]);
      }
      const other = await page.post<FoundView>("api/find", { scope: "stranger", key: "order-17" });
      deepEqual(other.body.ids, []);
      const scope = await page.post<FoundView>("api/find", { scope: "finder" });
      ok(scope.body.scopes.includes(mine.scope));
    });

    test("C-69: a key's timeline tells its claim, its doubt and its resolution, with tokens", async () => {
      const lease = await inDoubt(place.store, { scope: "timeline" });
      const types = async () => {
        const { body } = await page.get<RecordPage>(`api/records/${lease.id}`);
        return body.timeline.map(({ type, token }) => `${type} ${token}`);
      };
      deepEqual(await types(), [`record-claimed ${lease.token}`, `became-in-doubt ${lease.token}`]);
      await settle(place.store, lease, { happened: true, answer: { status: 201 } });
      const [claim = "", completed = "", expires = ""] = await types();
      ok(claim.startsWith("record-claimed"));
      ok(completed.startsWith("record-completed") && !completed.endsWith(` ${lease.token}`));
      ok(expires.startsWith("expires"));
    });

    test("C-70: the queue holds what is in doubt, the oldest first", async () => {
      const leases = [];
      for (let count = 0; count < 3; count++)
        leases.push(await inDoubt(place.store, { scope: "queue" }));
      const { body } = await page.post<RowsView>("api/queue", {});
      const ids = leases.map(({ id }) => id);
      const shown = body.rows.map(({ id }) => id).filter((id) => ids.includes(id));
      const ages = body.rows.map(({ leaseEndsAt = 0 }) => leaseEndsAt);
      deepEqual([...shown].sort(), [...ids].sort());
      deepEqual(
        ages,
        [...ages].sort((a, b) => a - b),
      );
      ok(body.rows.every(({ state }) => state === "in-doubt"));
    });

    test("an address without a record is 404, and a cursor that is none is 400", async () => {
      equal((await page.get(`api/records/${"0".repeat(64)}`)).status, 404);
      equal((await page.get("api/records/nothing")).status, 404);
      const { status } = await page.post("api/records", { after: "no cursor; at all", limit: 1 });
      // A memory store has a cursor of its own kind, and takes what it does not know for the end.
      ok(status === 400 || (kind === "memory" && status === 200), String(status));
    });
  });
}

test("C-68: a page has at most 200 rows", async () => {
  const { store } = await placeOf("memory");
  const page = asking(createDashboard({ inspector: store, authorize: byHeader }));
  for (let count = 0; count < 201; count++) await claimed(store);
  equal((await page.post("api/records", { limit: 201 })).status, 400);
  const { body } = await page.post<RowsView>("api/records", { limit: 200 });
  equal(body.rows.length, 200);
  ok(body.next !== undefined);
});

test("C-68: a sparse filter goes on where it ended, and says how much was looked at", async () => {
  const { store } = await placeOf("memory");
  const page = asking(createDashboard({ inspector: store, authorize: byHeader }));
  const rare = await claimed(store, { label: "POST /rare" });
  for (let count = 0; count < 120; count++) await claimed(store);
  const found: string[] = [];
  let looked = 0;
  let calls = 0;
  let next: string | undefined;
  do {
    const wish = { label: "rare", limit: 10, after: next };
    const { body } = await page.post<RowsView>("api/records", wish);
    found.push(...idsOf(body.rows));
    ok(body.looked <= 50, "one call reads a bounded number of records");
    looked += body.looked;
    next = body.next;
    calls += 1;
    ok(calls < 50, "the list comes to an end");
  } while (next !== undefined);
  deepEqual(found, [rare.id]);
  equal(looked, 121);
});

test("C-69: a timeline has the events of its key alone, with what they tell", async () => {
  const { store } = await placeOf("memory");
  const dashboard = createDashboard({ inspector: store, authorize: byHeader });
  const [mine, other] = [await claimed(store), await claimed(store)];
  const record = mine.id.slice(0, 12);
  dashboard.onEvent(told("claimed", { record, attempt: 1 }));
  dashboard.onEvent(told("renewed", { record }));
  dashboard.onEvent(told("in-flight", { record, waitedMs: 1500 }));
  dashboard.onEvent(told("lease-lost", { record, reason: "the store did not answer" }));
  dashboard.onEvent(told("gave-up", { record, ranMs: 12.4 }));
  dashboard.onEvent(told("mismatch", { record: other.id.slice(0, 12) }));
  const { body } = await asking(dashboard).get<RecordPage>(`api/records/${mine.id}`);
  const heard = body.timeline.filter(({ clock }) => clock === "process");
  deepEqual(
    heard.map(({ type, detail }) => [type, detail]),
    [
      // The claim is told by the record, which has its token.
      ["renewed", undefined],
      ["in-flight", "waited 1.5 s"],
      ["lease-lost", "the store did not answer"],
      ["gave-up", "ran 12 ms"],
    ],
  );
});

test("S-24: an answer that is kept is not shown unless the application says so", async () => {
  const { store } = await placeOf("memory");
  const lease = await inDoubt(store);
  const answer = { status: 201, headers: { "X-Card": "4111" }, body: '{"secret":"canary"}' };
  await settle(store, lease, { happened: true, answer });
  for (const showAnswers of [false, true]) {
    const page = asking(createDashboard({ inspector: store, authorize: byHeader, showAnswers }));
    const { body } = await page.get<RecordPage>(`api/records/${lease.id}`);
    equal(JSON.stringify(body).includes("canary"), showAnswers);
    equal(JSON.stringify(body).includes("4111"), showAnswers);
    equal(body.record.kept?.status, 201);
    const list = await page.post<RowsView>("api/records", {});
    equal(JSON.stringify(list.body).includes("canary"), false);
  }
});

test("S-24: bytes that are not those that were kept are told as damaged, and not decoded", async () => {
  const { store } = await placeOf("memory");
  const lease = await claimed(store);
  await store.complete(lease, new TextEncoder().encode("<script>alert(1)</script>"));
  const page = asking(
    createDashboard({ inspector: store, authorize: byHeader, showAnswers: true }),
  );
  const { body } = await page.get<RecordPage>(`api/records/${lease.id}`);
  equal(body.record.kept?.kind, "damaged");
  equal(JSON.stringify(body).includes("script"), false);
});

test("a store that is down is 503, and the driver's words stay inside", async () => {
  const place = await placeOf("sqlite");
  await place.close();
  const page = asking(createDashboard({ inspector: place.store, authorize: byHeader }));
  const { status, body } = await page.post<{ message: string }>("api/records", {});
  equal(status, 503);
  equal(body.message, "The store gave no answer. Nothing is known about its records now.");
});
