/** One SQLite file with two connections: the store's, and the one that its transactions run on. */
import Database from "libsql";
import { sqliteStore } from "oncekey/sqlite";
import type { Book, Ground, Leg } from "./ground.ts";

/** `settings` are statements that an application would give both of its connections. */
export async function sqliteGround(file: string, settings = ""): Promise<Ground> {
  const [records, own] = [new Database(file), new Database(file)];
  for (const connection of [records, own]) connection.exec(settings);
  const store = sqliteStore(records, { transactions: own });
  await store.setup();
  own.exec("pragma busy_timeout = 5000");
  own.exec("create table if not exists legs (round text, guest text, token integer, leg text)");
  const insert = own.prepare("insert into legs (round, guest, token, leg) values (?, ?, ?, ?)");
  const select = records.prepare("select round, guest, token, leg from legs where round = ?");
  const book: Book = async ({ round, guest, token, leg }) =>
    void insert.run(round, guest, token, leg);
  return {
    store,
    notifier: undefined,
    transactional: {
      ...store,
      transaction: (lease, work) => store.transaction(lease, () => work(book)),
    },
    legs: async (round) => (select.all(round) as Leg[]).map((leg) => ({ ...leg })),
    async close() {
      records.close();
      own.close();
    },
  };
}
