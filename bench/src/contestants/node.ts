/** `node:http`: alone, and with oncekey over each store. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { memoryStore } from "oncekey/memory";
import { type GuardOptions, idempotency, idempotencyOf } from "oncekey/node";
import { postgresStore } from "oncekey/postgres";
import { redisStore } from "oncekey/redis";
import { sqliteStore } from "oncekey/sqlite";
import type { PoolClient } from "pg";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { databaseOf, poolOf, redisOf } from "./clients.ts";
import { listen } from "./listen.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ORDERS = "CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, body text NOT NULL)";
const ORDER = { name: "order", text: "INSERT INTO orders (body) VALUES ($1)" };

type Store = GuardOptions<IncomingMessage>["store"];

export function handlerOf({ counts }: Setting): RequestListener {
  return async function pay(request, response) {
    await buffer(request);
    response.writeHead(STATUS, JSON_TYPE).end(work(counts));
  };
}

const guarded = (setting: Setting, store: Store): Promise<Listening> =>
  listen(idempotency({ store, scope: "global" }, handlerOf(setting)));

export const bare = (setting: Setting): Promise<Listening> => listen(handlerOf(setting));

export const memory = (setting: Setting): Promise<Listening> => guarded(setting, memoryStore());

export const sqliteNormal = (setting: Setting): Promise<Listening> => sqlite(setting, "normal");
export const sqliteFull = (setting: Setting): Promise<Listening> => sqlite(setting, "full");

async function sqlite(setting: Setting, durability: "normal" | "full"): Promise<Listening> {
  const store = sqliteStore(databaseOf(setting), { durability });
  await store.setup();
  return guarded(setting, store);
}

export async function redis(setting: Setting): Promise<Listening> {
  const store = redisStore(redisOf(setting));
  await store.setup();
  return guarded(setting, store);
}

export async function postgres(setting: Setting): Promise<Listening> {
  const store = postgresStore(poolOf(setting));
  await store.setup();
  return guarded(setting, store);
}

/** What the user's own transaction costs, which has no key and no record. */
export async function transactionAlone(setting: Setting): Promise<Listening> {
  const pool = poolOf(setting);
  await pool.query(ORDERS);
  return listen(async (request, response) => {
    const body = await buffer(request);
    const client = await pool.connect();
    await client.query("BEGIN");
    await client.query(ORDER, [body.toString()]);
    await client.query("COMMIT");
    client.release();
    response.writeHead(STATUS, JSON_TYPE).end(work(setting.counts));
  });
}

export async function transactional(setting: Setting): Promise<Listening> {
  const pool = poolOf(setting);
  await pool.query(ORDERS);
  const store = postgresStore(pool);
  await store.setup();
  const order = async (request: IncomingMessage, response: ServerResponse) => {
    const { transaction } = idempotencyOf<PoolClient>(request);
    const body = await buffer(request);
    await transaction.query(ORDER, [body.toString()]);
    response.writeHead(STATUS, JSON_TYPE).end(work(setting.counts));
  };
  return listen(idempotency({ store, scope: "global", effects: "transactional" }, order));
}
