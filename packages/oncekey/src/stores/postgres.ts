/**
 * Records in Postgres: durable, and the only place where effect and record can commit together.
 *
 * Each verb is one statement, and calls that come at the same time share it: under load a commit
 * is paid once for hundreds of claims, and a lone caller waits for nobody. The server's clock is
 * the only one, and the row lock of a claim is what makes it atomic.
 */
import { checkInteger, refuse } from "../core/check.ts";
import type { Inspector, ListRequest, Page } from "../core/inspector.ts";
import type { Lease } from "../core/store.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import { createGet } from "./postgres-calls.ts";
import { createClaim } from "./postgres-claims.ts";
import {
  checkedNames,
  clientOf,
  type PostgresClient,
  type PostgresOptions,
} from "./postgres-options.ts";
import { integerOf, isRolledBack, recordOf, unavailable } from "./postgres-rows.ts";
import {
  COMPLETE,
  createErase,
  createFenced,
  FORGET,
  RELEASE,
  RENEW,
  RESOLVE,
} from "./postgres-writes.ts";
import type { SqlClient, SqlRow, SqlStatement, SqlValue } from "./sql/client.ts";
import { migrate, schemaStatements, tableNames } from "./sql/postgres-schema.ts";
import { createStatements, type Statements } from "./sql/postgres-statements.ts";

export {
  type PostgresListener,
  type PostgresNotifier,
  type PostgresNotifierOptions,
  postgresNotifier,
} from "./postgres-notifier.ts";
export type { PostgresClient, PostgresOptions } from "./postgres-options.ts";
export type { SqlClient, SqlQuery, SqlRow, SqlStatement, SqlValue } from "./sql/client.ts";

export interface PostgresStore<Handle> extends TransactionalStore<Handle>, Inspector {
  /** Creates the table, or brings it up to date. Any number of processes may call it at once. */
  setup(): Promise<void>;
}

/**
 * @example
 * const store = postgresStore(new Pool({ connectionString }));
 * await store.setup();
 */
export function postgresStore<Handle>(
  client: PostgresClient<Handle>,
  options: PostgresOptions = {},
): PostgresStore<Handle> {
  const { table, schema } = checkedNames("postgresStore()", options);
  const names = tableNames(table, schema);
  const statements = createStatements(names);
  const sql = clientOf(client);
  const asking = (verb: keyof Statements) => (values: readonly SqlValue[]) =>
    ask(sql, statements[verb], values);

  const look = asking("look");
  const renew = createFenced(RENEW, asking("renew"), look);
  const complete = createFenced(COMPLETE, asking("complete"), look);
  const release = createFenced(RELEASE, asking("release"), look);
  const resolve = createFenced(RESOLVE, asking("resolve"), look);
  const forget = createFenced(FORGET, asking("forget"), look);

  return {
    claim: createClaim(asking("claim"), asking("follow")),
    renew: (lease, leaseMs) => renew({ lease, leaseMs }),
    complete: (lease, result) => complete({ lease, result }),
    release: (lease) => release({ lease }),
    resolve: (lease, result) =>
      result === undefined ? forget({ lease }) : resolve({ lease, result }),
    get: createGet(asking("get")),

    transaction: (lease, work) => settleWith(sql, statements.settle, lease, work),

    async list(request) {
      const { limit, values } = checkedList(request);
      const isUnsettled = request.state === "in-flight" || request.state === "in-doubt";
      const rows = await asking(isUnsettled ? "listUnsettled" : "list")(values);
      return pageOf(rows, limit);
    },

    async reap(limit) {
      checkInteger("limit", limit, 1, Number.MAX_SAFE_INTEGER);
      const [row] = await asking("reap")([String(Math.min(limit, REAP_MAX))]);
      return row === undefined ? 0 : integerOf(row, "reaped");
    },

    erase: createErase(asking("erase"), asking("purge")),

    async setup() {
      try {
        await migrate(sql, names, schema);
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

/**
 * The statements that `setup()` runs, in order, for whoever keeps migrations elsewhere. Once they
 * have run, `setup()` finds nothing left to do.
 *
 * @example await writeFile("migrations/0001-oncekey.sql", postgresSchema().join(";\n\n"));
 */
export function postgresSchema(options: PostgresOptions = {}): readonly string[] {
  const { table, schema } = checkedNames("postgresSchema()", options);
  return schemaStatements(tableNames(table, schema));
}

/** A statement that deletes more holds its locks for seconds. */
const REAP_MAX = 100_000;

/** How often Postgres is asked when it undoes the statement in favour of another one. */
const TRIES_MAX = 3;

async function ask(
  sql: SqlClient<unknown>,
  statement: SqlStatement,
  values: readonly SqlValue[],
): Promise<readonly SqlRow[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await sql.query(statement, values);
    } catch (error) {
      if (tries === TRIES_MAX || !isRolledBack(error)) throw unavailable(error);
    }
  }
}

/** Runs the user's work, then completes the record in the same transaction, then commits. */
async function settleWith<Handle>(
  sql: SqlClient<Handle>,
  statement: SqlStatement,
  lease: Lease,
  work: (handle: Handle) => Promise<Uint8Array>,
): Promise<boolean> {
  let failure: { readonly error: unknown } | undefined;
  let isStale = false;
  const attempt = async (handle: Handle): Promise<Uint8Array> => {
    try {
      return await work(handle);
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    await sql.transaction(async (handle, query) => {
      const result = await attempt(handle);
      const rows = await query(statement, [lease.id, String(lease.token), result]);
      isStale = rows.length === 0;
      // Whoever opened the transaction rolls it back, and knows of no other way to be told.
      if (isStale) throw new Error("The lease was lost: rolled back.");
    });
    return true;
  } catch (error) {
    // The same error, whatever the client has made of it or met while rolling back.
    if (failure !== undefined) throw failure.error;
    if (isStale) return false;
    throw unavailable(error);
  }
}

/** How many rows a page with a filter may pass over: some ten milliseconds of them. */
const WALK_MAX = 10_000;

function checkedList(request: ListRequest): { limit: number; values: readonly string[] } {
  const limit = checkInteger("limit", request.limit, 1, 1000);
  const { after = String(Number.MAX_SAFE_INTEGER), scope = "", state = "" } = request;
  if (!/^\d{1,16}$/.test(after)) refuse("after", "the `next` of the page before", after);
  if (!/^([0-9a-f]{64})?$/.test(scope)) refuse("scope", "64 lower-case hex digits", scope);
  const isFiltered = scope !== "" || state !== "";
  // One more than asked for, to know whether there is a next page.
  const walk = isFiltered ? WALK_MAX : limit + 1;
  return { limit, values: [after, String(walk), scope, state, String(limit + 1)] };
}

/** One row says at least where the walk ended. What did not fit begins the next page. */
function pageOf(rows: readonly SqlRow[], limit: number): Page {
  const found = rows.filter(({ id }) => id !== null);
  const fitting = found.filter(({ state }) => state !== "later").slice(0, limit);
  const records = fitting.map(recordOf);
  const last = records.at(-1);
  if (last !== undefined && fitting.length < found.length) {
    return { records, next: String(last.token) };
  }
  const [walk] = rows;
  if (walk?.full === "true") return { records, next: String(integerOf(walk, "last")) };
  return { records };
}
