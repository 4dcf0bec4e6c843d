/**
 * A store's database, opened as it is: nothing is made in it, nothing is reaped, nobody listens.
 *
 * `openStore` is for a gateway, which brings the tables up to date when it starts. Whoever looks
 * into a database of others must not change it by looking.
 */
import { existsSync } from "node:fs";
import { type Inspector, RecordCorrupt, type Store, StoreUnavailable } from "oncekey";
import { Complaint, reasonOf, rootOf } from "../complaint.ts";
import { Ending } from "./ending.ts";

export type Row = Readonly<Record<string, unknown>>;

interface Opened {
  readonly store: Store & Inspector;
  /** The store's clock, in ms: ages are read off no other. */
  now(): Promise<number>;
  close(): Promise<void>;
}

/** A database that speaks SQL. `setup` makes the tables, or brings them up to date. */
export interface SqlDatabase extends Opened {
  readonly kind: "sqlite" | "postgres";
  setup(): Promise<void>;
  rows(sql: string): Promise<readonly Row[]>;
}

export interface RedisDatabase extends Opened {
  readonly kind: "redis";
  /** Tries the client out, and says what Redis is set up to forget. */
  setup(): Promise<readonly string[]>;
  /** The answer to a command, as text. */
  ask(command: string, ...args: readonly string[]): Promise<string>;
}

export type Database = SqlDatabase | RedisDatabase;
export type Kind = Database["kind"] | "memory";

const KINDS: Readonly<Record<string, Kind>> = {
  memory: "memory",
  sqlite: "sqlite",
  redis: "redis",
  rediss: "redis",
  postgres: "postgres",
  postgresql: "postgres",
};

/** Whoever typed a command looks at the terminal. */
const CONNECT_MS = 5_000;
const COMMAND_MS = 10_000;

/** Throws a `Complaint` for an address that is none. */
export function kindOf(address: string | undefined): Kind {
  if (address === undefined) {
    throw new Complaint(
      "Expected --store, or ONCEKEY_STORE, to say where records live: sqlite:./oncekey.db, " +
        "redis://… or postgres://….",
    );
  }
  const kind = KINDS[/^([a-z]+):/.exec(address)?.[1] ?? ""];
  if (kind !== undefined) return kind;
  throw new Complaint(
    "Expected --store to be sqlite:FILE, redis://HOST:PORT, rediss://… or postgres://….",
  );
}

export interface Access {
  /** Make the SQLite file, if it is not there. */
  readonly mayCreate?: boolean;
  /** For a server: a database that was away is found again. */
  readonly isLasting?: boolean;
}

/**
 * Opens, uses and closes. Throws a `Complaint` for a database that is not there, and an `Ending`
 * for one that fails later.
 */
export async function withDatabase<T>(
  address: string | undefined,
  use: (database: Database) => Promise<T>,
  access: Access = {},
): Promise<T> {
  const database = await openDatabase(address, access);
  try {
    return await use(database);
  } catch (error) {
    throw plainly(error);
  } finally {
    await database.close();
  }
}

async function openDatabase(address: string | undefined, access: Access): Promise<Database> {
  const kind = kindOf(address);
  if (kind === "memory" || address === undefined) {
    throw new Complaint(
      "Records of --store memory: are inside the process that made them, and end with it: from " +
        "here there is nothing to see.",
    );
  }
  try {
    if (kind === "sqlite") return await openSqlite(address.slice("sqlite:".length), access);
    return await (kind === "redis" ? openRedis(address, access) : openPostgres(address));
  } catch (error) {
    if (error instanceof Complaint) throw error;
    // Neither the address nor what a driver makes of it: there is a password in it.
    const what = kind === "sqlite" ? "file" : "server";
    throw new Complaint(
      `Could not open the ${what} of --store (${kind}): ${reasonOf(rootOf(error))}. ` +
        "Is it there, and may this process use it?",
    );
  }
}

/** What databases say of a table that was never made. */
const NO_TABLE = /no such table|relation .* does not exist/;

export const lacksTables = (error: unknown): boolean => NO_TABLE.test(reasonOf(rootOf(error)));

/** A database that fails is no mistake of the command line. */
function plainly(error: unknown): unknown {
  if (error instanceof RecordCorrupt) return new Ending(1, error.message);
  if (!(error instanceof StoreUnavailable)) return error;
  if (lacksTables(error)) {
    return new Ending(
      1,
      "There are no records in this database, and no table for them. If it is the right one, " +
        "`oncekey migrate --apply` makes the table.",
    );
  }
  return new Ending(1, `The store did not answer: ${reasonOf(rootOf(error))}.`);
}

/** What goes past the store has to be in its words as well: a driver's own error is a stack. */
async function answered<T>(call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new Ending(1, `The store did not answer: ${reasonOf(rootOf(error))}.`);
  }
}

async function openSqlite(file: string, { mayCreate = false }: Access): Promise<SqlDatabase> {
  if (file === "") throw new Complaint("Expected --store sqlite:FILE to name a file.");
  if (!mayCreate && !existsSync(file)) {
    throw new Complaint(`There is no file ${file}: expected --store sqlite:FILE to name one.`);
  }
  const { default: Client } = await import("libsql");
  const { sqliteStore } = await import("oncekey/sqlite");
  const client = new Client(file);
  try {
    // A file that is something else shows it only when it is read.
    client.prepare("PRAGMA schema_version").all();
  } catch (error) {
    client.close();
    throw error;
  }
  const rows = (sql: string) => answered(() => client.prepare(sql).all() as Row[]);
  const store = sqliteStore(client);
  return {
    kind: "sqlite",
    store,
    setup: () => store.setup(),
    rows,
    async now() {
      const [row] = await rows("SELECT (julianday('now') - 2440587.5) * 86400000.0 AS now");
      return Math.round(Number(row?.now));
    },
    async close() {
      client.close();
    },
  };
}

async function openRedis(url: string, { isLasting = false }: Access): Promise<RedisDatabase> {
  const { Redis } = await import("ioredis");
  const { redisStore } = await import("oncekey/redis");
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_MS,
    // One try, where somebody waits for the answer: what is away is said at once.
    ...(!isLasting && { retryStrategy: () => null }),
  });
  let lastError: unknown;
  client.on("error", (error) => {
    lastError = error;
  });
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw lastError ?? error;
  }
  const store = redisStore(client);
  return {
    kind: "redis",
    store,
    setup: () => store.setup(),
    ask: async (command, ...args) => String(await answered(() => client.call(command, ...args))),
    async now() {
      const [seconds, micros] = await answered(() => client.time());
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    },
    async close() {
      client.disconnect();
    },
  };
}

async function openPostgres(url: string): Promise<SqlDatabase> {
  const { default: pg } = await import("pg");
  const { postgresStore } = await import("oncekey/postgres");
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: COMMAND_MS,
    application_name: "oncekey",
  });
  pool.on("error", () => {});
  const rows = async (sql: string) => (await answered(() => pool.query<Row>(sql))).rows;
  try {
    await pool.query("SELECT 1");
  } catch (error) {
    await pool.end();
    throw error;
  }
  const store = postgresStore(pool);
  return {
    kind: "postgres",
    store,
    setup: () => store.setup(),
    rows,
    async now() {
      const [row] = await rows("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000) AS now");
      return Number(row?.now);
    },
    close: () => pool.end(),
  };
}
