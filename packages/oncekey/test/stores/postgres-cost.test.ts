/** What the Postgres store costs, counted: statements, transaction ids, never milliseconds. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { Pool, type PoolClient } from "pg";
import { duplicate, RESULT, request } from "../../src/conformance/subject.ts";
import { postgresStore, type SqlClient } from "../../src/stores/postgres.ts";
import { postgresForTests } from "../servers.ts";

const TABLE = "cost";

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
const said: string[] = [];
count(pool);
pool.on("connect", (client) => count(client));

const store = postgresStore(pool, { table: TABLE });
await store.setup();
beforeEach(() => {
  said.length = 0;
});
after(async () => {
  await pool.end();
  await server.stop();
});

/** Notes what goes over the wire: what the pool is told, its clients are told. */
function count(client: Pool | PoolClient): void {
  if (client === pool) return;
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const [statement] = args;
    said.push(typeof statement === "string" ? statement : (statement as { text: string }).text);
    return query(...args);
  }) as typeof client.query;
}

/** One connection as a client: what is asked of it can then be asked about it. */
function over(client: PoolClient): SqlClient<unknown> {
  return {
    async query({ text, name = "" }, values) {
      return (await client.query({ name, text, values: [...values] })).rows;
    },
    transaction: () => Promise.reject(new Error("not used")),
  };
}

async function claimed(wanted = request()) {
  const claim = await store.claim(wanted);
  ok(claim.outcome === "claimed");
  return claim.lease;
}

test("a claim, a completion and a duplicate, answer included, are one statement each", async () => {
  const wanted = request();
  const lease = await claimed(wanted);
  equal(said.length, 1, "the claim");
  await store.complete(lease, RESULT);
  equal(said.length, 2, "the completion");
  const replay = await store.claim(duplicate(wanted));
  equal(said.length, 3, "the duplicate");
  ok(replay.outcome === "taken" && replay.record.state === "completed");
  deepEqual(replay.record.result, new Uint8Array(RESULT));
});

test("a renewal, a read and a release are one statement each", async () => {
  const lease = await claimed();
  said.length = 0;
  equal(await store.renew(lease, 60_000), true);
  equal((await store.get(lease.id))?.state, "in-flight");
  equal(await store.release(lease), true);
  equal(said.length, 3);
});

test("64 claims at once are one statement, and so are their 64 completions", async () => {
  const leases = await Promise.all(Array.from({ length: 64 }, () => claimed()));
  equal(said.length, 1, "the claims");
  const completions = await Promise.all(leases.map((lease) => store.complete(lease, RESULT)));
  ok(completions.every(Boolean));
  equal(said.length, 2, "the completions");
  await Promise.all(leases.map(({ id }) => store.get(id)));
  equal(said.length, 3, "the reads");
});

test("whoever comes while a statement is on its way goes with the next one", async () => {
  const first = claimed();
  await new Promise((resolve) => setImmediate(resolve));
  equal(said.length, 1, "a lone claim waits for nobody");
  const others = Promise.all(Array.from({ length: 63 }, () => claimed()));
  await Promise.all([first, others]);
  equal(said.length, 2);
});

test("100 duplicates in one turn are one statement, whatever state they find", async () => {
  const wanted = request();
  const claims = await Promise.all(
    Array.from({ length: 100 }, () => store.claim(duplicate(wanted))),
  );
  equal(claims.filter(({ outcome }) => outcome === "claimed").length, 1);
  equal(said.length, 1, "the first of them claims for all");
  const [winner] = claims;
  ok(winner?.outcome === "claimed");
  await store.complete(winner.lease, RESULT);
  said.length = 0;
  const replays = await Promise.all(
    Array.from({ length: 100 }, () => store.claim(duplicate(wanted))),
  );
  equal(said.length, 1, "one answer for all");
  for (const replay of replays) {
    ok(replay.outcome === "taken" && replay.record.state === "completed");
    deepEqual(replay.record.result, new Uint8Array(RESULT));
    // Bytes of its own: what one caller does to its answer is no other one's business.
    replay.record.result.fill(0);
  }
});

