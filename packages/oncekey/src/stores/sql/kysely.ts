/** Kysely as a client of the Postgres store: `postgresStore(fromKysely(db))`. */
import { rowsOf, type SqlClient, type SqlQuery } from "./client.ts";

/** A compiled query as Kysely takes it, in our own words: no dependency on `kysely`. */
interface RawQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: {
    readonly kind: "RawNode";
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly never[];
  };
  readonly queryId: { readonly queryId: string };
}

interface Queryable {
  withoutPlugins(): { executeQuery(query: RawQuery): Promise<unknown> };
}

/** The part of Kysely's `Kysely` that we use. `Handle` is its `Transaction`. */
export interface KyselyDatabase<Handle> extends Queryable {
  transaction(): {
    execute<Result>(work: (handle: Handle & Queryable) => Promise<Result>): Promise<Result>;
  };
}

/** @example const store = postgresStore(fromKysely(db)); */
export function fromKysely<Handle>(db: KyselyDatabase<Handle>): SqlClient<Handle> {
  return {
    query: queryWith(db),
    transaction: (work) => db.transaction().execute((handle) => work(handle, queryWith(handle))),
  };
}

/** Without the user's plugins: they are for the user's tables. */
function queryWith(db: Queryable): SqlQuery {
  return async ({ text }, values) => {
    const query = { kind: "RawNode", sqlFragments: [text], parameters: [] } as const;
    const raw = { sql: text, parameters: values, query, queryId: { queryId: "oncekey" } };
    return rowsOf(await db.withoutPlugins().executeQuery(raw));
  };
}
