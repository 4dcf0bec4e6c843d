/** Every kind of store over its real database, fresh, for one test file. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import Database from "libsql";
import { startPostgres, startRedis } from "local-servers";
import type { Inspector, Store } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { postgresStore } from "oncekey/postgres";
import { redisStore } from "oncekey/redis";
import { sqliteStore } from "oncekey/sqlite";
import { Pool } from "pg";

export type Kind = "memory" | "sqlite" | "redis" | "postgres";
export const KINDS: readonly Kind[] = ["memory", "sqlite", "redis", "postgres"];

export interface Place {
  readonly store: Store & Inspector;
  close(): Promise<void>;
}

const name = () => `d_${randomUUID().replaceAll("-", "").slice(0, 12)}`;

export async function placeOf(kind: Kind): Promise<Place> {
  switch (kind) {
    case "memory":
      return { store: memoryStore(), close: async () => {} };
    case "sqlite":
      return sqlitePlace();
    case "redis":
      return redisPlace();
    case "postgres":
      return postgresPlace();
  }
}

async function sqlitePlace(): Promise<Place> {
  const { file, remove } = temporaryFile("records.db");
  const db = new Database(file);
  const store = sqliteStore(db);
  await store.setup();
  return {
    store,
    async close() {
      db.close();
      remove();
    },
  };
}

async function redisPlace(): Promise<Place> {
  const shared = process.env.ONCEKEY_TEST_REDIS;
  const server = shared === undefined ? await startRedis() : undefined;
  const client = new Redis(shared ?? server?.url ?? "");
  return {
    store: redisStore(client, { prefix: name() }),
    async close() {
      client.disconnect();
      await server?.stop();
    },
  };
}

async function postgresPlace(): Promise<Place> {
  const shared = process.env.ONCEKEY_TEST_POSTGRES;
  const server = shared === undefined ? await startPostgres() : undefined;
  const pool = new Pool({ connectionString: shared ?? server?.url });
  // A server that is stopped closes idle connections: that is no error of the test.
  pool.on("error", () => {});
  const store = postgresStore(pool, { table: name() });
  await store.setup();
  return {
    store,
    async close() {
      await pool.end();
      await server?.stop();
    },
  };
}

/** A file in a folder of its own. */
export function temporaryFile(base: string): { file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-dashboard-"));
  return {
    file: join(folder, base),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