test("a follower in one turn is told what is now there, field by field", async () => {
  const wanted = request({ effects: "repeatable" });
  const [, second] = await Promise.all([store.claim(wanted), store.claim(duplicate(wanted))]);
  ok(second.outcome === "taken");
  deepEqual(second.record, await store.get(wanted.id));
});

test("a transactional request is a claim of its own, then one statement before COMMIT", async () => {
  const lease = await claimed(request({ effects: "transactional" }));
  said.length = 0;
  await store.transaction(lease, async (client) => {
    await client.query("SELECT 1 AS work");
    return RESULT;
  });
  equal(said.length, 4);
  equal(said[0], "BEGIN");
  equal(said[1], "SELECT 1 AS work");
  ok(said[2]?.includes("UPDATE"), "the completion");
  equal(said[3], "COMMIT");
});

test("a duplicate and a read take no transaction id: no row lock, and no fsync", async () => {
  const client = await pool.connect();
  const within = postgresStore(over(client), { table: TABLE });
  const wanted = request();
  const done = request();
  await claimed(wanted);
  await store.complete(await claimed(done), RESULT);
  const assigned = async (): Promise<unknown> => {
    const { rows } = await client.query("SELECT pg_current_xact_id_if_assigned()::text AS xid");
    return rows[0]?.xid;
  };
  await client.query("BEGIN");
  await within.claim(duplicate(wanted));
  await within.claim(duplicate(wanted, { fingerprint: "f".repeat(64) }));
  await within.claim(duplicate(done));
  await within.get(done.id);
  equal(await assigned(), null);
  // And the question is a real one: a claim that is won does take an id.
  await within.claim(request());
  ok((await assigned()) !== null);
  await client.query("ROLLBACK");
  client.release();
});

test("without waiters nothing is notified, whatever is settled", async () => {
  const listener = await pool.connect();
  let heard = 0;
  listener.on("notification", () => {
    heard++;
  });
  await listener.query(`LISTEN ${TABLE}`);
  await store.complete(await claimed(), RESULT);
  await store.release(await claimed());
  // Notifications come before the reply of whatever is asked after them.
  await listener.query("SELECT 1");
  equal(heard, 0);
  listener.release(true);
});

test("a plan is made once, not for every claim", async () => {
  const client = await pool.connect();
  const lone = postgresStore(over(client), { table: TABLE });
  for (let round = 0; round < 12; round++) {
    const wanted = request();
    const claim = await lone.claim(wanted);
    ok(claim.outcome === "claimed");
    await lone.complete(claim.lease, RESULT);
  }
  const { rows } = await client.query(
    "SELECT generic_plans::int AS once, custom_plans::int AS anew FROM pg_prepared_statements",
  );
  equal(rows.length, 2, "the claim and the completion");
  for (const { once, anew } of rows) ok(once >= 5 && anew <= 5, `${once} and ${anew}`);
  client.release(true);
});

/** How many statements are prepared for three transactions on one connection. */
async function preparedOver(one: Pool): Promise<number> {
  const names = new Set<string>();
  one.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const { name } = args[0] as { name?: string };
      if (name !== undefined) names.add(name);
      return query(...args);
    }) as typeof client.query;
  });
  const over = postgresStore(one, { table: TABLE });
  for (let round = 0; round < 3; round++) {
    equal(await over.transaction(await claimed(), async () => RESULT), true);
  }
  await one.end();
  return names.size;
}

test("a completion in a transaction is prepared on a connection of the server's own", async () => {
  equal(await preparedOver(new Pool({ connectionString: server.url, max: 1 })), 1);
});

test("behind a pooler it is not: to fail there would cost the user's work", async () => {
  const pooled = new Pool({ connectionString: server.url, max: 1 });
  // As a pooler does, which names a process of its own.
  pooled.on("connect", (client) => Object.assign(client, { processID: 1 }));
  equal(await preparedOver(pooled), 0);
});

test("a client that lost what was prepared is not trusted with it again", async () => {
  const one = new Pool({ connectionString: server.url, max: 1 });
  const over = postgresStore(one, { table: TABLE });
  equal(await over.transaction(await claimed(), async () => RESULT), true);
  await one.query("DEALLOCATE ALL");
  const lease = await claimed();
  await rejects(over.transaction(lease, async () => RESULT));
  equal(await over.transaction(lease, async () => RESULT), true);
  await one.end();
});
