/**
 * What a page of the dashboard costs over a million records, on SQLite (libsql) and on Postgres.
 *
 * The records are written by the database itself, as the stores write them: 40 scopes, one record in
 * 10,000 in doubt, results of 200 bytes. Each page is asked for through the dashboard's own
 * function, JSON included. Prints the median and the worst of the runs, in ms.
 *
 *   npm run build && node bench/dashboard-pages.js [records]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createDashboard } from "@oncekey/dashboard";
import Database from "libsql";
import { startPostgres } from "local-servers";
import { postgresStore } from "oncekey/postgres";
import { sqliteStore } from "oncekey/sqlite";
import pg from "pg";

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const TABLE = "million";
const RUNS = 9;
const DEEP_PAGES = 60;
const ORIGIN = "http://localhost";
const EACH_DOUBT = 10_000;
/** Of the rarest scope there are ten records, wherever they lie. */
const RARE = "f".repeat(64);

/** A record's columns from its number `n`, in words that both databases understand. */
const LABEL = "CASE WHEN n % 100000 = 77 THEN 'POST /rare' ELSE 'POST /payments' END";

async function sqlite() {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-pages-"));
  const db = new Database(join(folder, "records.db"));
  const store = sqliteStore(db, { table: TABLE });
  await store.setup();
  db.exec(`
    INSERT INTO ${TABLE} (token, id, scope, fingerprint, effects, label, nonce, attempt, claimed_at,
      retention_ms, lease_ends_at, completed_at, expires_at, result)
    WITH RECURSIVE counted (n, now) AS (
      SELECT 1, unixepoch() * 1000 UNION ALL SELECT n + 1, now FROM counted WHERE n < ${RECORDS}
    )
    SELECT n, lower(hex(randomblob(32))),
      CASE WHEN n % ${RECORDS / 10} = 5 THEN '${RARE}' ELSE printf('%064x', n % 40) END,
      printf('%064x', n), 'unrepeatable', ${LABEL}, printf('%032x', n), 1, now - ${RECORDS} + n, 86400000,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN now - 1000 END,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE now END,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE now + 86400000 END,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE zeroblob(200) END
    FROM counted;
    UPDATE ${TABLE}_tokens SET token = ${RECORDS};`);
  const close = async () => {
    db.close();
    rmSync(folder, { recursive: true });
  };
  return { store, close };
}

async function postgres() {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url });
  pool.on("error", () => {});
  const store = postgresStore(pool, { table: TABLE });
  await store.setup();
  await pool.query(`
    INSERT INTO ${TABLE} (id, scope, fingerprint, nonce, token, attempt, effects, state, claimed_at,
      lease_ends_at, retention_ms, completed_at, expires_at, label, result)
    SELECT sha256(n::text::bytea),
      CASE WHEN n % ${RECORDS / 10} = 5 THEN decode('${RARE}', 'hex')
        ELSE decode(lpad(to_hex(n % 40), 64, '0'), 'hex') END,
      sha256(n::text::bytea), '\\x00', n, 1, 'unrepeatable',
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN 'unsettled' ELSE 'completed' END, now - ${RECORDS} + n,
      now - 1000, 86400000,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE now END,
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE now + 86400000 END,
      ${LABEL},
      CASE WHEN n % ${EACH_DOUBT} = 0 THEN NULL ELSE decode(repeat('00', 200), 'hex') END
    FROM generate_series(1, ${RECORDS}) AS n,
      (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS clock`);
  await pool.query(`ANALYZE ${TABLE}`);
  const close = async () => {
    await pool.end();
    await server.stop();
  };
  return { store, close };
}

/** @param {import("@oncekey/dashboard").Dashboard} dashboard */
function asking(dashboard) {
  /** @param {string} path @param {object} [wish] */
  return async (path, wish) => {
    const headers = {
      origin: ORIGIN,
      "x-oncekey-dashboard": "1",
      "content-type": "application/json",
    };
    const init = wish && { method: "POST", headers, body: JSON.stringify(wish) };
    const begun = performance.now();
    const response = await dashboard.fetch(new Request(`${ORIGIN}/${path}`, init ?? {}));
    const body = await response.json();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
    return { ms: performance.now() - begun, body };
  };
}

async function measure(name, make) {
  const begun = performance.now();
  const { store, close } = await make();
  console.log(
    `${name}: ${RECORDS} records, made in ${Math.round((performance.now() - begun) / 1000)} s`,
  );
  const authorize = () => /** @type {const} */ ({ name: "bench", role: "viewer" });
  const dashboard = createDashboard({ inspector: store, authorize });
  const ask = asking(dashboard);
  const common = "0".repeat(63).concat("3");
  const { body } = await ask("api/records", { limit: 200 });
  const { id } = body.rows[100];
  /** @type {Record<string, () => Promise<{ ms: number, body: any }>>} */
  const pages = {
    "first page, 50 rows": () => ask("api/records", {}),
    "first page, 200 rows": () => ask("api/records", { limit: 200 }),
    "state completed, 200 rows": () => ask("api/records", { limit: 200, state: "completed" }),
    "state in doubt, 200 rows": () => ask("api/records", { limit: 200, state: "in-doubt" }),
    "state in flight, none": () => ask("api/records", { state: "in-flight" }),
    "a common scope, 200 rows": () => ask("api/records", { limit: 200, scope: common }),
    "a rare scope": () => ask("api/records", { limit: 200, scope: RARE }),
    "an unknown scope": () => ask("api/records", { scope: "e".repeat(64) }),
    "a rare label, 200 rows": () => ask("api/records", { limit: 200, label: "rare" }),
    "in-doubt queue": () => ask("api/queue", {}),
    "one key": () => ask(`api/records/${id}`),
    "find a key": () => ask("api/find", { scope: "ann", key: "k" }),
  };
  for (const [page, question] of Object.entries(pages)) {
    const answers = [];
    for (let run = 0; run < RUNS; run++) answers.push(await question());
    report(page, answers);
  }
  const deep = [];
  for (let after, count = 0; count < DEEP_PAGES; count++) {
    const answer = await ask("api/records", { limit: 200, after });
    deep.push(answer);
    after = answer.body.next;
  }
  report(`${DEEP_PAGES} pages of 200, one after the other`, deep);
  dashboard.close();
  await close();
}

/** @param {string} page @param {{ ms: number, body: any }[]} answers */
function report(page, answers) {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const [median = 0, worst = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  const { rows } = answers[0]?.body ?? {};
  const shown = rows === undefined ? "" : `${rows.length} rows`;
  console.log(
    `  ${page.padEnd(42)} ${median.toFixed(1).padStart(8)} ${worst.toFixed(1).padStart(8)}  ${shown}`,
  );
}

await measure("sqlite", sqlite);
await measure("postgres", postgres);
