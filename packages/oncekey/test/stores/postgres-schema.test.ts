/** The table: made once by anybody, named safely, shared with no other, honest about damage. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client, Pool } from "pg";
import postgres from "postgres";
import { corruptionCases } from "../../src/conformance/index.ts";
import { digest, duplicate, RESULT, request } from "../../src/conformance/subject.ts";
import { RecordCorrupt, StoreUnavailable } from "../../src/core/errors.ts";
import { postgresNotifier, postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { register, wait } from "../register.ts";
import { postgresForTests } from "../servers.ts";

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
after(async () => {
  await pool.end();
  await server.stop();
});

/** A schema of its own for each test. */
async function schemaFor(name: string): Promise<string> {
  const schema = `schema_${name}`;
  await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  return schema;
}

/** All that belongs to a schema, as Postgres describes it, without the schema's own name. */
async function described(schema: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable,
       column_default) AS line FROM information_schema.columns WHERE table_schema = $1
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1
     UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = $1::regnamespace
     UNION ALL SELECT format('sequence %s', sequencename) FROM pg_sequences WHERE schemaname = $1
     UNION ALL SELECT format('%s %s', relname, reloptions) FROM pg_class
       WHERE relnamespace = $1::regnamespace AND reloptions IS NOT NULL`,
    [schema],
  );
  return rows.map(({ line }) => line.replaceAll(`${schema}.`, "")).sort();
}

test("setup may be called by eight at once, and again", async () => {
  const schema = await schemaFor("eight");
  const stores = Array.from({ length: 8 }, () => postgresStore(pool, { schema }));
  await Promise.all(stores.map((store) => store.setup()));
  await stores[0]?.setup();
  const { rows } = await pool.query(`SELECT version FROM ${schema}.oncekey_records_migrations`);
  deepEqual(rows, [{ version: 1 }]);
  equal((await stores[0]?.claim(request()))?.outcome, "claimed");
});

test("the statements of postgresSchema() make what setup() makes, and setup() then rests", async () => {
  const [mine, theirs] = [await schemaFor("mine"), await schemaFor("theirs")];
  await pool.query(`CREATE SCHEMA ${mine}`);
  // As a migration tool would: in one go.
  await pool.query(postgresSchema({ schema: mine }).join(";\n"));
  await postgresStore(pool, { schema: theirs }).setup();
  const [made, expected] = [await described(mine), await described(theirs)];
  deepEqual(made, expected);
  ok(made.length > 20, "there is something to compare");
  await postgresStore(pool, { schema: mine }).setup();
  deepEqual(await described(mine), expected);
});

test("the statements in the documentation are those of postgresSchema()", () => {
  const page = readFileSync(
    join(import.meta.dirname, "../../../../../docs/stores/postgres.md"),
    "utf8",
  );
  const [, shown] = /```sql\n([\s\S]*?)```/.exec(page) ?? [];
  equal(shown, `${postgresSchema().join(";\n")};\n`);
});

test("two tables in one schema share nothing", async () => {
  const schema = await schemaFor("two");
  const long = "a".repeat(62);
  const names = ["one", "two", `${long}a`, `${long}b`];
  const stores = names.map((table) => postgresStore(pool, { schema, table }));
  for (const store of stores) await store.setup();
  const wanted = request({ retentionMs: 1 });
  for (const store of stores) {
    const claim = await store.claim(wanted);
    ok(claim.outcome === "claimed", "another table's record is in nobody's way");
    equal(claim.lease.token % 2048, 1, "tokens are counted by the table's own sequence");
    await store.complete(claim.lease, RESULT);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const store of stores) {
    equal(await store.reap(10), 1, "each reaps its own");
    equal(await store.reap(10), 0);
  }
});

test("dropping the table takes everything with it but the note of its migrations", async () => {
  const schema = await schemaFor("dropped");
  await postgresStore(pool, { schema }).setup();
  await pool.query(`DROP TABLE ${schema}.oncekey_records, ${schema}.oncekey_records_migrations`);
  deepEqual(await described(schema), []);
});

describe("a missing table says what to do", () => {
  const sql = postgres(server.url, { onnotice: () => {} });
  after(() => sql.end());
  for (const [name, store] of [
    ["pg", postgresStore(pool, { table: "nowhere" })],
    ["postgres.js", postgresStore(sql, { schema: "nowhere" })],
  ] as const) {
    test(name, async () => {
      const [lease, wanted] = [{ id: digest(), token: 1 }, request()];
      for (const call of [
        () => store.claim(wanted),
        () => store.renew(lease, 1),
        () => store.complete(lease, RESULT),
        () => store.release(lease),
        () => store.resolve(lease, RESULT),
        () => store.get(wanted.id),
        () => store.list({ limit: 1 }),
        () => store.reap(1),
        () => store.transaction(lease, async () => RESULT),
      ]) {
        await rejects(call, (error) => {
          ok(error instanceof StoreUnavailable);
          match(error.message, /setup\(\).*postgresSchema\(\)/);
          ok(error.cause instanceof Error);
          return true;
        });
      }
    });
  }
});

test("names that would need quoting, and options that do not exist, are refused", () => {
  for (const name of [
    "",
    "Records",
    "1st",
    'a"b',
    "a b",
    "a;b",
    "a.b",
    "a'b",
    "ä",
    "a".repeat(64),
  ]) {
    throws(() => postgresStore(pool, { table: name }), /TypeError: Expected `table`/);
    throws(() => postgresStore(pool, { schema: name }), /TypeError: Expected `schema`/);
    throws(() => postgresNotifier(pool, { table: name }), /TypeError: Expected `table`/);
    throws(() => postgresSchema({ table: name }), /TypeError: Expected `table`/);
  }
  const misspelt = { tabel: "records" } as object;
  throws(() => postgresStore(pool, misspelt), /TypeError: .*`tabel`/);
  throws(() => postgresNotifier(pool, misspelt), /TypeError: .*`tabel`/);
  throws(() => postgresSchema(misspelt), /TypeError: .*`tabel`/);
});

test("what is no client is refused when the store is made", () => {
  for (const client of [undefined, {}, new Client(server.url), server.url, () => {}]) {
    throws(() => postgresStore(client as never), /TypeError: Expected `client`/);
    throws(() => postgresNotifier(client as never), /TypeError: Expected `client`/);
  }
});

test("names that are words of SQL are names", async () => {
  const schema = await schemaFor("order");
  const store = postgresStore(pool, { schema, table: "select" });
  await store.setup();
  equal((await store.claim(request())).outcome, "claimed");
});

test("an argument that would fail the callers beside it fails alone", async () => {
  const schema = await schemaFor("arguments");
  const store = postgresStore(pool, { schema });
  await store.setup();
  const good = store.claim(request({ label: 'NUL \0, "quotes" and \\ {a,b}' }));
  for (const wrong of [
    { id: "'; DROP TABLE x; --" },
    { id: digest().toUpperCase() },
    { scope: "\0" },
    { fingerprint: "{}" },
    { nonce: "short" },
    { leaseMs: 1.5 },
    { leaseMs: Number.NaN },
    { retentionMs: -1 },
    { retentionMs: Number.POSITIVE_INFINITY },
  ]) {
    await rejects(store.claim(request(wrong)), TypeError);
  }
  equal((await good).outcome, "claimed");
  for (const token of [0, -1, 1.5, Number.NaN, 2 ** 60]) {
    equal(await store.complete({ id: digest(), token }, RESULT), false);
  }
});

/** Takes away the table's own checks, which would not let a record be damaged. */
async function uncheck(table: string): Promise<void> {
  const { rows } = await pool.query<{ conname: string }>(
    "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'",
    [table],
  );
  for (const { conname } of rows) {
    await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT "${conname}"`);
  }
}

