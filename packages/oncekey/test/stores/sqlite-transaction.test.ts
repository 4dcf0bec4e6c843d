/** What may go wrong inside a transaction of the SQLite store, and that neither half survives it. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { owned, RESULT, request } from "../../src/conformance/subject.ts";
import type { Lease } from "../../src/core/store.ts";
import type { TransactionalStore } from "../../src/core/transaction.ts";
import type { SqliteStatement } from "../../src/stores/sql/sqlite-client.ts";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, type TestDatabase, type TestFile } from "./sqlite-clients.ts";

const UNAVAILABLE = { name: "StoreUnavailable", code: "idempotency_store_unavailable" };

for (const client of clients) {
  describe(`a transaction over ${client.name}`, () => {
    let file: TestFile;
    let db: TestDatabase;
    let second: TestDatabase;
    let store: SqliteStore & TransactionalStore<TestDatabase>;
    let lease: Lease;

    beforeEach(async () => {
      file = fileFor(client);
      db = file.open();
      second = file.open();
      store = sqliteStore(db, { transactions: second });
      await store.setup();
      db.exec("CREATE TABLE effects (name TEXT, bytes BLOB)");
      lease = await owned(store, request({ effects: "transactional" }));
    });
    afterEach(() => file.remove());

    const effects = () => db.prepare("SELECT * FROM effects").all().length;
    const affect = (on: TestDatabase, bytes = RESULT) =>
      on.prepare("INSERT INTO effects VALUES (?, ?)").run("effect", bytes);

    test("is given the second connection itself", async () => {
      await store.transaction(lease, async (handle) => {
        ok(handle === second);
        return RESULT;
      });
    });

    test("is rolled back when COMMIT fails, and the next one is not in its way", async () => {
      second.exec(`PRAGMA foreign_keys = ON`);
      db.exec(`CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE orphans (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`);
      const failed = store.transaction(lease, async (handle) => {
        affect(handle);
        handle.exec("INSERT INTO orphans VALUES (1)");
        return RESULT;
      });
      await rejects(failed, UNAVAILABLE);
      equal(effects(), 0);
      equal((await store.get(lease.id))?.state, "in-flight");
      equal(await store.transaction(lease, async (handle) => affect(handle) && RESULT), true);
      equal(effects(), 1);
    });

    test("is not completed when a full disk rolled it back unnoticed", async () => {
      const [row] = db.prepare("PRAGMA page_count").all() as { page_count: number }[];
      second.exec(`PRAGMA max_page_count = ${Number(row?.page_count) + 5}`);
      let isFull = false;
      const failed = store.transaction(lease, async (handle) => {
        affect(handle);
        try {
          affect(handle, new Uint8Array(1_000_000));
        } catch {
          isFull = true;
        }
        return RESULT;
      });
      await rejects(failed, UNAVAILABLE);
      ok(isFull);
      equal(effects(), 0);
      equal((await store.get(lease.id))?.state, "in-flight");
    });

    test("completes no record when its work has ended the transaction itself", async () => {
      for (const ending of ["ROLLBACK", "COMMIT", "ROLLBACK; BEGIN"]) {
        const failed = store.transaction(lease, async (handle) => {
          handle.exec(ending);
          return RESULT;
        });
        await rejects(failed, UNAVAILABLE);
        equal((await store.get(lease.id))?.state, "in-flight", ending);
      }
    });

    test("is over for the next one, even if a half-read statement kept it from rolling back", async () => {
      const rows = second.prepare("SELECT 1 UNION ALL SELECT 2") as SqliteStatement & {
        iterate(): Iterator<unknown>;
      };
      let half: Iterator<unknown> | undefined;
      const failed = store.transaction(lease, async (handle) => {
        affect(handle);
        half = rows.iterate();
        half.next();
        throw new Error("the handler's own");
      });
      await rejects(failed, { message: "the handler's own" });
      while (half?.next().done === false);
      equal(await store.transaction(lease, async (handle) => affect(handle) && RESULT), true);
      equal(effects(), 1);
    });

    test("does not run its work for an owner that was followed", async () => {
      await store.release(lease);
      let isRun = false;
      const kept = await store.transaction(lease, async () => {
        isRun = true;
        return RESULT;
      });
      deepEqual([kept, isRun], [false, false]);
    });

    test("is unavailable when the second connection is closed", async () => {
      second.close();
      await rejects(
        store.transaction(lease, async () => RESULT),
        UNAVAILABLE,
      );
      equal(await store.complete(lease, RESULT), true);
    });
  });
}
