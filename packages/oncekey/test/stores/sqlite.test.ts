/** The SQLite store keeps every contract that it claims to keep, over each of its clients. */
import { ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspectorCases, storeCases, transactionCases } from "../../src/conformance/index.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { register, wait } from "../register.ts";
import {
  clients,
  failures,
  fileFor,
  type TestClient,
  type TestDatabase,
} from "./sqlite-clients.ts";

test("every client that this version of Node must have is tested", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const wanted = ["libsql"];
  if (major === 20) wanted.push("better-sqlite3");
  if (major > 22 || (major === 22 && minor >= 13)) wanted.push("node:sqlite");
  for (const name of wanted) {
    ok(
      clients.some((client) => client.name === name),
      `${name} did not load: ${failures.get(name)}`,
    );
  }
});

/** A store over a file of its own, and an effect: a line in a table of the application's. */
function subjectOf(client: TestClient) {
  const file = fileFor(client);
  const db = file.open();
  const store = sqliteStore(db, { transactions: file.open() });
  db.exec("CREATE TABLE effects (text TEXT)");
  return {
    remove: file.remove,
    store,
    inspector: store,
    pass: wait,
    async write(handle: unknown, text: string) {
      const { prepare } = handle as TestDatabase;
      prepare.call(handle, "INSERT INTO effects VALUES (?)").run(text);
    },
    async written() {
      const rows = db.prepare("SELECT text FROM effects").all() as { text: string }[];
      return rows.map(({ text }) => text);
    },
  };
}

for (const client of clients) {
  // Each suite has a file: an open transaction makes others wait, and reaping is for all.
  for (const [suite, cases] of [
    ["store", storeCases],
    ["transaction", transactionCases],
    ["inspector", inspectorCases],
  ] as const) {
    describe(`${suite} over ${client.name}`, { concurrency: 16 }, () => {
      const subject = subjectOf(client);
      before(() => subject.store.setup());
      after(subject.remove);
      // Each suite takes what it needs of the subject.
      register<typeof subject>(cases, () => subject);
    });
  }
}
