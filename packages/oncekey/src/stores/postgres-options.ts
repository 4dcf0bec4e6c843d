/** What is given to the Postgres store, checked when it is made: its options, and its client. */
import { checkNames, refuse } from "../core/check.ts";
import type { SqlClient } from "./sql/client.ts";
import { fromPg, fromPostgresJs, type PgPool, type PostgresJs } from "./sql/postgres-clients.ts";

export interface PostgresOptions {
  /** The table, `oncekey_records` unless told otherwise. Stores with one table are one store. */
  readonly table?: string;
  /** The schema it is in. Without it, the first one of the connection's `search_path`. */
  readonly schema?: string;
}

/** pg's `Pool`, postgres.js's `sql`, or what `fromKysely` and its like make of a database. */
export type PostgresClient<Handle> = PgPool<Handle> | PostgresJs<Handle> | SqlClient<Handle>;

/** Names stand in statements as they are: nothing in them may need quoting. */
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

export function checkedNames(
  where: string,
  options: PostgresOptions,
): { readonly table: string; readonly schema: string | undefined } {
  checkNames(where, options, ["table", "schema"]);
  const { table = "oncekey_records", schema } = options;
  return {
    table: checkedName("table", table),
    schema: schema === undefined ? undefined : checkedName("schema", schema),
  };
}

function checkedName(option: string, name: unknown): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  return refuse(option, `a name that matches ${NAME.source}`, name);
}

/** postgres.js is a function, pg's pool connects, and ours does neither. */
export function clientOf<Handle>(client: PostgresClient<Handle>): SqlClient<Handle> {
  if (typeof client === "function" && "unsafe" in client) return fromPostgresJs(client);
  if (typeof client === "object" && client !== null) {
    if ("connect" in client && "totalCount" in client) return fromPg(client);
    if ("query" in client && "transaction" in client) return client;
  }
  return refuse(
    "client",
    "pg's Pool, postgres.js's sql, or fromKysely(db), fromDrizzle(db, sql), fromPrisma(prisma) " +
      "or fromKnex(knex)",
    client,
  );
}
