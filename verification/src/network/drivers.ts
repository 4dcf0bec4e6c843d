/**
 * The drivers, with the settings that an application needs for a network that falls silent, and as
 * they come. What they need is what the sweep found: without it a dead connection is kept for ever.
 */
import { Redis, type RedisOptions } from "ioredis";
import { postgresStore } from "oncekey/postgres";
import { redisStore } from "oncekey/redis";
import pg from "pg";
import type { Ground } from "../chaos/ground.ts";
import { booked } from "../chaos/postgres-ground.ts";
import type { StoreName } from "./cell.ts";

/** How much of a lease they are is what counts: by default five seconds of thirty. */
export const LEASE_MS = 750;
export const STORE_TIMEOUT_MS = 300;
/** A handler that is renewed once or twice. */
export const DWELL_MS: number = LEASE_MS * 0.7;

/** As the guarantees ask, or as they come out of the box. */
export const DRIVERS = ["bounded", "plain"] as const;
export type Drivers = (typeof DRIVERS)[number];

/** A little longer than a call is waited for: the connection is given up after the call is. */
const SILENCE_MS = 360;
/** The server's own: it ends a session whose client fell silent within a transaction. */
export const IDLE_MS = 850;

export function openDrivers(store: StoreName, url: string, drivers: Drivers): Promise<Ground> {
  return store === "redis" ? overRedis(url, drivers) : overPostgres(url, drivers);
}

const REDIS = {
  bounded: {
    connectTimeout: SILENCE_MS,
    commandTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
  },
  plain: { commandTimeout: SILENCE_MS },
} satisfies Record<Drivers, RedisOptions>;

async function overRedis(url: string, drivers: Drivers): Promise<Ground> {
  const client = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    ...REDIS[drivers],
  });
  client.on("error", () => {});
  // It tries on by itself until then: a busy machine may be slow to connect.
  await new Promise<void>((resolve) => client.once("ready", resolve));
  return {
    store: redisStore(client),
    notifier: undefined,
    transactional: undefined,
    legs: async () => [],
    close: async () => client.disconnect(),
  };
}

const POSTGRES = {
  bounded: {
    connectionTimeoutMillis: SILENCE_MS,
    query_timeout: SILENCE_MS,
    idle_in_transaction_session_timeout: IDLE_MS,
  },
  plain: { connectionTimeoutMillis: SILENCE_MS },
} satisfies Record<Drivers, pg.PoolConfig>;

/** More than are asked for at once in a round, so that a dead one is missed only when all are. */
export const CONNECTIONS = 6;

async function overPostgres(url: string, drivers: Drivers): Promise<Ground> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, ...POSTGRES[drivers] });
  pool.on("error", () => {});
  const store = postgresStore(pool);
  return {
    store,
    notifier: undefined,
    transactional: booked(store),
    legs: async () => [],
    close: () => pool.end(),
  };
}
