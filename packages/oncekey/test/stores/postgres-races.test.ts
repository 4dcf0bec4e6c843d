/** The Postgres store where many meet: processes, paused transactions, lost connections. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { Pool, type PoolClient } from "pg";
import {
  duplicate,
  LONG_MS,
  OTHER_RESULT,
  RESULT,
  request,
} from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import type { Lease } from "../../src/core/store.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresForTests } from "../servers.ts";

const TABLE = "races";
const ROUNDS = 200;

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
// A pool that has ended may not have left yet when its server stops.
pool.on("error", () => {});
const store = postgresStore(pool, { table: TABLE });
await store.setup();
await pool.query("CREATE TABLE IF NOT EXISTS race_effects (text text)");
after(async () => {
  await pool.end();
  await server.stop();
});

async function claimed(wanted = request()) {
  const claim = await store.claim(wanted);
  ok(claim.outcome === "claimed");
  return claim.lease;
}

test(`of two processes exactly one is told "claimed", in each of ${ROUNDS} rounds`, async () => {
  const racers = [racer(), racer()];
  await Promise.all(racers.map((child) => once(child, "message")));
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = request({ effects: "repeatable" });
    // In half of the rounds a record is already there, released: following is a race as well.
    if (round % 2 === 1) await store.release(await claimed(wanted));
    const answers = await Promise.all(racers.map((child) => asked(child, duplicate(wanted))));
    const winners = answers.filter(({ outcome }) => outcome === "claimed");
    equal(winners.length, 1, `the winners of round ${round}`);
    equal(new Set(answers.map(({ token }) => token)).size, 1, "the token that both are told");
  }
  for (const child of racers) {
    child.disconnect();
    await once(child, "exit");
  }
});

function racer(): ChildProcess {
  return fork(join(import.meta.dirname, "postgres-racer.js"), [server.url, TABLE]);
}

async function asked(child: ChildProcess, wanted: object): Promise<Record<string, unknown>> {
  const answer = once(child, "message");
  child.send(wanted);
  return (await answer)[0];
}

/**
 * The pool, for a claim that finds its key free: between that look and the statement that claims,
 * `meanwhile` happens.
 */
function poolThatPauses(meanwhile: () => Promise<unknown>): Pool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  let isOver = false;
  return Object.assign(Object.create(pool), {
    async query(...args: unknown[]) {
      if (!isOver && typeof args[0] === "string" && args[0].includes("SKIP LOCKED")) {
        isOver = true;
        await meanwhile();
      }
      return query(...args);
    },
  });
}

for (const { isCompleted, says } of [
  { isCompleted: false, says: "in flight" },
  { isCompleted: true, says: "completed" },
]) {
  test(`what is released, and claimed between the look and the claim, is ${says}`, async () => {
    const wanted = request({ effects: "repeatable" });
    await store.release(await claimed(wanted));
    let winner: Lease | undefined;
    const slow = poolThatPauses(async () => {
      winner = await claimed(duplicate(wanted));
      if (isCompleted) await store.complete(winner, RESULT);
    });
    const claim = await postgresStore(slow, { table: TABLE }).claim(duplicate(wanted));
    ok(claim.outcome === "taken" && claim.record.token === winner?.token);
    equal(claim.record.state, isCompleted ? "completed" : "in-flight");
  });
}

for (const { isCompleted, what } of [
  { isCompleted: false, what: "an unsettled record" },
  { isCompleted: true, what: "a completed record" },
]) {
  test(`${what} that is reaped between the look and the claim is claimed afresh`, async () => {
    const wanted = request({ effects: "repeatable", retentionMs: 1 });
    const lease = await claimed(wanted);
    if (isCompleted) await store.complete(lease, RESULT);
    else await store.renew(lease, 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let reaped = 0;
    const slow = poolThatPauses(async () => {
      reaped = await store.reap(1_000);
    });
    const claim = await postgresStore(slow, { table: TABLE }).claim(duplicate(wanted));
    ok(reaped > 0, "it was there when it was looked at");
    ok(claim.outcome === "claimed" && claim.attempt === 1);
    equal((await store.get(lease.id))?.token, claim.lease.token);
  });
}

/** A pool whose COMMITs go through `commit`: held back, or answered by a dead connection. */
function poolWith(commit: (client: PoolClient, go: () => Promise<unknown>) => Promise<unknown>) {
  const other = new Pool({ connectionString: server.url });
  other.on("error", () => {});
  other.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    client.query = ((...args: unknown[]) =>
      args[0] === "COMMIT" ? commit(client, () => query(...args)) : query(...args)) as never;
  });
  return other;
}

async function effects(text: string): Promise<number> {
  const { rows } = await pool.query("SELECT 1 FROM race_effects WHERE text = $1", [text]);
  return rows.length;
}

