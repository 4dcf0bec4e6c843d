/**
 * Records in a SQLite file, over the application's own connection: better-sqlite3, node:sqlite or
 * libsql. For any number of processes on one host.
 *
 * What writes waits for the next turn of the event loop and shares a transaction with all others
 * of this turn, because a commit costs a wait for the disk. What only reads does so at once: a
 * duplicate opens no transaction. The clock is SQLite's own, read once in each transaction.
 */
import { RecordCorrupt } from "../core/errors.ts";
import type { Inspector, ListRequest } from "../core/inspector.ts";
import type { Store } from "../core/store.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import {
  answered,
  createConnection,
  type Durability,
  fileOf,
  type SqliteClient,
  unavailable,
} from "./sql/sqlite-client.ts";
import { patiently, within } from "./sql/sqlite-lock.ts";
import { readPage } from "./sql/sqlite-page.ts";
import { createRecords } from "./sql/sqlite-records.ts";
import { isMigrated, migrate, switchToWal } from "./sql/sqlite-schema.ts";
import { completeWith } from "./sql/sqlite-transaction.ts";
import { createWriter } from "./sql/sqlite-writer.ts";

export type { SqliteClient } from "./sql/sqlite-client.ts";

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

export interface SqliteStore extends Store, Inspector {
  /** Makes the tables or brings them up to date. Several processes may call it at once. */
  setup(): Promise<void>;
}

/** As long as SQLite's own clients wait, and the engine's patience with a store (P-105). */
const BUSY_MS = 5_000;

/** The longest that a timer can wait. */
const BUSY_MS_MAX = 2_147_483_647;

/** `list` reads no more at once (`core/inspector.ts`). */
const PAGE_MAX = 1_000;

/** Freeing a result of a megabyte takes a millisecond: claims may come in between. */
const REAPED_AT_ONCE = 100;

/** Names go into the statements as they are, so nothing else may be in them (S-16). */
const TABLE_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * @example
 * const store = sqliteStore(new Database("app.db"));
 * await store.setup();
 */
export function sqliteStore<Handle extends SqliteClient>(
  db: SqliteClient,
  options: SqliteTransactionOptions<Handle>,
): SqliteStore & TransactionalStore<Handle>;
export function sqliteStore(db: SqliteClient, options?: SqliteStoreOptions): SqliteStore;
export function sqliteStore(
  db: SqliteClient,
  options: SqliteStoreOptions & { readonly transactions?: SqliteClient } = {},
): SqliteStore {
  const { table, durability, busyMs, transactions } = checked(db, options);
  const connection = createConnection(db, durability);
  const records = createRecords(connection, table);
  const writer = createWriter(connection, records, busyMs);

  /** A reader need not wait for a writer, but it may come while SQLite repairs its log. */
  async function read<T>(query: () => T): Promise<T> {
    try {
      return await patiently(query, within(busyMs));
    } catch (error) {
      throw error instanceof RecordCorrupt ? error : unavailable(error);
    }
  }

  const store: SqliteStore = {
    async setup() {
      await read(() => switchToWal(connection));
      if (await read(() => isMigrated(connection, table))) return;
      await writer.alone(connection, async () => answered(() => migrate(connection, table)));
    },

    async claim(request) {
      const answer = await read(() => records.standing(request));
      return answer ?? writer.share((turn) => records.claim(request, turn));
    },
    renew: (lease, leaseMs) => writer.share((turn) => records.renew(lease, leaseMs, turn)),
    complete: (lease, result) => writer.share((turn) => records.complete(lease, result, turn)),
    release: (lease) => writer.share((turn) => records.release(lease, turn)),
    resolve: (lease, result) => writer.share((turn) => records.resolve(lease, result, turn)),
    get: (id) => read(() => records.find(id)),

    list: async (request) => {
      checkPage(request);
      return read(() => readPage(connection, table, request));
    },
    async reap(limit) {
      let reaped = 0;
      // Most of the time there is nothing to do, and a look takes no lock.
      while (reaped < limit && (await read(() => records.hasExpired()))) {
        const wanted = Math.min(limit - reaped, REAPED_AT_ONCE);
        const gone = await writer.share((turn) => records.reap(wanted, turn));
        // Another process was faster.
        if (gone === 0) break;
        reaped += gone;
      }
      return reaped;
    },
  };
  if (transactions === undefined) return store;

  const second = createConnection(transactions, durability);
  const secondRecords = createRecords(second, table);
  const transactional: TransactionalStore<SqliteClient>["transaction"] = (lease, work) =>
    writer.alone(second, () =>
      completeWith(second, secondRecords, lease, () => work(transactions)),
    );
  return Object.assign(store, { transaction: transactional });
}

type Checked = Required<SqliteStoreOptions> & { readonly transactions: SqliteClient | undefined };

/** Every option that there is, and what it may be. */
const EXPECTED: Readonly<Record<string, [is: (value: unknown) => boolean, expected: string]>> = {
  table: [
    (value) => typeof value === "string" && TABLE_NAME.test(value) && !value.startsWith("sqlite_"),
    `a name that matches ${TABLE_NAME.source} and does not begin with "sqlite_"`,
  ],
  durability: [(value) => value === "full" || value === "normal", '"full" or "normal"'],
  busyMs: [
    (value) => isWithin(value, BUSY_MS_MAX),
    `a whole number of milliseconds, 1 to ${BUSY_MS_MAX}`,
  ],
  transactions: [isClient, "a second connection with `prepare` and `exec`"],
};

function checked(
  db: SqliteClient,
  options: SqliteStoreOptions & { readonly transactions?: SqliteClient },
): Checked {
  if (!isClient(db)) throw new TypeError("Expected `db` to be a database: it has no `prepare`.");
  for (const [name, value] of Object.entries(options)) {
    const [is, expected] = (Object.hasOwn(EXPECTED, name) && EXPECTED[name]) || [];
    if (is === undefined) {
      const names = Object.keys(EXPECTED).join("`, `");
      throw new TypeError(`Expected an option of sqliteStore (\`${names}\`), got \`${name}\`.`);
    }
    if (value !== undefined && !is(value)) {
      throw new TypeError(`Expected \`${name}\` to be ${expected}, got ${shown(value)}.`);
    }
  }
  const {
    table = "oncekey_records",
    durability = "full",
    busyMs = BUSY_MS,
    transactions,
  } = options;
  if (transactions !== undefined) checkSecond(db, transactions);
  return { table, durability, busyMs, transactions };
}

/** Found out at the first transaction, either mistake would look like a claim that was lost. */
function checkSecond(db: SqliteClient, transactions: SqliteClient): void {
  const isSecond = transactions !== db;
  if (isSecond && fileOf(db) !== "" && fileOf(db) === fileOf(transactions)) return;
  throw new TypeError(
    `Expected \`transactions\` to be a second connection to the same file, got ${
      isSecond ? "another database" : "the same connection"
    }.`,
  );
}

function checkPage({ limit, after }: ListRequest): void {
  if (!isWithin(limit, PAGE_MAX)) {
    throw new TypeError(`Expected \`limit\` to be 1 to ${PAGE_MAX}, got ${shown(limit)}.`);
  }
  if (after !== undefined && !/^\d{1,16}$/.test(after)) {
    throw new TypeError("Expected `after` to be the `next` of the page before.");
  }
}

function isClient(value: unknown): boolean {
  const { prepare, exec } = Object(value) as Partial<SqliteClient>;
  return typeof prepare === "function" && typeof exec === "function";
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
