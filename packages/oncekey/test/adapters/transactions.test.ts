/**
 * What transactional effects promise, over a database with more than one writer: the cases that
 * SQLite deviates from are kept here.
 */
import { after, describe } from "node:test";
import { Pool, type PoolClient } from "pg";
import { adapterCases, type MadeDatabase } from "../../src/conformance/adapter.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { register, wait } from "../register.ts";
import { postgresForTests } from "../servers.ts";
import { MOUNTS } from "./mounts.ts";
import { subjectOf } from "./subject.ts";

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });

after(async () => {
  await pool.end();
  await server.stop();
});

let made = 0;

/** Tables of its own: a case must not see what another one has left. */
async function makeTransactionalStore(): Promise<MadeDatabase> {
  made++;
  const effects = `transactional_effects_${made}`;
  const store = postgresStore(pool, { table: `transactional_records_${made}` });
  await store.setup();
  await pool.query(`CREATE TABLE ${effects} (text text)`);
  return {
    store,
    pass: wait,
    async write(handle, row) {
      await (handle as PoolClient).query(`INSERT INTO ${effects} VALUES ($1)`, [row]);
    },
    async rows() {
      const { rows } = await pool.query<{ text: string }>(`SELECT text FROM ${effects}`);
      return rows.map(({ text }) => text);
    },
    close: async () => {},
  };
}

const cases = adapterCases.filter(({ name }) => name.includes("transactional"));

for (const [name, mount] of Object.entries(MOUNTS)) {
  if (name !== "web" && name !== "express 5") continue;
  describe(`oncekey/${name} over Postgres`, () =>
    register(cases, () => ({ ...subjectOf(mount), makeTransactionalStore })));
}
