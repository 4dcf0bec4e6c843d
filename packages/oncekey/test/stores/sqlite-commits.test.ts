/** What the SQLite store commits, when, and that nobody is told of what was not committed. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { duplicate, owned, RESULT, request } from "../../src/conformance/subject.ts";
import type { StoreUnavailable } from "../../src/core/errors.ts";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, observed, type TestDatabase, type TestFile } from "./sqlite-clients.ts";

const UNAVAILABLE = { name: "StoreUnavailable", code: "idempotency_store_unavailable" };

/** Makes each COMMIT that adds a record fail, and leaves the transaction open: as SQLite may. */
const COMMITS_FAIL = `
  PRAGMA foreign_keys = ON;
  CREATE TABLE parents (id INTEGER PRIMARY KEY);
  CREATE TABLE orphans (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TRIGGER orphan AFTER INSERT ON oncekey_records BEGIN INSERT INTO orphans VALUES (1); END;`;

for (const client of clients) {
  describe(`commits over ${client.name}`, () => {
    let file: TestFile;
    let db: TestDatabase;
    let executed: string[];
    let store: SqliteStore;

    beforeEach(async () => {
      file = fileFor(client);
      db = file.open();
      const watched = observed(db);
      executed = watched.executed;
      store = sqliteStore(watched.client);
      await store.setup();
      executed.length = 0;
    });
    afterEach(() => file.remove());

    async function isEmpty(): Promise<void> {
      deepEqual((await store.list({ limit: 10 })).records, []);
    }

    test("one claim is one transaction, and so are 64 at once", async () => {
      await owned(store, request());
      deepEqual(executed, ["BEGIN IMMEDIATE", "COMMIT"]);
      executed.length = 0;
      const leases = await Promise.all(Array.from({ length: 64 }, () => owned(store, request())));
      deepEqual(executed, ["BEGIN IMMEDIATE", "COMMIT"]);
      equal(new Set(leases.map(({ token }) => token)).size, 64);
    });

    test("claims, renewals, completions, releases and resolutions of a turn share one", async () => {
      const [running, done, dropped, doubtful] = await Promise.all([
        owned(store, request()),
        owned(store, request()),
        owned(store, request()),
        owned(store, request({ leaseMs: 0 })),
      ]);
      executed.length = 0;
      const answers = await Promise.all([
        store.renew(running, 60_000),
        store.complete(done, RESULT),
        store.release(dropped),
        store.resolve(doubtful, RESULT),
        store.claim(request()).then((claim) => claim.outcome === "claimed"),
      ]);
      deepEqual(answers, [true, true, true, true, true]);
      deepEqual(executed, ["BEGIN IMMEDIATE", "COMMIT"]);
    });

    test("a duplicate opens no transaction, whatever it meets", async () => {
      const [running, doubtful, done] = [request(), request({ leaseMs: 0 }), request()];
      const ended = request({ leaseMs: 0, effects: "repeatable" });
      await owned(store, ended);
      await owned(store, running);
      await owned(store, doubtful);
      await store.complete(await owned(store, done), RESULT);
      executed.length = 0;
      for (const first of [running, doubtful, done]) {
        equal((await store.claim(duplicate(first))).outcome, "taken");
        const other = duplicate(first, { fingerprint: request().fingerprint });
        equal((await store.claim(other)).outcome, "taken");
        await store.get(first.id);
      }
      const other = duplicate(ended, { fingerprint: request().fingerprint });
      equal((await store.claim(other)).outcome, "taken");
      await store.list({ limit: 10 });
      equal(await store.reap(10), 0);
      deepEqual(executed, []);
    });

    test("when COMMIT fails nobody is told success, and nothing is left", async () => {
      db.exec(COMMITS_FAIL);
      const claims = Array.from({ length: 8 }, () => store.claim(request()));
      await Promise.all(claims.map((claim) => rejects(claim, UNAVAILABLE)));
      await isEmpty();
      deepEqual(executed, ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]);

      db.exec("DROP TRIGGER orphan");
      await owned(store, request());
    });

    test("when one statement fails the whole turn fails, and nothing is left", async () => {
      db.exec(`CREATE TRIGGER picky BEFORE INSERT ON oncekey_records
        WHEN NEW.label = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END`);
      const claims = ["good", "bad", "good"].map((label) => store.claim(request({ label })));
      await Promise.all(claims.map((claim) => rejects(claim, UNAVAILABLE)));
      await isEmpty();
      await owned(store, request());
    });

    test("a full database refuses a claim and a completion, and keeps what it had", async () => {
      const lease = await owned(store, request());
      const [row] = db.prepare("PRAGMA page_count").all() as { page_count: number }[];
      db.exec(`PRAGMA max_page_count = ${row?.page_count}`);
      await rejects(store.complete(lease, new Uint8Array(1_000_000)), (error: StoreUnavailable) => {
        equal(error.code, "idempotency_store_unavailable");
        ok(error.cause instanceof Error);
        return true;
      });
      const crowd = Array.from({ length: 64 }, () => store.claim(request()));
      await Promise.all(crowd.map((claim) => rejects(claim, UNAVAILABLE)));
      equal((await store.list({ limit: 10 })).records.length, 1);
      equal((await store.get(lease.id))?.state, "in-flight");

      db.exec("PRAGMA max_page_count = 100000");
      equal(await store.complete(lease, RESULT), true);
    });

    test("a closed database is unavailable to every call", async () => {
      const lease = await owned(store, request());
      const closed = file.open();
      const over = sqliteStore(closed);
      await over.get(lease.id);
      closed.close();
      for (const call of [
        () => over.claim(request()),
        () => over.renew(lease, 1000),
        () => over.complete(lease, RESULT),
        () => over.release(lease),
        () => over.resolve(lease, RESULT),
        () => over.get(lease.id),
        () => over.list({ limit: 1 }),
        () => over.reap(1),
        () => over.setup(),
      ]) {
        await rejects(call, UNAVAILABLE);
      }
      equal((await store.get(lease.id))?.state, "in-flight");
    });

    test("what is asked before setup is unavailable, and the error says what to do", async () => {
      const other = sqliteStore(db, { table: "elsewhere" });
      await rejects(other.claim(request()), { ...UNAVAILABLE, message: /call `setup\(\)`/ });
    });

    test("a transaction that somebody left open on the connection is never joined", async () => {
      db.exec("BEGIN; CREATE TABLE theirs (x)");
      await rejects(store.claim(request()), { ...UNAVAILABLE, message: /somebody else/ });
      db.exec("COMMIT");
      equal(db.prepare("SELECT * FROM theirs").all().length, 0);
      await isEmpty();
      await owned(store, request());
    });
  });
}
