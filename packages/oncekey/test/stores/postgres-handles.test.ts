/**
 * The Postgres store over Kysely, Drizzle and Knex: the user's own client, without a cast, and the
 * user's own transaction as the handle.
 */
import { equal, match, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { sql as drizzleSql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { drizzle as drizzleJs } from "drizzle-orm/postgres-js";
import knexOf, { type Knex } from "knex";
import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from "kysely";
import { Pool, type PoolClient } from "pg";
import postgres, { type TransactionSql } from "postgres";
import { storeCases } from "../../src/conformance/store.ts";
import { transactionCases } from "../../src/conformance/transaction.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { type PostgresStore, postgresStore } from "../../src/stores/postgres.ts";
import { fromDrizzle } from "../../src/stores/sql/drizzle.ts";
import { fromKnex } from "../../src/stores/sql/knex.ts";
import { fromKysely } from "../../src/stores/sql/kysely.ts";
import { register, wait } from "../register.ts";
import { postgresForTests } from "../servers.ts";

interface Database {
  handleEffects: { text: string };
}

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
const sql = postgres(server.url, { onnotice: () => {} });
const kysely = new Kysely<Database>({
  dialect: new PostgresDialect({ pool: new Pool({ connectionString: server.url }) }),
  plugins: [new CamelCasePlugin()],
});
const overPool = drizzle(pool);
const overSql = drizzleJs(sql);
const knex = knexOf({ client: "pg", connection: server.url, pool: { min: 0, max: 10 } });

after(async () => {
  await kysely.destroy();
  await knex.destroy();
  await pool.end();
  await sql.end();
  await server.stop();
});

await pool.query("CREATE TABLE IF NOT EXISTS handle_effects (text text)");
const written = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ text: string }>("SELECT text FROM handle_effects");
  return rows.map(({ text }) => text);
};

const stores = {
  kysely: postgresStore(fromKysely(kysely), { table: "over_kysely" }),
  drizzle: postgresStore(fromDrizzle(overPool, drizzleSql), { table: "over_drizzle" }),
  drizzleJs: postgresStore(fromDrizzle(overSql, drizzleSql), { table: "over_drizzle_js" }),
  knex: postgresStore(fromKnex(knex), { table: "over_knex" }),
};

test("the handle is the client's own transaction, by its own type", () => {
  type DrizzleHandle = Parameters<Parameters<typeof overPool.transaction>[0]>[0];
  type DrizzleJsHandle = Parameters<Parameters<typeof overSql.transaction>[0]>[0];
  const pg = postgresStore(pool);
  const js = postgresStore(sql);
  // Each is `true` to the compiler, or this file does not compile.
  const exact: [
    Exactly<HandleOf<typeof pg>, PoolClient>,
    Exactly<HandleOf<typeof js>, TransactionSql>,
    Exactly<HandleOf<typeof stores.kysely>, Transaction<Database>>,
    Exactly<HandleOf<typeof stores.drizzle>, DrizzleHandle>,
    Exactly<HandleOf<typeof stores.drizzleJs>, DrizzleJsHandle>,
    Exactly<HandleOf<typeof stores.knex>, Knex.Transaction>,
  ] = [true, true, true, true, true, true];
  ok(exact.every(Boolean));
});

type HandleOf<Store> = Store extends PostgresStore<infer Handle> ? Handle : never;
type Exactly<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Two connections of a client are enough to exclude each other, and few enough for all of them. */
function registerOver<Handle>(
  name: string,
  store: PostgresStore<Handle>,
  write: (handle: Handle, text: string) => Promise<unknown>,
): void {
  describe(`over ${name}`, { concurrency: 8 }, () => {
    before(() => store.setup());
    const subject = {
      store,
      pass: wait,
      written,
      write: async (handle: Handle, text: string) => void (await write(handle, text)),
    };
    register<typeof subject>(storeCases, () => subject);
    register<typeof subject>(transactionCases, () => subject);
  });
}

registerOver("Kysely", stores.kysely, (transaction, text) =>
  transaction.insertInto("handleEffects").values({ text }).execute(),
);
registerOver("Drizzle with pg", stores.drizzle, (transaction, text) =>
  transaction.execute(drizzleSql`INSERT INTO handle_effects VALUES (${text})`),
);
registerOver("Drizzle with postgres.js", stores.drizzleJs, (transaction, text) =>
  transaction.execute(drizzleSql`INSERT INTO handle_effects VALUES (${text})`),
);
registerOver("Knex", stores.knex, (transaction, text) =>
  transaction("handle_effects").insert({ text }),
);

test("what a client adds to an error does not carry the result into a log", async () => {
  for (const [name, client] of Object.entries({
    kysely: fromKysely(kysely),
    drizzle: fromDrizzle(overPool, drizzleSql),
    drizzleJs: fromDrizzle(overSql, drizzleSql),
    knex: fromKnex(knex),
  })) {
    const failed = client.query({ text: "SELECT $1::text::integer" }, ["the secret"]);
    const error = await failed.then(
      () => ok(false, `${name} refuses a text that is no number`),
      (cause: unknown) => cause,
    );
    const shown = inspect(error, { depth: 0 });
    equal(shown.split("the secret").length - 1, 1, `${name} repeats only what Postgres says`);
  }
});

test("a client that has no table says what to do", async () => {
  for (const store of [
    postgresStore(fromKysely(kysely), { table: "nowhere" }),
    postgresStore(fromDrizzle(overPool, drizzleSql), { table: "nowhere" }),
    postgresStore(fromKnex(knex), { table: "nowhere" }),
  ]) {
    await rejects(store.get("0".repeat(64)), (error: unknown) => {
      ok(error instanceof StoreUnavailable);
      match(error.message, /setup\(\)/);
      return true;
    });
  }
});
