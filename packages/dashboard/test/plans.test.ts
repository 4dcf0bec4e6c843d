/** C-74: what a page makes the databases look at, counted on their own plans, and not timed. */
import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createDashboard } from "@oncekey/dashboard";
import Database from "libsql";
import { startPostgres } from "local-servers";
import { postgresStore } from "oncekey/postgres";
import { type SqliteClient, sqliteStore } from "oncekey/sqlite";
import { Pool } from "pg";
import type { RowsView } from "../src/api.ts";
import { asking, byHeader } from "./asking.ts";
import { temporaryFile } from "./places.ts";

const RECORDS = 30_000;
const DOUBTS = 30;
const SCOPE = "3".padStart(64, "0");

const WISHES: Readonly<Record<string, object>> = {
  "the first page": { limit: 200 },
  "a scope": { limit: 200, scope: SCOPE },
  "an unknown scope": { limit: 200, scope: "e".repeat(64) },
  "what is in doubt": { limit: 200, state: "in-doubt" },
  "what is in flight": { limit: 200, state: "in-flight" },
  "what is completed": { limit: 200, state: "completed" },
};

test("C-74: on SQLite every page is a search in an index or in the order of tokens", async () => {
  const { file, remove } = temporaryFile("records.db");
  const db = new Database(file);
  const said: { readonly sql: string; readonly values: readonly unknown[] }[] = [];
  const listening: SqliteClient = {
    exec: (sql) => db.exec(sql),
    prepare(sql) {
      const statement = db.prepare(sql);
      return {
        run: (...values) => statement.run(...values),
        get: (...values) => statement.get(...values),
        all(...values) {
          said.push({ sql, values });
          return statement.all(...values);
        },
      };
    },
  };
  const store = sqliteStore(listening, { table: "many" });
  await store.setup();
  db.exec(`
    INSERT INTO many (token, id, scope, fingerprint, effects, label, nonce, attempt, claimed_at,
      retention_ms, lease_ends_at, completed_at, expires_at, result)
    WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${RECORDS})
    SELECT n, printf('%064x', n), printf('%064x', n % 40), printf('%064x', n), 'unrepeatable',
      'POST /payments', printf('%032x', n), 1, 1, 86400000,
      CASE WHEN n % 1000 = 0 THEN 1 END, CASE WHEN n % 1000 = 0 THEN NULL ELSE 1 END,
      CASE WHEN n % 1000 = 0 THEN NULL ELSE 9e15 END, CASE WHEN n % 1000 = 0 THEN NULL ELSE x'00' END
    FROM counted`);
  const page = asking(createDashboard({ inspector: store, authorize: byHeader }));
  try {
    for (const [name, wish] of Object.entries(WISHES)) {
      said.length = 0;
      const { status } = await page.post<RowsView>("api/records", wish);
      equal(status, 200, name);
      ok(said.length >= 1 && said.length <= 5, `${name}: asked ${said.length} times`);
      for (const { sql, values } of said) {
        ok(Number(values.at(-1)) <= 201, `${name}: reads at most a page`);
        const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
        for (const { detail } of plan)
          match(detail, /^SEARCH many USING (INTEGER PRIMARY KEY|INDEX)/);
      }
    }
  } finally {
    db.close();
    remove();
  }
});

interface Plan {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows of tables and indexes that a plan has touched. */
function visited(plan: Plan): number {
  const { "Actual Rows": rows, "Actual Loops": loops, Plans = [] } = plan;
  const below = Plans.map(visited).reduce((sum, count) => sum + count, 0);
  const isScan = /^(Seq|Index|Index Only|Bitmap Heap) Scan$/.test(plan["Node Type"]);
  return below + (isScan ? (rows + (plan["Rows Removed by Filter"] ?? 0)) * loops : 0);
}

test("C-74: on Postgres a page touches a bounded number of rows", async () => {
  const server = await startPostgres();
  const pool = new Pool({ connectionString: server.url });
  pool.on("error", () => {});
  const said: { readonly text: string; readonly values: unknown[] }[] = [];
  const query = pool.query.bind(pool) as (text: string, values: unknown[]) => Promise<unknown>;
  const listening = Object.assign(Object.create(pool), {
    query(text: string, values: unknown[]) {
      said.push({ text, values });
      return query(text, values);
    },
  }) as Pool;
  const store = postgresStore(listening, { table: "many" });
  await store.setup();
  await pool.query(`
    INSERT INTO many (id, scope, fingerprint, nonce, token, attempt, effects, state, claimed_at,
      lease_ends_at, retention_ms, completed_at, expires_at, label, result)
    SELECT sha256(n::text::bytea), decode(lpad(to_hex(n % 40), 64, '0'), 'hex'),
      sha256(n::text::bytea), '\\x00', n, 1, 'unrepeatable',
      CASE WHEN n % 1000 = 0 THEN 'unsettled' ELSE 'completed' END, 1, 1, 86400000,
      CASE WHEN n % 1000 = 0 THEN NULL ELSE 1 END,
      CASE WHEN n % 1000 = 0 THEN NULL ELSE 9000000000000000 END, 'POST /payments',
      CASE WHEN n % 1000 = 0 THEN NULL ELSE '\\x00'::bytea END
    FROM generate_series(1, ${RECORDS}) AS n`);
  await pool.query("ANALYZE many");
  const page = asking(createDashboard({ inspector: store, authorize: byHeader }));
  try {
    for (const [name, wish] of Object.entries(WISHES)) {
      said.length = 0;
      const { status } = await page.post<RowsView>("api/records", wish);
      equal(status, 200, name);
      ok(said.length >= 1 && said.length <= 5, `${name}: asked ${said.length} times`);
      const [{ text, values } = { text: "", values: [] }] = said;
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      const count = visited(rows[0]["QUERY PLAN"][0].Plan);
      // Not one would mean that the plan was not understood: there is no page without a row.
      ok(count > 0 && count <= mostOf(name), `${name}: ${count} rows were touched`);
    }
  } finally {
    await pool.end();
    await server.stop();
  }
});

/** A page and one row more, each found twice: in the order of tokens, and by its address. */
const PAGE_ROWS = 2 * 201;
/** How many rows a page with a filter passes over at most, each at the price of one. */
const WALK_ROWS = 10_000;

function mostOf(name: string): number {
  if (name === "the first page") return PAGE_ROWS;
  return /in doubt|in flight/.test(name) ? 2 * DOUBTS : WALK_ROWS + PAGE_ROWS;
}
