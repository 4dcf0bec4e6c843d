/**
 * A store from its address: the client made, the tables there, and everything closed at the end.
 *
 * Each client is loaded only where it is used: together they are most of what a start costs.
 */
import { type Inspector, type Notifier, type Store, startReaper } from "oncekey";
import { Complaint, reasonOf, rootOf } from "./complaint.ts";

export interface OpenStore {
  readonly store: Store & Inspector;
  readonly notifier?: Notifier;
  /** Sentences about settings of the database that may lose records. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

const KNOWN = "memory:, sqlite:FILE, redis://HOST:PORT, rediss://… or postgres://…";

/** How long the start waits for a database: who starts a gateway looks at the terminal. */
const CONNECT_MS = 5_000;
/** A command that takes longer belongs to a Redis that stands still. */
const COMMAND_MS = 2_000;
/** Each claim and each completion is one short statement, and they share what is on its way. */
const POSTGRES_CONNECTIONS = 10;

/** Throws a `Complaint` for an address that is none, and for a database that is not there. */
export async function openStore(address: string): Promise<OpenStore> {
  const scheme = /^([a-z]+):/.exec(address)?.[1];
  try {
    switch (scheme) {
      case "memory":
        return await overMemory();
      case "sqlite":
        return await overSqlite(address.slice("sqlite:".length));
      case "redis":
      case "rediss":
        return await overRedis(address);
      case "postgres":
      case "postgresql":
        return await overPostgres(address);
    }
  } catch (error) {
    // Neither the address nor what a driver makes of it: there is a password in it.
    const what = scheme === "sqlite" ? "file" : "server";
    throw new Complaint(
      `Could not open the ${what} of --store (${scheme}): ${reasonOf(rootOf(error))}. ` +
        `Is it there, and may this process use it?`,
    );
  }
  throw new Complaint(`Expected --store to be ${KNOWN}.`);
}

async function overMemory(): Promise<OpenStore> {
  const { memoryStore } = await import("oncekey/memory");
  const store = memoryStore();
  const warnings = ["Records are in memory: one process only, and a restart forgets every key."];
  return { store, notifier: store.notifier, warnings, async close() {} };
}

async function overSqlite(file: string): Promise<OpenStore> {
  if (file === "") throw new Complaint("Expected --store sqlite:FILE to name a file.");
  const { default: Database } = await import("libsql");
  const { sqliteStore } = await import("oncekey/sqlite");
  const client = new Database(file);
  try {
    const store = sqliteStore(client);
    await store.setup();
    const stopReaper = startReaper(store);
    return {
      store,
      warnings: [],
      async close() {
        stopReaper();
        client.close();
      },
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

async function overRedis(url: string): Promise<OpenStore> {
  const { Redis } = await import("ioredis");
  const { redisNotifier, redisStore } = await import("oncekey/redis");
  const common = { lazyConnect: true, connectTimeout: CONNECT_MS };
  const client = new Redis(url, {
    ...common,
    // A Redis that is away is to be noticed at once, and nothing is to be sent to it later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_MS,
    socketTimeout: COMMAND_MS * 2,
  });
  // A subscriber is silent by nature, so its silence is not timed.
  const subscriber = new Redis(url, common);
  // The library tells what failed; a client without a listener would end the process.
  let lastError: unknown;
  client.on("error", (error) => {
    lastError = error;
  });
  subscriber.on("error", () => {});
  const close = async () => {
    client.disconnect();
    subscriber.disconnect();
  };
  try {
    await client.connect();
    const store = redisStore(client);
    const warnings = await store.setup();
    await subscriber.connect();
    return { store, notifier: redisNotifier(subscriber), warnings, close };
  } catch (error) {
    await close();
    throw lastError ?? error;
  }
}

async function overPostgres(url: string): Promise<OpenStore> {
  const { default: pg } = await import("pg");
  const { postgresNotifier, postgresStore } = await import("oncekey/postgres");
  const pool = new pg.Pool({
    connectionString: url,
    max: POSTGRES_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: "oncekey gateway",
  });
  // pg's own rule: an idle client that is lost must be heard.
  pool.on("error", () => {});
  try {
    const store = postgresStore(pool);
    await store.setup();
    const notifier = postgresNotifier(pool);
    const stopReaper = startReaper(store);
    return {
      store,
      notifier,
      warnings: [],
      async close() {
        stopReaper();
        await notifier.close();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
