/** A Postgres that is killed, comes back, or goes away: what was acknowledged is still there. */
import { equal, ok, rejects } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "pg";
import postgres from "postgres";
import { RESULT, request } from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import type { Notifier } from "../../src/core/notifier.ts";
import type { Lease } from "../../src/core/store.ts";
import { postgresNotifier, postgresStore } from "../../src/stores/postgres.ts";
import { startPostgres } from "../servers.ts";

// Its own, because it is killed.
const server = await startPostgres();
let running: ChildProcess = server.child;
const pool = new Pool({ connectionString: server.url });
pool.on("error", () => {});
const sql = postgres(server.url, { onnotice: () => {}, backoff: () => 0.05 });
const store = postgresStore(pool);
await store.setup();
const notifiers = [
  { name: "pg", notifier: postgresNotifier(pool) },
  { name: "postgres.js", notifier: postgresNotifier(sql) },
];
process.once("exit", () => running.kill("SIGKILL"));
after(async () => {
  for (const { notifier } of notifiers) await notifier.close();
  await pool.end();
  await sql.end({ timeout: 1 });
  await end("SIGINT");
  await server.stop();
});

/** Killed without a word, and started again over what it had written. */
async function killAndRestart(): Promise<void> {
  await end("SIGKILL");
  await start();
}

async function start(): Promise<void> {
  const { spawnfile, spawnargs } = running;
  const data = spawnargs[spawnargs.indexOf("-D") + 1] ?? "";
  const { uid, gid } = statSync(data);
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  const probe = ["-h", "127.0.0.1", "-p", String(server.port), "-q"];
  for (;;) {
    running = spawn(spawnfile, spawnargs.slice(1), { stdio: "ignore", ...account });
    running.unref();
    // It refuses to start until the last of its former children has noticed.
    while (running.exitCode === null) {
      if (spawnSync(join(dirname(spawnfile), "pg_isready"), probe).status === 0) return;
      await pause(50);
    }
  }
}

async function end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return;
  running.ref();
  running.kill(signal);
  await once(running, "exit");
}

async function claimed(): Promise<Lease> {
  const claim = await store.claim(request());
  ok(claim.outcome === "claimed");
  return claim.lease;
}

test("kill -9 and a restart keep every acknowledged claim and result", async () => {
  const owned: Lease[] = [];
  const completed: Lease[] = [];
  let isUp = true;
  const callers = Array.from({ length: 16 }, async () => {
    while (isUp) {
      const lease = await claimed();
      owned.push(lease);
      if (await store.complete(lease, RESULT)) completed.push(lease);
    }
  });
  while (completed.length < 200) await pause(5);
  const restarted = killAndRestart();
  const ends = await Promise.allSettled(callers);
  isUp = false;
  for (const end of ends) {
    ok(end.status === "rejected" && end.reason instanceof StoreUnavailable);
    ok(end.reason.cause instanceof Error);
  }
  await restarted;
  for (const lease of completed) {
    const record = await store.get(lease.id);
    ok(record?.state === "completed" && record.token === lease.token);
  }
  for (const lease of owned) equal((await store.get(lease.id))?.token, lease.token);
});

for (const { name, notifier } of notifiers) {
  test(`a lost connection wakes every waiter, and the next is heard again, over ${name}`, async () => {
    const watch = notifier.watch((await claimed()).id, new AbortController().signal);
    await watch.ready;
    await killAndRestart();
    await watch.changed;
    await isHeard(notifier);
  });
}

for (const { name, make } of [
  { name: "pg", make: () => postgresNotifier(pool) },
  { name: "postgres.js", make: () => postgresNotifier(sql) },
]) {
  test(`whoever waits while Postgres is away is heard when it is back, over ${name}`, async () => {
    const lease = await claimed();
    const notifier = make();
    await end("SIGINT");
    await notifier.watch(lease.id, new AbortController().signal).changed;
    await start();
    await isHeard(notifier);
    await notifier.close();
  });
}

/** The first to watch afterwards may still find a dead connection, and is woken for nothing. */
async function isHeard(notifier: Notifier): Promise<void> {
  for (let rounds = 1; ; rounds++) {
    const lease = await claimed();
    const watch = notifier.watch(lease.id, new AbortController().signal);
    let isWoken = false;
    void watch.changed.then(() => {
      isWoken = true;
    });
    await watch.ready;
    await pause(100);
    if (!isWoken) {
      await store.complete(lease, RESULT);
      await watch.changed;
      return;
    }
    ok(rounds < 50, "the notifier listens again");
  }
}

test("a notifier over another table's name says why nobody is woken", async () => {
  const errors: unknown[] = [];
  const notifier = postgresNotifier(pool, { table: "nowhere", onError: (e) => errors.push(e) });
  const { ready, changed } = notifier.watch((await claimed()).id, new AbortController().signal);
  await changed;
  await ready;
  equal(errors.length, 1);
  await notifier.close();
});

test("behind a pooler that forgets what was prepared, nothing is prepared any more", async () => {
  const own = new Pool({ connectionString: server.url, max: 1 });
  const forgetful = postgresStore(own);
  const claim = await forgetful.claim(request());
  ok(claim.outcome === "claimed");
  await own.query("DEALLOCATE ALL");
  for (let round = 0; round < 3; round++) {
    equal((await forgetful.claim(request())).outcome, "claimed");
    await own.query("DEALLOCATE ALL");
  }
  equal(await forgetful.complete(claim.lease, RESULT), true);
  await own.end();
});

test("a Postgres that is away is a store that is unavailable, with its cause", async () => {
  const lease = await claimed();
  await end("SIGINT");
  for (const call of [
    () => store.claim(request()),
    () => store.renew(lease, 1000),
    () => store.complete(lease, RESULT),
    () => store.release(lease),
    () => store.resolve(lease, RESULT),
    () => store.get(lease.id),
    () => store.list({ limit: 1 }),
    () => store.reap(1),
    () => store.setup(),
    () => store.transaction(lease, async () => RESULT),
  ]) {
    await rejects(call, (error) => {
      ok(error instanceof StoreUnavailable);
      ok(error.cause instanceof Error && !(error.cause instanceof StoreUnavailable));
      return true;
    });
  }
});
