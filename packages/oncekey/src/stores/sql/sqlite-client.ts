/** The calls that better-sqlite3, node:sqlite and libsql have in common, and one such connection. */
import { StoreUnavailable } from "../../core/errors.ts";

export type SqliteValue = string | number | bigint | Uint8Array | null;

/** The part of a client's prepared statement that we use. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
}

/** The part of a client's database that we use: a connection that answers at once. */
export interface SqliteClient {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
}

/** A row as it came: nothing is known of its columns yet. */
export type Row = Readonly<Record<string, unknown>>;

export interface Connection {
  /** The rows of a query. */
  rows(sql: string, ...values: SqliteValue[]): readonly Row[];
  /** How many rows a statement changed. */
  change(sql: string, ...values: SqliteValue[]): number;
  /** Statements without parameters or an answer: BEGIN, COMMIT, the schema. */
  exec(sql: string): void;
  /** Ends the transaction without a trace. Never throws: there is an error to report already. */
  rollBack(): void;
}

/** How safe a commit is: from a loss of power too (`full`), or from a dead process (`normal`). */
export type Durability = "full" | "normal";

/**
 * Statements are prepared once. BEGIN and its like are not prepared at all: libsql leaves a
 * statement that met a lock half done, and until it is run again, every read of the connection
 * sees the database as it was then. Rows are read with `all` to the end, for the same reason.
 */
export function createConnection(client: SqliteClient, durability: Durability): Connection {
  const statements = new Map<string, SqliteStatement>();
  let isPrepared = false;
  let isAbandoned = false;

  /** On first use, and not when the store is made: a database that is busy then is no mistake. */
  function opened(): SqliteClient {
    // libsql runs the statements of a closed database as if nothing had happened.
    if ("open" in client && client.open === false) throw new TypeError("The database is closed.");
    if (!isPrepared) {
      // With a time-out the client would sit and wait for a lock, and the whole process with it.
      client.exec("PRAGMA busy_timeout = 0");
      client.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
      isPrepared = true;
    }
    return client;
  }

  function prepared(sql: string): SqliteStatement {
    const database = opened();
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      readPlainly(statement);
      statements.set(sql, statement);
    }
    return statement;
  }

  return {
    rows: (sql, ...values) => prepared(sql).all(...values) as readonly Row[],
    change: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    exec(sql) {
      const database = opened();
      // What a failed ROLLBACK left open would hold the write lock for ever.
      if (isAbandoned) {
        isAbandoned = false;
        this.rollBack();
      }
      database.exec(sql);
    },
    rollBack() {
      try {
        client.exec("ROLLBACK");
        isAbandoned = false;
      } catch (error) {
        // A full disk or a failed write has rolled back already. A later ROLLBACK of ours could
        // then only hit a transaction that somebody else has begun.
        isAbandoned = !messageOf(error).includes("no transaction is active");
      }
    },
  };
}

/** The file behind a connection: empty for a database in memory. */
export function fileOf(client: SqliteClient): string {
  const rows = client.prepare("SELECT file FROM pragma_database_list WHERE name = 'main'").all();
  const [row] = rows as readonly (Row | readonly unknown[])[];
  const file = Array.isArray(row) ? row[0] : (row as Row | undefined)?.file;
  return typeof file === "string" ? file : "";
}

/** Another connection holds a lock: the same call may succeed in a moment. */
export function isLocked(error: unknown): boolean {
  const { code, errcode } = Object(error) as { code?: unknown; errcode?: unknown };
  if (isSnapshot(error)) return false;
  // node:sqlite tells SQLite's number, of which the low byte is the kind: 5 is SQLITE_BUSY.
  if (typeof errcode === "number") return (errcode & 0xff) === 5;
  return typeof code === "string" && code.startsWith("SQLITE_BUSY");
}

/**
 * The connection is still reading the database as it was before somebody wrote, and cannot write
 * to that: no waiting helps, only the end of the statement that reads.
 */
function isSnapshot(error: unknown): boolean {
  const { code, errcode } = Object(error) as { code?: unknown; errcode?: unknown };
  return errcode === 517 || code === "SQLITE_BUSY_SNAPSHOT";
}

/** What the statements answer. Whatever they throw instead leaves as the store's own error. */
export function answered<T>(statements: () => T): T {
  try {
    return statements();
  } catch (error) {
    throw unavailable(error);
  }
}

/** Every error of the client leaves the store through here, once. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(`SQLite gave no answer${hintFor(error)}.`, { cause: error });
}

function hintFor(error: unknown): string {
  const message = messageOf(error);
  if (isLocked(error)) return ": another connection kept its write lock";
  if (message.includes("no such table")) return ": call `setup()` once before the first request";
  if (isSnapshot(error) || message.includes("busy executing")) {
    return ": somebody has not read a statement on the store's connection to its end";
  }
  if (message.includes("within a transaction")) {
    return ": somebody else has a transaction open on the store's connection";
  }
  return "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The application may have set its connection to big integers, or to rows that are arrays. */
function readPlainly(statement: SqliteStatement): void {
  const settings = statement as SqliteStatement & {
    safeIntegers?(on: boolean): unknown;
    setReadBigInts?(on: boolean): unknown;
    setReturnArrays?(on: boolean): unknown;
  };
  settings.safeIntegers?.(false);
  settings.setReadBigInts?.(false);
  settings.setReturnArrays?.(false);
}
