/**
 * The two drivers of Postgres as they are: pg's `Pool` and postgres.js's `sql`.
 *
 * Typed by what we use of them, so that the library depends on neither, and on no version.
 */
import {
  rowsOf,
  type SqlClient,
  type SqlQuery,
  type SqlRow,
  type SqlStatement,
  type SqlValue,
} from "./client.ts";

interface PgQueryable {
  query(text: string, values?: unknown[]): Promise<unknown>;
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

/** The part of pg's `PoolClient` that we use. */
interface PgClient extends PgQueryable {
  /** Of the server's process, as whoever took the connection has named it. */
  readonly processID?: number | null;
  release(destroy: boolean): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/** pg's `Pool`. Both ways to call `connect` stand here, because `Handle` is read off the last. */
export interface PgPool<Handle> extends PgQueryable {
  /** By this a pool is told from a client. */
  readonly totalCount: number;
  connect(): Promise<Handle & PgClient>;
  connect(
    callback: (error: Error | undefined, client: (Handle & PgClient) | undefined) => void,
  ): void;
}

interface PostgresJsQueryable {
  unsafe(text: string, values: SqlValue[], options: { prepare: boolean }): PromiseLike<unknown>;
}

/** The part of postgres.js's `sql` that we use. */
export interface PostgresJs<Handle> extends PostgresJsQueryable {
  begin<Result>(
    options: string,
    work: (sql: Handle & PostgresJsQueryable) => Promise<Result>,
  ): PromiseLike<unknown>;
}

export function fromPg<Handle>(pool: PgPool<Handle>): SqlClient<Handle> {
  /** Whether a client speaks with its server itself, once it was asked. */
  const isDirect = new WeakMap<object, boolean>();

  /** Asks with the first BEGIN, so that it costs no trip. */
  async function begin(client: PgClient): Promise<boolean> {
    const known = isDirect.get(client);
    if (known !== undefined) {
      await client.query("BEGIN", []);
      return known;
    }
    const results = await client.query("BEGIN; SELECT pg_backend_pid() AS pid");
    const [row] = rowsOf(Array.isArray(results) ? results.at(-1) : undefined);
    const direct = row !== undefined && Number(row.pid) === client.processID;
    isDirect.set(client, direct);
    return direct;
  }

  return {
    query: prepared((statement, values) => queryPg(pool, statement, values)),
    async transaction(work) {
      // A client that loses its connection says so, and an "error" that nobody hears of ends the
      // process. The statement that is under way, or the next one, rejects too: that is enough.
      const heard = (): void => {};
      const client = await takeClient(pool, (taken) => {
        taken.on("error", heard);
        return taken;
      });
      let isBroken = true;
      try {
        const mayPrepare = await begin(client);
        const query: SqlQuery = ({ text, name }, values) =>
          queryPg(client, mayPrepare && name !== undefined ? { text, name } : { text }, values);
        const result = await work(client, query).catch(async (error: unknown) => {
          if (isUnprepared(error)) isDirect.set(client, false);
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

/**
 * Takes a client from the pool, and makes of it what `prepare` does, before anything can happen to it.
 *
 * By callback: whoever awaits the promise comes a turn later. The last words of a server that dies
 * may stand in the very bytes that made the client free, and nobody would hear them in between.
 */
export function takeClient<Client, Prepared>(
  pool: { connect(callback: (error: Error | undefined, client?: Client) => void): void },
  prepare: (client: Client) => Prepared,
): Promise<Prepared> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client === undefined) reject(error);
      else resolve(prepare(client));
    });
  });
}

async function queryPg(
  client: PgQueryable,
  { text, name }: SqlStatement,
  values: readonly SqlValue[],
): Promise<readonly SqlRow[]> {
  if (name === undefined) return rowsOf(await client.query(text, [...values]));
  return rowsOf(await client.query({ name, text, values: [...values] }));
}

export function fromPostgresJs<Handle>(sql: PostgresJs<Handle>): SqlClient<Handle> {
  return {
    query: prepared((statement, values) => queryPostgresJs(sql, statement, values)),
    async transaction(work) {
      // It returns what `work` does, but with the promises of an array awaited: not our business.
      let result: { readonly value: Awaited<ReturnType<typeof work>> } | undefined;
      await sql.begin("", async (transaction) => {
        const query: SqlQuery = ({ text }, values) =>
          queryPostgresJs(transaction, { text }, values);
        result = { value: await work(transaction, query) };
      });
      if (result === undefined) throw new Error("The transaction ended without its work.");
      return result.value;
    },
  };
}

async function queryPostgresJs(
  sql: PostgresJsQueryable,
  { text, name }: SqlStatement,
  values: readonly SqlValue[],
): Promise<readonly SqlRow[]> {
  return rowsOf(await sql.unsafe(text, [...values], { prepare: name !== undefined }));
}

/** No such prepared statement, or there is one already: nothing was done. */
const NOT_PREPARED: readonly unknown[] = ["26000", "42P05"];

const isUnprepared = (error: unknown): boolean =>
  NOT_PREPARED.includes((error as { readonly code?: unknown } | undefined)?.code);

/**
 * Prepares what has a name. A pooler may hand out other connections than those that it was prepared
 * on: from the first such answer on, nothing is prepared any more. Inside a transaction that answer
 * would cost the user's work, so there only a connection prepares that is known to be the server's own:
 * a pooler gives a number of its own for the server's process, or the number of another one.
 */
function prepared(query: SqlQuery): SqlQuery {
  let isSupported = true;
  return async (statement, values) => {
    if (!isSupported) return query({ text: statement.text }, values);
    try {
      return await query(statement, values);
    } catch (error) {
      if (statement.name === undefined || !isUnprepared(error)) throw error;
      isSupported = false;
      return query({ text: statement.text }, values);
    }
  };
}
