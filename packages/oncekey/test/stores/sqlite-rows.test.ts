/** Rows as each client gives them, however its connection is set, and rows that are damaged. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { claimed, duplicate, owned, RESULT, request } from "../../src/conformance/subject.ts";
import type { Digest } from "../../src/core/record.ts";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, observed, type TestDatabase, type TestFile } from "./sqlite-clients.ts";

const CORRUPT = { name: "RecordCorrupt", code: "idempotency_record_corrupt" };

/** What may have happened to a row, and to which: one in flight, or one that is completed. */
const DAMAGES: readonly [damage: string, state: "in-flight" | "completed"][] = [
  ["effects = 'reversible'", "in-flight"],
  ["effects = ''", "completed"],
  ["attempt = 0", "in-flight"],
  ["claimed_at = -1", "in-flight"],
  ["lease_ends_at = NULL", "in-flight"],
  ["expires_at = 9000000000000", "in-flight"],
  ["completed_at = 1750000000000", "in-flight"],
  ["completed_at = 0", "completed"],
  ["completed_at = NULL", "completed"],
  ["expires_at = NULL", "completed"],
  ["result = NULL", "completed"],
];

for (const client of clients) {
  describe(`rows over ${client.name}`, () => {
    let file: TestFile;
    let db: TestDatabase;
    let store: SqliteStore;

    beforeEach(async () => {
      file = fileFor(client);
      db = file.open();
      store = sqliteStore(db);
      await store.setup();
    });
    afterEach(() => file.remove());

    async function resultOf(id: Digest): Promise<Uint8Array> {
      const record = await store.get(id);
      ok(record?.state === "completed");
      return record.result;
    }

    test("results of every size come back as plain Uint8Arrays", async () => {
      for (const size of [0, 1, 4096, 1_048_576]) {
        const lease = await owned(store, request());
        const whole = crypto.getRandomValues(new Uint8Array(16));
        // A part of something larger: a client may send the whole of it.
        const result = new Uint8Array(size + 16).fill(7);
        result.set(whole.subarray(0, Math.min(16, size)), 8);
        equal(await store.complete(lease, result.subarray(8, 8 + size)), true);
        const kept = await resultOf(lease.id);
        equal(Object.getPrototypeOf(kept), Uint8Array.prototype);
        deepEqual(kept, result.slice(8, 8 + size));
      }
    });

    test("a damaged record is corrupt: never absent, and never claimed", async () => {
      for (const [damage, state] of DAMAGES) {
        const first = request();
        const lease = await owned(store, first);
        if (state === "completed") await store.complete(lease, RESULT);
        db.prepare(`UPDATE oncekey_records SET ${damage} WHERE id = ?`).run(first.id);
        const [column = ""] = damage.split(" ");
        await rejects(store.get(first.id), CORRUPT, damage);
        await rejects(store.claim(duplicate(first)), (error: Error) => {
          equal(error.name, "RecordCorrupt", damage);
          ok(!error.message.includes(first.id) && /the column `\w+`/.test(error.message), column);
          return true;
        });
        equal(db.prepare("SELECT 1 FROM oncekey_records WHERE id = ?").all(first.id).length, 1);
      }
    });

    test("a damaged record fails its own claim, and no other of the same turn", async () => {
      const first = request();
      await owned(store, first);
      const damaged = store.claim(first);
      db.exec("UPDATE oncekey_records SET attempt = 0");
      const other = store.claim(request());
      await rejects(damaged, CORRUPT);
      equal((await other).outcome, "claimed");
    });

    test("tokens go on after a release, after reaping and in another store over the file", async () => {
      const first = request();
      let before = 0;
      for (let round = 0; round < 3; round += 1) {
        const { lease } = await claimed(sqliteStore(file.open()), first);
        ok(lease.token > before);
        before = lease.token;
        await store.release(lease);
        db.exec("DELETE FROM oncekey_records");
      }
    });

    test("a connection set to big integers or to arrays is read like any other", async () => {
      // Each client has its own way to say so, and ignores the others'.
      const strange = file.open({ readBigInts: true, returnArrays: true }) as TestDatabase & {
        defaultSafeIntegers?(on: boolean): unknown;
      };
      strange.defaultSafeIntegers?.(true);
      const over = sqliteStore(strange, { transactions: file.open({ returnArrays: true }) });
      await over.setup();
      const claim = await claimed(over, request({ effects: "transactional" }));
      equal(typeof claim.lease.token, "number");
      deepEqual(await over.get(claim.lease.id), await store.get(claim.lease.id));
      equal(await over.transaction(claim.lease, async () => RESULT), true);
      deepEqual(await over.list({ limit: 1 }), await store.list({ limit: 1 }));
    });

    test("every page is read from an index: nothing is sorted, and nothing scanned", async () => {
      const watched = observed(db);
      const own = sqliteStore(watched.client);
      const { scope } = request();
      for (const state of ["in-flight", "in-doubt", "completed", undefined] as const) {
        const wanted = { limit: 10, ...(state !== undefined && { state }) };
        await own.list(wanted);
        await own.list({ ...wanted, scope });
      }
      await own.reap(10);
      const queries = watched.prepared.filter((sql) => sql.startsWith("SELECT"));
      ok(queries.length >= 6);
      // What is in doubt is a handful among millions, also of one scope's.
      const ofFew = queries.filter((sql) => / completed_at IS NULL ORDER/.test(sql));
      ok(
        ofFew.length === 2 && ofFew.every((sql) => sql.includes('INDEXED BY "oncekey_records_un')),
      );
      for (const query of queries) {
        const values = [...query.matchAll(/\?/g)].map(() => 1);
        const plan = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all(...values);
        const steps = (plan as { detail: string }[]).map(({ detail }) => detail);
        deepEqual(
          steps.filter((step) => !step.startsWith("SEARCH")),
          [],
          query,
        );
      }
    });
  });
}
