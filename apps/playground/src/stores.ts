/** The stores that the playground can play on: records and orders in one database each. */
import { Redis } from "ioredis";
import Database from "libsql";
import { emptyPlace, type Place } from "local-servers/place";
import type { Inspector, Notifier, Store, TransactionalStore } from "oncekey";
import { postgresNotifier, postgresStore } from "oncekey/postgres";
import { redisNotifier, redisStore } from "oncekey/redis";
import { sqliteStore } from "oncekey/sqlite";
import pg from "pg";

export const STORES = ["sqlite", "redis", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** A row that says who wrote it, so that it can be counted once it is committed. */
export interface SignedOrder {
  readonly dish: string;
  readonly request: number;
  readonly instance: number;
  readonly token: number;
}

/** Effect and record in one commit. */
export interface Transactions {
  readonly store: TransactionalStore<unknown>;
  /** Writes a signed row within the handler's transaction. */
  order(handle: unknown, order: SignedOrder): Promise<void>;
}

/** What one process needs of it. */
export interface Kitchen {
  readonly store: Store & Inspector;
  readonly notifier: Notifier | undefined;
  /** Undefined where the database has none. */
  readonly transactions: Transactions | undefined;
  /** Writes a row of the orders table. */
  order(dish: string): Promise<void>;
  /** How many rows there are. */
  orders(): Promise<number>;
  /** The signed rows that are committed, as another connection sees them. */
  signed(): Promise<readonly SignedOrder[]>;
  close(): Promise<void>;
}

/** What a process is told when it asks whether effect and record can be one commit. */
export const hasTransactions = (name: StoreName): boolean => name !== "redis";

/** Starts a private server on a free port, or makes an empty file; and the tables in it. */
export async function openPlace(name: StoreName): Promise<Place> {
  const place = await emptyPlace(name);
  const kitchen = await openKitchen(name, place.address);
  await kitchen.close();
  return place;
}

export function openKitchen(name: StoreName, address: string): Promise<Kitchen> {
  switch (name) {
    case "sqlite":
      return sqliteKitchen(address);
    case "redis":
      return redisKitchen(address);
    case "postgres":
      return postgresKitchen(address);
  }
}

async function sqliteKitchen(file: string): Promise<Kitchen> {
  // The store's two, and the application's for its own tables.
  const [records, transactions, own] = [new Database(file), new Database(file), new Database(file)];
  const store = sqliteStore(records, { transactions });
  await store.setup();
  own.exec("pragma busy_timeout = 5000");
  own.exec(
    "create table if not exists orders " +
      "(id integer primary key, dish text not null, request integer, instance integer, token integer)",
  );
  return {
    store,
    notifier: undefined,
    transactions: {
      store,
      async order(handle, { dish, request, instance, token }) {
        (handle as Database.Database)
          .prepare("insert into orders (dish, request, instance, token) values (?, ?, ?, ?)")
          .run(dish, request, instance, token);
      },
    },
    order: async (dish) => void own.prepare("insert into orders (dish) values (?)").run(dish),
    orders: async () => countOf(own.prepare("select count(*) as n from orders").get()),
    signed: async () => own.prepare(SIGNED).all().map(signedOf),
    async close() {
      for (const connection of [records, transactions, own]) connection.close();
    },
  };
}

async function redisKitchen(url: string): Promise<Kitchen> {
  const [client, subscriber] = [new Redis(url), new Redis(url)];
  const store = redisStore(client);
  await store.setup();
  return {
    store,
    notifier: redisNotifier(subscriber),
    transactions: undefined,
    order: async (dish) => void (await client.rpush("orders", dish)),
    orders: () => client.llen("orders"),
    signed: async () => [],
    async close() {
      client.disconnect();
      subscriber.disconnect();
    },
  };
}

async function postgresKitchen(url: string): Promise<Kitchen> {
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  // The server may end a connection that nobody uses, at the latest when it is stopped while we are: what
  // asks next opens another, and without a listener it would end the process.
  pool.on("error", () => {});
  const store = postgresStore(pool);
  await store.setup();
  // Two processes that create a table at once collide in the catalogue, "if not exists" or not.
  await pool.query(
    "do $$ begin create table orders " +
      "(id bigserial primary key, dish text not null, request int, instance int, token bigint); " +
      "exception when duplicate_table or unique_violation then null; end $$",
  );
  const notifier = postgresNotifier(pool);
  return {
    store,
    notifier,
    transactions: {
      store,
      async order(handle, { dish, request, instance, token }) {
        await (handle as pg.PoolClient).query(
          "insert into orders (dish, request, instance, token) values ($1, $2, $3, $4)",
          [dish, request, instance, token],
        );
      },
    },
    order: async (dish) => void (await pool.query("insert into orders (dish) values ($1)", [dish])),
    orders: async () => countOf((await pool.query("select count(*) as n from orders")).rows[0]),
    signed: async () => (await pool.query(SIGNED)).rows.map(signedOf),
    close: () => pool.end(),
  };
}

const SIGNED = "select dish, request, instance, token from orders where request is not null";

function signedOf(row: unknown): SignedOrder {
  const { dish, request, instance, token } = row as Readonly<Record<keyof SignedOrder, unknown>>;
  return {
    dish: String(dish),
    request: Number(request),
    instance: Number(instance),
    token: Number(token),
  };
}

const countOf = (row: unknown): number => Number((row as { readonly n: unknown }).n);
