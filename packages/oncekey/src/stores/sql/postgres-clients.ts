/**
 * The two drivers of Postgres as they are: pg's `Pool` and postgres.js's `sql`.
 *
 * Typed by what we use of them, so that the library depends on neither, and on no version.
 */
import { rowsOf, type SqlClient, type SqlQuery, type SqlValue } from "./client.ts";

interface PgQueryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** The part of pg's `PoolClient` that we use. */
interface PgClient extends PgQueryable {
  release(destroy: boolean): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/** pg's `Pool`. Both ways to call `connect` stand here, because `Handle` is read off the last. */
export interface PgPool<Handle> extends PgQueryable {
  /** By this a pool is told from a client. */
  readonly totalCount: number;
  connect(): Promise<Handle & PgClient>;
  connect(callback: (error: Error | undefined, client: Handle | undefined) => void): void;
}

interface PostgresJsQueryable {
  unsafe(text: string, values: SqlValue[]): PromiseLike<unknown>;
}

/** The part of postgres.js's `sql` that we use. */
export interface PostgresJs<Handle> extends PostgresJsQueryable {
  begin<Result>(
    options: string,
    work: (sql: Handle & PostgresJsQueryable) => Promise<Result>,
  ): PromiseLike<unknown>;
}

export function fromPg<Handle>(pool: PgPool<Handle>): SqlClient<Handle> {
  return {
    query: queryPg(pool),
    async transaction(work) {
      const client = await pool.connect();
      // A client that loses its connection says so, and an "error" that nobody hears of ends the
      // process. The statement that is under way, or the next one, rejects too: that is enough.
      const heard = (): void => {};
      client.on("error", heard);
      let isBroken = true;
      try {
        await client.query("BEGIN", []);
        const result = await work(client, queryPg(client)).catch(async (error: unknown) => {
          await client.query("ROLLBACK", []);
          isBroken = false;
          throw error;
        });
        await client.query("COMMIT", []);
        isBroken = false;
        return result;
      } finally {
        // Destroyed when in doubt: the next one to use it would find itself in this transaction.
        client.release(isBroken);
        client.off("error", heard);
      }
    },
  };
}

function queryPg(client: PgQueryable): SqlQuery {
  return async (text, values) => rowsOf(await client.query(text, [...values]));
}

export function fromPostgresJs<Handle>(sql: PostgresJs<Handle>): SqlClient<Handle> {
  return {
    query: queryPostgresJs(sql),
    async transaction(work) {
      // It returns what `work` does, but with the promises of an array awaited: not our business.
      let result: { readonly value: Awaited<ReturnType<typeof work>> } | undefined;
      await sql.begin("", async (transaction) => {
        result = { value: await work(transaction, queryPostgresJs(transaction)) };
      });
      if (result === undefined) throw new Error("The transaction ended without its work.");
      return result.value;
    },
  };
}

function queryPostgresJs(sql: PostgresJsQueryable): SqlQuery {
  return async (text, values) => rowsOf(await sql.unsafe(text, [...values]));
}