describe("a record that is damaged", () => {
  const store = postgresStore(pool, { table: "damaged" });
  before(async () => {
    await store.setup();
    await uncheck("damaged");
  });
  register(corruptionCases, () => ({
    store,
    pass: wait,
    async corrupt(id) {
      await pool.query("UPDATE damaged SET result = NULL WHERE id = decode($1, 'hex')", [id]);
    },
  }));
});

test("a damaged record is corrupt, never absent, and harms no other call", async () => {
  const schema = await schemaFor("damaged");
  const store = postgresStore(pool, { schema });
  await store.setup();
  const table = `${schema}.oncekey_records`;
  await uncheck(table);
  for (const damage of [
    "state = 'from the future'",
    "state = 'completed', result = NULL",
    "state = 'completed', result = 'x', completed_at = NULL, expires_at = NULL",
    "effects = 'unknown'",
    "scope = ''",
    "token = 9007199254740993",
  ]) {
    const [broken, sound] = [request(), request()];
    const claims = await Promise.all([store.claim(broken), store.claim(sound)]);
    ok(claims.every(({ outcome }) => outcome === "claimed"));
    await pool.query(`UPDATE ${table} SET ${damage} WHERE id = decode($1, 'hex')`, [broken.id]);
    const [claim, duplicated, read, other] = await Promise.allSettled([
      store.claim(duplicate(broken)),
      store.claim(duplicate(sound)),
      store.get(broken.id),
      store.get(sound.id),
    ]);
    ok(claim.status === "rejected" && claim.reason instanceof RecordCorrupt, damage);
    ok(read.status === "rejected" && read.reason instanceof RecordCorrupt, damage);
    ok(duplicated.status === "fulfilled" && duplicated.value.outcome === "taken");
    ok(other.status === "fulfilled" && other.value?.state === "in-flight");
    equal(claim.reason.message.includes(broken.id), false, "no key in a message");
  }
});

