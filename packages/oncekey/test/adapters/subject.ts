/** What the adapter cases play with, beside a mount: stores, databases, and a person's hand. */
import type { AdapterSubject, MadeDatabase } from "../../src/conformance/adapter.ts";
import { settle } from "../../src/http/settle.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { fakeClock, wait } from "../register.ts";
import { clients, fileFor, type TestDatabase } from "../stores/sqlite-clients.ts";
import type { Mount } from "./served.ts";

/** A time that no handler of a case lasts, and short enough for those that must see it end. */
const BUSY_MS = 500;

/** Of today: what is read off the application's clock instead would else be wrong in every case. */
const STARTED_AT = Date.now();

export function subjectOf(mount: Mount): AdapterSubject {
  return {
    mount,
    settle,
    makeStore(limits = { maxRecords: 1_000 }) {
      const { clock, pass } = fakeClock(STARTED_AT);
      return { store: memoryStore({ clock, ...limits }), pass };
    },
    makeTransactionalStore: overSqlite,
  };
}

async function overSqlite(): Promise<MadeDatabase> {
  const libsql = clients.find(({ name }) => name === "libsql");
  if (libsql === undefined) throw new Error("Expected libsql to load.");
  const file = fileFor(libsql);
  const db = file.open();
  const store = sqliteStore(db, {
    transactions: file.open(),
    busyMs: BUSY_MS,
    durability: "normal",
  });
  await store.setup();
  db.exec("CREATE TABLE effects (text TEXT)");
  return {
    store,
    pass: wait,
    async write(handle, row) {
      (handle as TestDatabase).prepare("INSERT INTO effects VALUES (?)").run(row);
    },
    async rows() {
      const rows = db.prepare("SELECT text FROM effects").all() as { text: string }[];
      return rows.map(({ text }) => text);
    },
    async close() {
      file.remove();
    },
  };
}
