/** Postgres over a pool, as an application would have it. */
import type { TransactionalStore } from "oncekey";
import { postgresNotifier, postgresStore } from "oncekey/postgres";
import pg from "pg";
import type { Book, Ground, Leg } from "./ground.ts";

/** Two processes that create a table at once collide in the catalogue, "if not exists" or not. */
const CREATE_LEGS =
  "do $$ begin create table legs (round text, guest text, token bigint, leg text); " +
  "exception when duplicate_table or unique_violation then null; end $$";

export async function postgresGround(url: string): Promise<Ground> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // An idle connection that breaks says so, and an "error" that nobody hears of ends the process.
  pool.on("error", () => {});
  const store = postgresStore(pool);
  await store.setup();
  await pool.query(CREATE_LEGS);
  const notifier = postgresNotifier(pool);
  return {
    store,
    notifier,
    transactional: booked(store),
    async legs(round) {
      const text = "select round, guest, token::float8 as token, leg from legs where round = $1";
      return (await pool.query<Leg>(text, [round])).rows;
    },
    async close() {
      await notifier.close();
      await pool.end();
    },
  };
}

/** With a handle that writes legs, whatever the client underneath is. */
export const booked = (store: TransactionalStore<pg.PoolClient>): TransactionalStore<Book> => ({
  ...store,
  transaction: (lease, work) =>
    store.transaction(lease, (client) =>
      work(async ({ round, guest, token, leg }) => {
        const text = "insert into legs (round, guest, token, leg) values ($1, $2, $3, $4)";
        await client.query(text, [round, guest, token, leg]);
      }),
    ),
});
