/** Drizzle as a client of the Postgres store: `postgresStore(fromDrizzle(db, sql))`. */
import { rowsOf, type SqlClient, type SqlQuery, splitAtParameters } from "./client.ts";

interface Queryable<Query> {
  execute(query: Query): PromiseLike<unknown>;
}

/** The part of a Drizzle database that we use. `Handle` is the transaction it hands out. */
export interface DrizzleDatabase<Query, Handle> extends Queryable<Query> {
  transaction<Result>(
    work: (handle: Handle & Queryable<Query>) => Promise<Result>,
  ): Promise<Result>;
}

/** @example const store = postgresStore(fromDrizzle(db, sql)); */
export function fromDrizzle<Query, Handle>(
  db: DrizzleDatabase<Query, Handle>,
  sql: (strings: TemplateStringsArray, ...values: unknown[]) => Query,
): SqlClient<Handle> {
  const queryWith =
    (queryable: Queryable<Query>): SqlQuery =>
    async ({ text }, values) => {
      const { pieces, parameters } = splitAtParameters(text, values);
      const query = sql(Object.assign(pieces, { raw: pieces }), ...parameters);
      try {
        return rowsOf(await queryable.execute(query));
      } catch (error) {
        // Drizzle's own error has all parameters in its message: results do not belong in a log.
        throw (error as { readonly cause?: unknown } | undefined)?.cause ?? error;
      }
    };
  return {
    query: queryWith(db),
    transaction: (work) => db.transaction((handle) => work(handle, queryWith(handle))),
  };
}
