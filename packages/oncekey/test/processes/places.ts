/** The databases that several processes share: how a process opens its store, and its effect. */
import type { PoolClient } from "pg";
import type { Store } from "../../src/core/store.ts";
import type { TransactionalStore } from "../../src/core/transaction.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { type SqliteClient, sqliteStore } from "../../src/stores/sqlite.ts";

/** Where the records of one test are. Plain data: it is told to other processes. */
export type Place =
  | { readonly kind: "redis"; readonly url: string; readonly prefix: string }
  | { readonly kind: "postgres"; readonly url: string; readonly table: string }
  | { readonly kind: "sqlite"; readonly file: string };

export interface Opened {
  readonly store: Store | TransactionalStore<unknown>;
  /** Writes a row of the application's in the transaction of `handle`. */
  write(handle: unknown, row: string): Promise<void>;
  /** The rows that are there for good. */
  rows(): Promise<readonly string[]>;
  setup(): Promise<void>;
  close(): Promise<void>;
}

/** Shorter than a test's patience: a lock that stays is to be told, not to be waited for. */
const SQLITE_BUSY_MS = 500;

/** A client is loaded only where it is used: most of a process's start is loading. */
export function open(place: Place): Promise<Opened> {
  switch (place.kind) {
    case "redis":
      return openRedis(place.url, place.prefix);
    case "postgres":
      return openPostgres(place.url, place.table);
    case "sqlite":
      return openSqlite(place.file);
  }
}

async function openRedis(url: string, prefix: string): Promise<Opened> {
  const { Redis } = await import("ioredis");
  const client = new Redis(url);
  const none = async (): Promise<never> => {
    throw new Error("Redis keeps no rows.");
  };
  return {
    store: redisStore(client, { prefix }),
    write: none,
    rows: none,
    setup: async () => {},
    close: async () => client.disconnect(),
  };
}

async function openPostgres(url: string, table: string): Promise<Opened> {
  const { Pool } = await import("pg");
  const pool = new Pool({ connectionString: url, max: 10 });
  // A server that goes takes idle connections along, which is no test's failure.
  pool.on("error", () => {});
  const store = postgresStore(pool, { table });
  const effects = `${table}_effects`;
  return {
    store,
    async write(handle, row) {
      await (handle as PoolClient).query(`INSERT INTO ${effects} VALUES ($1)`, [row]);
    },
    async rows() {
      const { rows } = await pool.query<{ text: string }>(`SELECT text FROM ${effects}`);
      return rows.map(({ text }) => text);
    },
    async setup() {
      await store.setup();
      await pool.query(`CREATE TABLE IF NOT EXISTS ${effects} (text text)`);
    },
    close: () => pool.end(),
  };
}

interface Closable extends SqliteClient {
  close(): unknown;
}

async function openSqlite(file: string): Promise<Opened> {
  const { default: Database } = await import("libsql");
  // Its types are a little older than what is in the binary.
  const opened = () => new Database(file) as unknown as Closable;
  const [db, transactions] = [opened(), opened()];
  const store = sqliteStore(db, { transactions, busyMs: SQLITE_BUSY_MS });
  return {
    store,
    async write(handle, row) {
      (handle as SqliteClient).prepare("INSERT INTO effects VALUES (?)").run(row);
    },
    async rows() {
      const rows = db.prepare("SELECT text FROM effects").all() as { text: string }[];
      return rows.map(({ text }) => text);
    },
    async setup() {
      await store.setup();
      db.exec("CREATE TABLE IF NOT EXISTS effects (text TEXT)");
    },
    async close() {
      transactions.close();
      db.close();
    },
  };
}
