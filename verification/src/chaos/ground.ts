/** What the five processes stand on: a database of their own, its store, and the table of effects. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import Database from "libsql";
import { startPostgres, startRedis } from "local-servers";
import type { Inspector, Store, TransactionalStore } from "oncekey";
import { postgresStore } from "oncekey/postgres";
import { redisStore } from "oncekey/redis";
import { sqliteStore } from "oncekey/sqlite";
import pg from "pg";
import type { StoreName } from "./cell.ts";

/** One half of an effect inside a transaction: half an effect is as wrong as two. */
export interface Leg {
  readonly round: string;
  readonly guest: string;
  readonly token: number;
  readonly leg: "debit" | "credit";
}

/** Writes into the transaction that is open. */
export type Book = (leg: Leg) => Promise<void>;

export interface Ground {
  readonly store: Store & Inspector;
  /** Undefined: this store has no transactions. */
  readonly transactional: TransactionalStore<Book> | undefined;
  /** What was committed. */
  legs(round: string): Promise<readonly Leg[]>;
  close(): Promise<void>;
}

/** A database, gone when it stops. */
export interface Place {
  /** A file or a URL, for every process to open. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function openPlace(name: StoreName): Promise<Place> {
  const place = await emptyPlace(name);
  const ground = await openGround(name, place.address);
  await ground.close();
  return place;
}

async function emptyPlace(name: StoreName): Promise<Place> {
  switch (name) {
    case "sqlite": {
      const directory = mkdtempSync(join(tmpdir(), "oncekey-chaos-"));
      const stop = async () => rmSync(directory, { recursive: true, force: true });
      return { address: join(directory, "chaos.db"), stop };
    }
    case "redis": {
      const { url, stop } = await startRedis();
      return { address: url, stop };
    }
    case "postgres": {
      const { url, stop } = await startPostgres();
      return { address: url, stop };
    }
  }
}

export function openGround(name: StoreName, address: string): Promise<Ground> {
  switch (name) {
    case "sqlite":
      return sqliteGround(address);
    case "redis":
      return redisGround(address);
    case "postgres":
      return postgresGround(address);
  }
}

async function sqliteGround(file: string): Promise<Ground> {
  const [records, own] = [new Database(file), new Database(file)];
  const store = sqliteStore(records, { transactions: own });
  await store.setup();
  own.exec("pragma busy_timeout = 5000");
  own.exec("create table if not exists legs (round text, guest text, token integer, leg text)");
  const insert = own.prepare("insert into legs (round, guest, token, leg) values (?, ?, ?, ?)");
  const select = records.prepare("select round, guest, token, leg from legs where round = ?");
  const book: Book = async ({ round, guest, token, leg }) =>
    void insert.run(round, guest, token, leg);
  return {
    store,
    transactional: {
      ...store,
      transaction: (lease, work) => store.transaction(lease, () => work(book)),
    },
    legs: async (round) => (select.all(round) as Leg[]).map((leg) => ({ ...leg })),
    async close() {
      records.close();
      own.close();
    },
  };
}

async function redisGround(url: string): Promise<Ground> {
  const client = new Redis(url);
  const store = redisStore(client);
  await store.setup();
  return {
    store,
    transactional: undefined,
    legs: async () => [],
    close: async () => client.disconnect(),
  };
}

/** Two processes that create a table at once collide in the catalogue, "if not exists" or not. */
const CREATE_LEGS =
  "do $$ begin create table legs (round text, guest text, token bigint, leg text); " +
  "exception when duplicate_table or unique_violation then null; end $$";

async function postgresGround(url: string): Promise<Ground> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // An idle connection that breaks says so, and an "error" that nobody hears of ends the process.
  pool.on("error", () => {});
  const store = postgresStore(pool);
  await store.setup();
  await pool.query(CREATE_LEGS);
  return {
    store,
    transactional: {
      ...store,
      transaction: (lease, work) =>
        store.transaction(lease, (client) =>
          work(async ({ round, guest, token, leg }) => {
            const text = "insert into legs (round, guest, token, leg) values ($1, $2, $3, $4)";
            await client.query(text, [round, guest, token, leg]);
          }),
        ),
    },
    async legs(round) {
      const text = "select round, guest, token::int as token, leg from legs where round = $1";
      return (await pool.query<Leg>(text, [round])).rows;
    },
    close: () => pool.end(),
  };
}
