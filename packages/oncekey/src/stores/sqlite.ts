/**
 * Records in a SQLite file, over the application's own connection: better-sqlite3, node:sqlite or
 * libsql. For any number of processes on one host.
 *
 * What writes waits for the next turn of the event loop and shares a transaction with all others
 * of this turn, because a commit costs a wait for the disk. What only reads does so at once: a
 * duplicate opens no transaction. The clock is SQLite's own, read once in each transaction.
 */
import { checkInteger, refuse } from "../core/check.ts";
import { RecordCorrupt } from "../core/errors.ts";
import type { Inspector, ListRequest } from "../core/inspector.ts";
import type { Token } from "../core/record.ts";
import type { Store } from "../core/store.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import { answered, createConnection, type SqliteClient, unavailable } from "./sql/sqlite-client.ts";
import { patiently, within } from "./sql/sqlite-lock.ts";
import {
  checkedOptions,
  checkedTable,
  type SqliteStoreOptions,
  type SqliteTransactionOptions,
} from "./sql/sqlite-options.ts";
import { readPage } from "./sql/sqlite-page.ts";
import { createRecords, type Turn } from "./sql/sqlite-records.ts";
import { isMigrated, migrate, schemaStatements, switchToWal } from "./sql/sqlite-schema.ts";
import { completeWith } from "./sql/sqlite-transaction.ts";
import { createWriter, LockedOut } from "./sql/sqlite-writer.ts";

export type { SqliteClient } from "./sql/sqlite-client.ts";
export type { SqliteStoreOptions, SqliteTransactionOptions } from "./sql/sqlite-options.ts";

export interface SqliteStore extends Store, Inspector {
  /** Makes the tables or brings them up to date. Several processes may call it at once. */
  setup(): Promise<void>;
}

/** An instant and two of these are still a safe integer. What is not would fail a whole turn. */
const DURATION_MS_MAX = 2 ** 50;

/** `list` reads no more at once (`core/inspector.ts`). */
const PAGE_MAX = 1_000;

/** Commits of others are over by then: what holds the lock without a break is a transaction. */
const HELD_MS = 500;

/** Freeing a result of a megabyte takes a millisecond: claims may come in between. */
const REAPED_AT_ONCE = 100;

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
  const { table, durability, busyMs, transactions } = checkedOptions(db, options);
  const connection = createConnection(db, durability);
  const records = createRecords(connection, table);
  const writer = createWriter(connection, records, busyMs);
  /** Tokens whose transaction is open in this process: it has the write lock. */
  const open = new Set<Token>();

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
      checkInteger("leaseMs", request.leaseMs, 0, DURATION_MS_MAX);
      checkInteger("retentionMs", request.retentionMs, 0, DURATION_MS_MAX);
      const answer = await read(() => records.standing(request));
      if (answer !== undefined) return answer;
      const claim = (turn: Turn) => records.claim(request, turn);
      if (request.effects !== "transactional") return writer.share(claim);
      const found = await read(() => records.find(request.id));
      if (found === undefined) return writer.share(claim);
      // Its lease has ended, but whoever has the write lock may be its owner, in the middle of the
      // transaction: nobody else can end that lease, and it is in flight for as long as it lasts.
      if (open.has(found.token)) return { outcome: "taken", record: found };
      return writer.share(claim, HELD_MS).catch((error: unknown) => {
        if (!(error instanceof LockedOut)) throw error;
        return { outcome: "taken", record: found };
      });
    },
    async renew(lease, leaseMs) {
      checkInteger("leaseMs", leaseMs, 0, DURATION_MS_MAX);
      // Until its transaction ends nobody can write, and so nobody can follow it.
      if (open.has(lease.token)) return true;
      return writer.share((turn) => records.renew(lease, leaseMs, turn));
    },
    complete: (lease, result) => writer.share((turn) => records.complete(lease, result, turn)),
    release: (lease) => writer.share((turn) => records.release(lease, turn)),
    resolve: (lease, result) => writer.share((turn) => records.resolve(lease, result, turn)),
    get: (id) => read(() => records.find(id)),

    async list(request) {
      checkPage(request);
      return read(() => readPage(connection, table, request));
    },
    async reap(limit) {
      checkInteger("limit", limit, 1, Number.MAX_SAFE_INTEGER);
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
    erase: (lease, instead) => writer.share((turn) => records.erase(lease, instead, turn)),
  };
  if (transactions === undefined) return store;

  const second = createConnection(transactions, durability);
  const secondRecords = createRecords(second, table);
  const transactional: TransactionalStore<SqliteClient>["transaction"] = (lease, work) =>
    writer.alone(second, () =>
      completeWith(second, secondRecords, lease, async () => {
        open.add(lease.token);
        try {
          return await work(transactions);
        } finally {
          open.delete(lease.token);
        }
      }),
    );
  return Object.assign(store, { transaction: transactional });
}

/**
 * The statements that `setup()` runs, in order, for whoever keeps migrations elsewhere. Once they
 * have run, `setup()` only turns the file to WAL.
 *
 * @example await writeFile("migrations/0001-oncekey.sql", sqliteSchema().join("\n"));
 */
export function sqliteSchema(options: Pick<SqliteStoreOptions, "table"> = {}): readonly string[] {
  return schemaStatements(checkedTable(options));
}

function checkPage({ limit, after }: ListRequest): void {
  checkInteger("limit", limit, 1, PAGE_MAX);
  if (after !== undefined && !/^\d{1,16}$/.test(after)) {
    refuse("after", "the `next` of the page before", after);
  }
}
