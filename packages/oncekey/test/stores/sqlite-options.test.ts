/** What the SQLite store may be told, and what it does to the connection it is given. */
import { deepEqual, doesNotThrow, equal, rejects, throws } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { owned, RESULT, request } from "../../src/conformance/subject.ts";
import { type SqliteStoreOptions, sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, type TestDatabase, type TestFile } from "./sqlite-clients.ts";

for (const client of clients) {
  describe(`options over ${client.name}`, () => {
    let file: TestFile;
    let db: TestDatabase;

    before(() => {
      file = fileFor(client);
      db = file.open();
    });
    after(() => file.remove());

    function refuses(options: object, message: RegExp): void {
      throws(() => sqliteStore(db, options as SqliteStoreOptions), { name: "TypeError", message });
    }

    test("an option that does not exist is refused by name", () => {
      refuses({ tabel: "records" }, /sqliteStore\(\) has no option `tabel`\. It knows .*busyMs/);
      refuses({ toString: 1 }, /no option `toString`/);
    });

    test("a table's name is a plain word, and nothing that SQL could read otherwise", () => {
      const names = ["", "Records", "1st", "a-b", "a b", 'a"b', "a;b", "a\0", "ä", "sqlite_x"];
      for (const table of [...names, "a".repeat(64), 7, null]) {
        refuses({ table }, /Expected `table` to be a name that matches .*, got /);
      }
      for (const table of ["a", "_", "records_2", "order", "a".repeat(63)]) {
        doesNotThrow(() => sqliteStore(db, { table }));
      }
    });

    test("durability, busyMs and transactions are refused when they are something else", () => {
      for (const durability of ["FULL", "off", true]) {
        refuses({ durability }, /Expected `durability` to be "full" or "normal", got /);
      }
      for (const busyMs of [0, -1, 1.5, Number.NaN, 2 ** 31, "5000"]) {
        refuses({ busyMs }, /Expected `busyMs` to be an integer from 1 to /);
      }
      for (const transactions of [null, 7, {}, { prepare() {} }]) {
        refuses({ transactions }, /Expected `transactions` to be a second connection/);
      }
    });

    test("transactions want another connection to the same file", () => {
      const other = fileFor(client);
      try {
        refuses({ transactions: db }, /to the same file, got the same connection/);
        refuses({ transactions: other.open() }, /to the same file, got another database/);
        const memory = client.open(":memory:");
        throws(() => sqliteStore(memory, { transactions: client.open(":memory:") }), TypeError);
        doesNotThrow(() => sqliteStore(db, { transactions: file.open() }));
      } finally {
        other.remove();
      }
    });

    test("a database that is none is refused", () => {
      for (const none of [undefined, null, {}, "records.db"]) {
        throws(() => sqliteStore(none as never), { name: "TypeError", message: /Expected `db`/ });
      }
    });

    test("a page is 1 to 1000 records, and begins where another ended", async () => {
      const store = sqliteStore(db);
      await store.setup();
      for (const limit of [0, 1001, 1.5]) {
        await rejects(store.list({ limit }), { name: "TypeError", message: /`limit`/ });
      }
      for (const after of ["", "x", "1 OR 1", "-1"]) {
        await rejects(store.list({ limit: 1, after }), { name: "TypeError", message: /`after`/ });
      }
    });

    test("a duration that is none is refused at once, and fails no other call of its turn", async () => {
      const store = sqliteStore(db);
      await store.setup();
      const lease = await owned(store, request());
      const good = store.claim(request());
      for (const leaseMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        const refused = { name: "TypeError", message: /Expected `leaseMs` to be/ };
        await rejects(store.claim(request({ leaseMs })), refused);
        await rejects(store.renew(lease, leaseMs), refused);
      }
      await rejects(store.claim(request({ retentionMs: -1 })), { message: /`retentionMs`/ });
      equal((await good).outcome, "claimed");
    });

    test("without a second connection there are no transactions, not even for the compiler", () => {
      const store = sqliteStore(db);
      // @ts-expect-error
      equal(store.transaction, undefined);
    });

    test("the connection is told to wait for the disk, not for locks, and to keep a log", async () => {
      const pragma = (on: TestDatabase, name: string) =>
        Object.values(on.prepare(`PRAGMA ${name}`).all()[0] as object)[0];
      for (const [durability, synchronous] of [
        ["full", 2],
        ["normal", 1],
      ] as const) {
        const one = file.open({ timeout: 1000 });
        await sqliteStore(one, { durability }).setup();
        equal(pragma(one, "journal_mode"), "wal");
        equal(pragma(one, "synchronous"), synchronous);
        equal(pragma(one, "busy_timeout"), 0);
      }
    });

    test("stores with other tables in one file know nothing of each other", async () => {
      const [one, other] = [sqliteStore(db), sqliteStore(db, { table: "order" })];
      await Promise.all([one.setup(), other.setup(), other.setup()]);
      const lease = await owned(other, request());
      equal(await one.get(lease.id), undefined);
      equal((await other.get(lease.id))?.state, "in-flight");
      const passing = request({ effects: "repeatable", retentionMs: 1 });
      for (const store of [one, other]) await store.complete(await owned(store, passing), RESULT);
      await pause(50);
      for (const store of [one, other]) {
        equal(await store.reap(10), 1, "each reaps its own");
        equal(await store.reap(10), 0);
      }
      equal((await other.get(lease.id))?.state, "in-flight");
    });

    test("setup of what is set up already writes nothing, and waits for nobody", async () => {
      const store = sqliteStore(db);
      await store.setup();
      const locker = file.open();
      locker.exec("BEGIN IMMEDIATE");
      await store.setup();
      locker.exec("COMMIT");
    });

    test("a database in memory will do for tests", async () => {
      const memory = client.open(":memory:");
      const store = sqliteStore(memory);
      await store.setup();
      const lease = await owned(store, request());
      deepEqual((await store.list({ limit: 1 })).records, [await store.get(lease.id)]);
      memory.close();
    });
  });
}
