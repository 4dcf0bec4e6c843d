/** The stores that the playground can play on: records and orders in one database each. */
import { Redis } from "ioredis";
import Database from "libsql";
import { emptyPlace, type Place } from "local-servers/place";
import type { Inspector, Notifier, Store } from "oncekey";
import { postgresNotifier, postgresStore } from "oncekey/postgres";
import { redisNotifier, redisStore } from "oncekey/redis";
import { sqliteStore } from "oncekey/sqlite";
import pg from "pg";

export const STORES = ["sqlite", "redis", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** What one process needs of it. */
export interface Kitchen {
  readonly store: Store & Inspector;
  readonly notifier: Notifier | undefined;
  /** Writes a row of the orders table. */
  order(dish: string): Promise<void>;
  /** How many rows there are. */
  orders(): Promise<number>;
  close(): Promise<void>;
}

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
  // Two connections: the store's, and the application's for its own tables.
  const [records, own] = [new Database(file), new Database(file)];
  const store = sqliteStore(records);
  await store.setup();
  own.exec("pragma busy_timeout = 5000");
  own.exec("create table if not exists orders (id integer primary key, dish text not null)");
  return {
    store,
    notifier: undefined,
    order: async (dish) => void own.prepare("insert into orders (dish) values (?)").run(dish),
    orders: async () => countOf(own.prepare("select count(*) as n from orders").get()),
    async close() {
      records.close();
      own.close();
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
    order: async (dish) => void (await client.rpush("orders", dish)),
    orders: () => client.llen("orders"),
    async close() {
      client.disconnect();
      subscriber.disconnect();
    },
  };
}

async function postgresKitchen(url: string): Promise<Kitchen> {
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  const store = postgresStore(pool);
  await store.setup();
  // Two processes that create a table at once collide in the catalogue, "if not exists" or not.
  await pool.query(
    "do $$ begin create table orders (id bigserial primary key, dish text not null); " +
      "exception when duplicate_table or unique_violation then null; end $$",
  );
  const notifier = postgresNotifier(pool);
  return {
    store,
    notifier,
    order: async (dish) => void (await pool.query("insert into orders (dish) values ($1)", [dish])),
    orders: async () => countOf((await pool.query("select count(*) as n from orders")).rows[0]),
    close: () => pool.end(),
  };
}

const countOf = (row: unknown): number => Number((row as { readonly n: unknown }).n);
