/** The Postgres store over both drivers keeps the contracts, against a real server. */
import { after, describe } from "node:test";
import { Pool, type PoolClient } from "pg";
import postgres, { type TransactionSql } from "postgres";
import { inspectorCases } from "../../src/conformance/inspector.ts";
import { notifierCases } from "../../src/conformance/notifier.ts";
import { storeCases } from "../../src/conformance/store.ts";
import { transactionCases } from "../../src/conformance/transaction.ts";
import { postgresNotifier, postgresStore } from "../../src/stores/postgres.ts";
import { register, wait } from "../register.ts";
import { postgresForTests } from "../servers.ts";

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
const sql = postgres(server.url, { onnotice: () => {} });
const notifiers = [
  postgresNotifier(pool, { table: "contract_pg" }),
  postgresNotifier(sql, { table: "contract_js" }),
] as const;

after(async () => {
  for (const notifier of notifiers) await notifier.close();
  await pool.end();
  await sql.end();
  await server.stop();
});

await pool.query("CREATE TABLE IF NOT EXISTS effects (text text)");
const written = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ text: string }>("SELECT text FROM effects");
  return rows.map(({ text }) => text);
};

// Both before the first suite: the hooks above run when one has ended and none is known to follow.
const overPg = postgresStore(pool, { table: "contract_pg" });
const overJs = postgresStore(sql, { table: "contract_js" });
await Promise.all([overPg.setup(), overJs.setup()]);

describe("over pg", { concurrency: 8 }, () => {
  const subject = {
    store: overPg,
    inspector: overPg,
    notifier: notifiers[0],
    pass: wait,
    written,
    write: async (client: PoolClient, text: string) => {
      await client.query("INSERT INTO effects VALUES ($1)", [text]);
    },
  };
  register(storeCases, () => subject);
  register(transactionCases, () => subject);
  register(notifierCases, () => subject);
  register(inspectorCases, () => subject);
});

describe("over postgres.js", { concurrency: 8 }, () => {
  const subject = {
    store: overJs,
    inspector: overJs,
    notifier: notifiers[1],
    pass: wait,
    written,
    write: async (transaction: TransactionSql, text: string) => {
      await transaction`INSERT INTO effects VALUES (${text})`;
    },
  };
  register(storeCases, () => subject);
  register(transactionCases, () => subject);
  register(notifierCases, () => subject);
  register(inspectorCases, () => subject);
});