test("a sequence that a restore has set back draws no token that was given before", async () => {
  const schema = await schemaFor("restored");
  const store = postgresStore(pool, { schema });
  await store.setup();
  for (let count = 0; count < 5; count++) await store.claim(request());
  const wanted = request();
  const claim = await store.claim(wanted);
  ok(claim.outcome === "claimed");
  await store.release(claim.lease);
  await pool.query(`ALTER SEQUENCE ${schema}.oncekey_records_token RESTART`);
  const next = await store.claim(duplicate(wanted));
  ok(next.outcome === "claimed" && next.lease.token > claim.lease.token);
});

test("an owner whose claim was lost with the last tokens passes nobody's fence", async () => {
  const schema = await schemaFor("lost");
  const store = postgresStore(pool, { schema });
  await store.setup();
  const wanted = request({ effects: "repeatable" });
  const lost = await store.claim(wanted);
  ok(lost.outcome === "claimed");
  // What an asynchronous failover does to the row and to the sequence at once.
  await pool.query(`DELETE FROM ${schema}.oncekey_records`);
  await pool.query(`ALTER SEQUENCE ${schema}.oncekey_records_token RESTART`);
  const next = await store.claim(duplicate(wanted));
  ok(next.outcome === "claimed" && next.lease.token > lost.lease.token);
  equal(await store.complete(lost.lease, RESULT), false);
  equal(await store.complete(next.lease, RESULT), true);
});

test("pages and answers are bounded by their bytes, and nothing is left out", async () => {
  const schema = await schemaFor("large");
  const store = postgresStore(pool, { schema });
  await store.setup();
  const large = new Uint8Array(3 * 1024 * 1024).fill(7);
  const keys = Array.from({ length: 6 }, () => request());
  for (const key of keys) {
    const claim = await store.claim(key);
    ok(claim.outcome === "claimed");
    equal(await store.complete(claim.lease, large), true);
  }
  const claims = await Promise.all(keys.map((key) => store.claim(duplicate(key))));
  for (const claim of claims) {
    ok(claim.outcome === "taken" && claim.record.state === "completed");
    equal(claim.record.result.length, large.length);
  }
  const records = await Promise.all(keys.map(({ id }) => store.get(id)));
  ok(records.every((record) => record?.state === "completed"));
  const first = await store.list({ limit: 6 });
  equal(first.records.length, 2, "two of them are 6 MiB, and three would be too much");
  const listed: string[] = first.records.map(({ id }) => id);
  for (let { next } = first; next !== undefined; ) {
    const page = await store.list({ limit: 6, after: next });
    listed.push(...page.records.map(({ id }) => id));
    next = page.next;
  }
  deepEqual(listed.sort(), keys.map(({ id }) => id).sort());
});