test("a transaction that pauses before its COMMIT hangs nobody else", async () => {
  let arrive: () => void = () => {};
  let go: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = poolWith(async (_, commit) => {
    arrive();
    await gate;
    return commit();
  });
  const wanted = request({ effects: "transactional" });
  const lease = await claimed(wanted);
  const stranger = await claimed();
  const released = await claimed();
  const paused = postgresStore(slow, { table: TABLE }).transaction(lease, async (client) => {
    await client.query("INSERT INTO race_effects VALUES ($1)", [lease.id]);
    return RESULT;
  });
  await arrived;

  // All of them in the same statements as calls for the row that is held.
  const held = rejects(store.renew(lease, LONG_MS), StoreUnavailable);
  const late = rejects(store.complete(lease, OTHER_RESULT), StoreUnavailable);
  equal(await store.renew(stranger, LONG_MS), true, "another lease is renewed");
  equal(await store.complete(stranger, RESULT), true, "another record is completed");
  equal(await store.release(released), true, "another record is released");
  const [won, taken] = await Promise.all([store.claim(request()), store.claim(duplicate(wanted))]);
  equal(won.outcome, "claimed", "another key is claimed");
  ok(taken.outcome === "taken" && taken.record.state === "in-flight", "and this one is in flight");
  equal(await store.reap(10), 0);
  await Promise.all([held, late]);

  go();
  equal(await paused, true);
  equal(await effects(lease.id), 1);
  equal((await store.get(lease.id))?.state, "completed");
  await slow.end();
});

test("a takeover that meets a paused transaction is told what it sees, and neither hangs", async () => {
  let arrive: () => void = () => {};
  let go: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = poolWith(async (_, commit) => {
    arrive();
    await gate;
    return commit();
  });
  const wanted = request({ effects: "transactional" });
  const lease = await claimed(wanted);
  await store.renew(lease, 0);
  const paused = postgresStore(slow, { table: TABLE }).transaction(lease, async () => RESULT);
  await arrived;
  const takeover = await store.claim(duplicate(wanted));
  ok(takeover.outcome === "taken" && takeover.record.token === lease.token);
  go();
  equal(await paused, true, "the owner was in time");
  await slow.end();
});

test("a connection that is lost before COMMIT leaves neither effect nor result", async () => {
  const dying = poolWith(async (client, commit) => {
    await terminate(client);
    return commit();
  });
  const lease = await claimed(request({ effects: "transactional" }));
  const failed = postgresStore(dying, { table: TABLE }).transaction(lease, async (client) => {
    await client.query("INSERT INTO race_effects VALUES ($1)", [lease.id]);
    return RESULT;
  });
  await rejects(failed, (error) => error instanceof StoreUnavailable && error.cause !== undefined);
  equal(await effects(lease.id), 0);
  equal((await store.get(lease.id))?.state, "in-flight");
  equal(dying.totalCount, 0, "the broken client is not kept");
  await dying.end();
});

test("a COMMIT whose reply is lost is found by asking", async () => {
  const dying = poolWith(async (client, commit) => {
    await commit();
    await terminate(client);
    // What the caller gets instead of the reply is a real driver's error.
    return client.query("SELECT 1");
  });
  const lease = await claimed(request({ effects: "transactional" }));
  const failed = postgresStore(dying, { table: TABLE }).transaction(lease, async (client) => {
    await client.query("INSERT INTO race_effects VALUES ($1)", [lease.id]);
    return RESULT;
  });
  await rejects(failed, StoreUnavailable);
  equal(await effects(lease.id), 1);
  const record = await store.get(lease.id);
  ok(record?.state === "completed" && record.token === lease.token);
  deepEqual(record.result, new Uint8Array(RESULT));
  equal(dying.totalCount, 0, "the broken client is not kept");
  await dying.end();
});

test("a connection that is lost during the work does not end the process", async () => {
  const dying = poolWith((_, commit) => commit());
  const lease = await claimed(request({ effects: "transactional" }));
  const failed = postgresStore(dying, { table: TABLE }).transaction(lease, async (client) => {
    await terminate(client);
    return RESULT;
  });
  await rejects(failed, StoreUnavailable);
  equal((await store.get(lease.id))?.state, "in-flight");
  await dying.end();
});

/** Ends the client's session at the server, and waits until the client has noticed. */
async function terminate(client: PoolClient): Promise<void> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  // Not by `once`, which rejects when the client says "error" first.
  const noticed = new Promise<void>((resolve) => client.on("end", () => resolve()));
  await pool.query("SELECT pg_terminate_backend($1)", [rows[0].pid]);
  await noticed;
}

test("claims and completions of many callers in batches that overlap never deadlock", async () => {
  const others = Array.from({ length: 4 }, () => postgresStore(pool, { table: TABLE }));
  const keys = Array.from({ length: 40 }, () => request());
  const claims = await Promise.all(
    others.flatMap((each, index) =>
      (index % 2 === 0 ? keys : [...keys].reverse()).map((key) => each.claim(duplicate(key))),
    ),
  );
  const winners = claims.filter((claim) => claim.outcome === "claimed");
  equal(winners.length, keys.length);
  const kept = await Promise.all(
    others.flatMap((each) => winners.map(({ lease }) => each.complete(lease, RESULT))),
  );
  ok(kept.every(Boolean));
});
