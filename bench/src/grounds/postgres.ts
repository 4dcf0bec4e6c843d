/** A Postgres of this run, with a table for each store. */
import { startPostgres } from "local-servers";
import { postgresStore } from "oncekey/postgres";
import pg from "pg";
import { POOL } from "../contestants/clients.ts";
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

export async function open(): Promise<Ground> {
  const server = await startPostgres(["max_wal_size=8GB"]);
  const pool = new pg.Pool({ connectionString: server.url, max: POOL });
  pool.on("error", () => {});
  let tables = 0;
  return {
    pid: server.child.pid,

    async fill(size) {
      const table = `records_${tables++}`;
      const store = postgresStore(pool, { table });
      await store.setup();
      if (size > 0) await insert(pool, table, size);
      const { rows } = await pool.query<{ bytes: string }>(
        `SELECT pg_total_relation_size('${table}') AS bytes`,
      );
      return {
        ...{ size, store, bytes: Number(rows[0]?.bytes) / size },
        async sample(count) {
          const { rows } = await pool.query<{ id: string }>(
            `SELECT encode(id, 'hex') AS id FROM ${table} WHERE token = ANY ($1)`,
            [numbers(size, count)],
          );
          return rows.map(({ id }) => id);
        },
      };
    },

    async twin() {
      const stores = Array.from({ length: POOL }, () => postgresStore(pool, { table: "twin" }));
      await stores[0]?.setup();
      return unshared(stores);
    },

    async plain() {
      await pool.query("CREATE TABLE plain (key text PRIMARY KEY, answer text)");
      const insert = {
        name: "insert",
        text: "INSERT INTO plain VALUES ($1, NULL) ON CONFLICT DO NOTHING",
      };
      const update = { name: "update", text: "UPDATE plain SET answer = $2 WHERE key = $1" };
      return async (key) => {
        await pool.query(insert, [key]);
        await pool.query(update, [key, PLAIN_ANSWER]);
      };
    },

    async stop() {
      await pool.end();
      await server.stop();
    },
  };
}

async function insert(pool: pg.Pool, table: string, size: number): Promise<void> {
  await pool.query(`
    INSERT INTO ${table} (id, scope, fingerprint, nonce, token, attempt, effects, state, claimed_at,
      lease_ends_at, retention_ms, completed_at, expires_at, label, result)
    SELECT decode(lpad(to_hex(n * ${stepOf(size)}), 12, '0')
        || left(md5(n::text) || md5('more' || n), 52), 'hex'),
      decode(repeat(lpad(to_hex(n % ${SCOPES}), 2, '0'), 32), 'hex'),
      sha256(n::text::bytea), decode(md5(n::text), 'hex'), n, 1, 'unrepeatable', 'completed',
      now, now, ${RETENTION_MS}, now, now + ${RETENTION_MS}, '${LABEL}',
      decode(repeat('61', ${RESULT_BYTES}), 'hex')
    FROM generate_series(1::bigint, ${size}) AS n,
      (SELECT (extract(epoch FROM now()) * 1000)::bigint AS now) AS clock`);
  await pool.query(`SELECT setval('${table}_token', ${size})`);
  // What autovacuum and the checkpointer would do in the middle of the measurement.
  await pool.query(`VACUUM (ANALYZE) ${table}`);
  await pool.query("CHECKPOINT");
}
