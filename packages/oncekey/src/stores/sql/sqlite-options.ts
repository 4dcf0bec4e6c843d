/** What the SQLite store may be told, checked when it is made. */
import { checkInteger, checkNames, checkOneOf, refuse } from "../../core/check.ts";
import { type Durability, fileOf, type SqliteClient } from "./sqlite-client.ts";

export interface SqliteStoreOptions {
  /** The table's name, and the beginning of its companions' names. "oncekey_records" unless told. */
  readonly table?: string;
  /** "full", the default, survives a loss of power; "normal" the death of the process only. */
  readonly durability?: Durability;
  /** How long a call waits for the write lock, in ms. 5000 unless told. */
  readonly busyMs?: number;
}

export interface SqliteTransactionOptions<Handle> extends SqliteStoreOptions {
  /**
   * A second connection to the same file, for effects and record in one commit. SQLite has no
   * transactions beside each other on one connection: whatever else the application did on it
   * in the meantime would be part of the transaction, and be rolled back with it.
   */
  readonly transactions: Handle;
}

/** As long as SQLite's own clients wait, and the engine's patience with a store (P-105). */
const BUSY_MS = 5_000;

/** The longest that a timer can wait. */
const BUSY_MS_MAX = 2_147_483_647;

/** Names go into the statements as they are, so nothing else may be in them (S-16). */
const TABLE_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

const DEFAULT_TABLE = "oncekey_records";

function checkTable(table: unknown): void {
  if (typeof table === "string" && TABLE_NAME.test(table) && !table.startsWith("sqlite_")) return;
  refuse("table", `a name that matches ${TABLE_NAME.source}, and not "sqlite_..."`, table);
}

/** Of whoever asks for the schema alone. */
export function checkedTable(options: Pick<SqliteStoreOptions, "table">): string {
  checkNames("sqliteSchema()", options, ["table"]);
  const { table = DEFAULT_TABLE } = options;
  checkTable(table);
  return table;
}

interface Checked extends Required<SqliteStoreOptions> {
  readonly transactions: SqliteClient | undefined;
}

export function checkedOptions(
  db: SqliteClient,
  options: SqliteStoreOptions & { readonly transactions?: SqliteClient },
): Checked {
  checkNames("sqliteStore()", options, ["table", "durability", "busyMs", "transactions"]);
  if (!isClient(db)) refuse("db", "a database with `prepare` and `exec`", db);
  const { table = DEFAULT_TABLE, durability = "full", busyMs = BUSY_MS, transactions } = options;
  checkTable(table);
  checkOneOf("durability", durability, ["full", "normal"]);
  checkInteger("busyMs", busyMs, 1, BUSY_MS_MAX);
  if (transactions !== undefined) checkSecond(db, transactions);
  return { table, durability, busyMs, transactions };
}

/** Found out at the first transaction, either mistake would look like a claim that was lost. */
function checkSecond(db: SqliteClient, transactions: SqliteClient): void {
  const expected = "a second connection to the same file";
  if (!isClient(transactions)) refuse("transactions", expected, transactions);
  const isSecond = transactions !== db;
  if (isSecond && fileOf(db) !== "" && fileOf(db) === fileOf(transactions)) return;
  const got = isSecond ? "another database" : "the same connection";
  throw new TypeError(`Expected \`transactions\` to be ${expected}, got ${got}.`);
}

function isClient(value: unknown): boolean {
  const { prepare, exec } = Object(value) as Partial<SqliteClient>;
  return typeof prepare === "function" && typeof exec === "function";
}
