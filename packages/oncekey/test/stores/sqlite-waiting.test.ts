/**
 * Who waits for SQLite's write lock, how long, and what goes on meanwhile.
 *
 * The lock is held by another connection of this process: if the store sat and waited for it, as
 * the clients do by default, nobody would be there to let it go.
 */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { duplicate, owned, RESULT, request } from "../../src/conformance/subject.ts";
import type { SqliteStatement } from "../../src/stores/sql/sqlite-client.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, observed, type TestDatabase, type TestFile } from "./sqlite-clients.ts";

const LATE = { name: "StoreUnavailable", message: /did not come free within 100 ms/ };

for (const client of clients) {
  describe(`waiting over ${client.name}`, () => {
    let file: TestFile;
    let other: TestDatabase;

    beforeEach(async () => {
      file = fileFor(client);
      // A time-out of the client's own, which must not come to bear.
      await sqliteStore(file.open({ timeout: 5000 })).setup();
      other = file.open();
    });
    afterEach(() => file.remove());

    test("a claim waits for another connection's lock, and the process goes on", async () => {
      const store = sqliteStore(file.open({ timeout: 5000 }));
      other.exec("BEGIN IMMEDIATE");
      const claim = store.claim(request());
      equal(await Promise.race([claim, pause(100, "still waiting")]), "still waiting");
      other.exec("COMMIT");
      equal((await claim).outcome, "claimed");
    });

    test("whoever waits too long is refused, and writes nothing afterwards", async () => {
      const store = sqliteStore(file.open(), { busyMs: 100 });
      const [early, late] = [request(), request()];
      const lease = await owned(store, request());
      other.exec("BEGIN IMMEDIATE");
      const refused = [store.claim(early), store.release(lease)].map((call) => rejects(call, LATE));
      await pause(60);
      // It has come later, and has its own time.
      const claim = store.claim(late);
      await Promise.all(refused);
      other.exec("COMMIT");
      equal((await claim).outcome, "claimed");
      equal(await store.get(early.id), undefined);
      equal((await store.get(lease.id))?.state, "in-flight");
    });

    test("P-100: a transaction that outlives its lease keeps it, for duplicates of any process", async () => {
      const store = sqliteStore(file.open(), { transactions: file.open() });
      const elsewhere = sqliteStore(file.open());
      const wanted = request({ effects: "transactional", leaseMs: 50 });
      const lease = await owned(store, wanted);
      let finish: () => void = () => {};
      const working = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const transaction = store.transaction(lease, async () => {
        await working;
        return RESULT;
      });
      await pause(100);
      // It cannot be written down, and need not be: nobody else can write either.
      equal(await store.renew(lease, 50), true);
      for (const one of [store, elsewhere]) {
        const claim = await one.claim(duplicate(wanted));
        equal(claim.outcome === "taken" && claim.record.state, "in-flight");
      }
      finish();
      equal(await transaction, true);
      const claim = await elsewhere.claim(duplicate(wanted));
      equal(claim.outcome === "taken" && claim.record.state, "completed");
    });

    test("a lease that ended is followed however long the queue is, as long as the lock is free", async () => {
      const store = sqliteStore(file.open(), { transactions: file.open() });
      const wanted = request({ effects: "transactional" });
      await store.renew(await owned(store, wanted), 0);
      const claim = store.claim(duplicate(wanted));
      // The process is busy for longer than a held lock would be waited for; nobody holds it.
      await Promise.resolve();
      const until = performance.now() + 700;
      while (performance.now() < until);
      const followed = await claim;
      equal(followed.outcome === "claimed" && followed.attempt, 2);
    });

    test("a statement that somebody has not read to its end is said to be in the way", async () => {
      const db = file.open();
      const store = sqliteStore(db);
      await owned(store, request());
      // More rows than libsql reads ahead.
      const select = db.prepare(`WITH RECURSIVE n (i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)
        SELECT i FROM n CROSS JOIN oncekey_records`) as SqliteStatement & {
        iterate(): Iterator<unknown>;
      };
      const rows = select.iterate();
      rows.next();
      await sqliteStore(other).claim(request());
      await rejects(store.claim(request()), {
        name: "StoreUnavailable",
        message: /not read a statement .* to its end/,
      });
      while (rows.next().done !== true);
      await owned(store, request());
    });

    test("a transaction of this process makes claims wait, duplicates not, and nobody spins", async () => {
      const watched = observed(file.open());
      const store = sqliteStore(watched.client, { transactions: file.open() });
      const first = request({ effects: "transactional" });
      const lease = await owned(store, first);
      watched.executed.length = 0;

      let claim: Promise<unknown> = Promise.resolve();
      const kept = await store.transaction(lease, async () => {
        claim = store.claim(request());
        equal(await Promise.race([claim, pause(100, "still waiting")]), "still waiting");
        equal((await store.claim(duplicate(first))).outcome, "taken");
        deepEqual(watched.executed, []);
        return RESULT;
      });
      equal(kept, true);
      await claim;
      deepEqual(watched.executed, ["BEGIN IMMEDIATE", "COMMIT"]);
    });

    test("claims come between two transactions, however many transactions wait", async () => {
      const store = sqliteStore(file.open(), { transactions: file.open() });
      const wanted = () => request({ effects: "transactional" });
      const leases = await Promise.all([0, 1, 2].map(() => owned(store, wanted())));
      const order: string[] = [];
      let claim: Promise<unknown> | undefined;
      const transactions = leases.map((lease, index) =>
        store.transaction(lease, async () => {
          order.push(`transaction ${index}`);
          // While the first holds the lock, and two more wait for it.
          claim ??= store.claim(request()).then(() => order.push("claim"));
          await pause(10);
          return RESULT;
        }),
      );
      await Promise.all(transactions);
      await claim;
      deepEqual(order, ["transaction 0", "claim", "transaction 1", "transaction 2"]);
    });

    test("behind a transaction that hangs, claims and transactions are refused in time", async () => {
      const store = sqliteStore(file.open(), { transactions: file.open(), busyMs: 100 });
      const wanted = () => request({ effects: "transactional" });
      const [one, two] = [await owned(store, wanted()), await owned(store, wanted())];
      let letGo: (result: Uint8Array) => void = () => {};
      const hanging = store.transaction(one, () => new Promise((resolve) => (letGo = resolve)));
      await pause(20);
      let isRun = false;
      const second = store.transaction(two, async () => {
        isRun = true;
        return RESULT;
      });
      await Promise.all([rejects(store.claim(request()), LATE), rejects(second, LATE)]);
      letGo(RESULT);
      equal(await hanging, true);
      equal(isRun, false);
      equal(await store.transaction(two, async () => RESULT), true);
    });

    test("a transaction waits for another connection's lock, and is refused in time", async () => {
      const store = sqliteStore(file.open(), { transactions: file.open(), busyMs: 100 });
      const lease = await owned(store, request({ effects: "transactional" }));
      other.exec("BEGIN IMMEDIATE");
      await rejects(
        store.transaction(lease, async () => RESULT),
        LATE,
      );
      const second = store.transaction(lease, async () => RESULT);
      await pause(20);
      other.exec("COMMIT");
      equal(await second, true);
    });
  });
}
