/** Files of SQLite, one for each store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { sqliteStore } from "oncekey/sqlite";
import { unshared } from "../contestants/twins.ts";
import {
  type Ground,
  LABEL,
  numbers,
  PLAIN_ANSWER,
  RESULT_BYTES,
  RETENTION_MS,
  SCOPES,
  stepOf,
} from "./ground.ts";

const TABLE = "oncekey_records";

export async function open(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-ground-"));
  const opened: Database.Database[] = [];
  return {
    pid: undefined,

    async fill(size) {
      const file = join(folder, `${opened.length}.db`);
      const database = new Database(file);
      opened.push(database);
      const store = sqliteStore(database);
      await store.setup();
      if (size > 0) insert(file, size);
      const pages = database.prepare("PRAGMA page_count").get() as { page_count: number };
      const page = database.prepare("PRAGMA page_size").get() as { page_size: number };
      const find = database.prepare(`SELECT id FROM ${TABLE} WHERE token = ?`);
      return {
        ...{ size, store, bytes: (pages.page_count * page.page_size) / size },
        sample: async (count) =>
          numbers(size, count).map((token) => (find.get(token) as { id: string }).id),
      };
    },

    async twin() {
      const database = new Database(join(folder, `${opened.length}.db`));
      opened.push(database);
      const store = sqliteStore(database);
      await store.setup();
      return unshared([store]);
    },

    async plain() {
      const database = new Database(join(folder, `${opened.length}.db`));
      opened.push(database);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      database.exec("CREATE TABLE plain (key TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID");
      const insert = database.prepare("INSERT OR IGNORE INTO plain VALUES (?, NULL)");
      const update = database.prepare("UPDATE plain SET answer = ? WHERE key = ?");
      return async (key) => {
        insert.run(key);
        update.run(PLAIN_ANSWER, key);
      };
    },

    async stop() {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Over a connection of its own, which need not survive anything. */
function insert(file: string, size: number): void {
  const database = new Database(file);
  database.exec(`
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -500000;
    BEGIN;
    INSERT INTO ${TABLE} (token, id, scope, fingerprint, effects, label, nonce, attempt, claimed_at,
      retention_ms, lease_ends_at, completed_at, expires_at, result)
    WITH RECURSIVE counted (n, now) AS (
      SELECT 1, unixepoch() * 1000 UNION ALL SELECT n + 1, now FROM counted WHERE n < ${size}
    )
    SELECT n, printf('%012x', n * ${stepOf(size)}) || lower(hex(randomblob(26))),
      printf('%064x', n % ${SCOPES}), printf('%064x', n), 'unrepeatable', '${LABEL}',
      printf('%032x', n), 1, now, ${RETENTION_MS}, NULL, now, now + ${RETENTION_MS},
      zeroblob(${RESULT_BYTES})
    FROM counted;
    UPDATE ${TABLE}_tokens SET token = ${size};
    COMMIT;
    PRAGMA wal_checkpoint(TRUNCATE);`);
  database.close();
}
