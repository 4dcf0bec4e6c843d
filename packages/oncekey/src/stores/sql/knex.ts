/** Knex as a client of the Postgres store: `postgresStore(fromKnex(knex))`. */
import {
  rowsOf,
  type SqlClient,
  type SqlQuery,
  type SqlValue,
  splitAtParameters,
} from "./client.ts";

interface Queryable {
  raw(text: string, values: SqlValue[]): PromiseLike<unknown>;
}

/** The part of Knex that we use. `Handle` is its `Transaction`. */
export interface KnexDatabase<Handle> extends Queryable {
  transaction<Result>(work: (handle: Handle & Queryable) => Promise<Result>): Promise<Result>;
}

/** @example const store = postgresStore(fromKnex(knex)); */
export function fromKnex<Handle>(knex: KnexDatabase<Handle>): SqlClient<Handle> {
  return {
    query: queryWith(knex),
    transaction: (work) => knex.transaction((handle) => work(handle, queryWith(handle))),
  };
}

function queryWith(knex: Queryable): SqlQuery {
  return async ({ text }, values) => {
    const { pieces, parameters } = splitAtParameters(text, values);
    try {
      return rowsOf(await knex.raw(pieces.join("?"), [...parameters]));
    } catch (error) {
      // Knex writes the statement with all its values before the driver's message, and a result
      // does not belong in a log.
      if (error instanceof Error) error.message = error.message.split(" - ").at(-1) ?? "";
      throw error;
    }
  };
}
