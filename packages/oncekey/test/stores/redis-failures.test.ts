/** A Redis that is full, stopped, gone or damaged: said aloud, and nothing half-written. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { inspect } from "node:util";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { duplicate, owned, RESULT, request } from "../../src/conformance/subject.ts";
import { RecordCorrupt, StoreUnavailable } from "../../src/core/errors.ts";
import type { Lease } from "../../src/core/store.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { startRedis } from "../servers.ts";

const server = await startRedis();
const admin = new Redis(server.url);
const clients = {
  ioredis: new Redis(server.url, { commandTimeout: 500 }),
  nodeRedis: await createClient({
    url: server.url,
    socket: { socketTimeout: 500, reconnectStrategy: 50 },
  })
    .on("error", () => {})
    .connect(),
};

after(async () => {
  server.child.kill("SIGCONT");
  admin.disconnect();
  clients.ioredis.disconnect();
  clients.nodeRedis.destroy();
  await server.stop();
});

const keyOf = (id: string): string => `{oncekey:${id.slice(0, 2)}}:${id}`;

for (const [name, client] of Object.entries(clients)) {
  const store = redisStore(client);

  test(`${name}: without memory nothing is claimed or completed, and nothing half-written`, async () => {
    const running = await owned(store, request());
    const others = await owned(store, request());
    const before = await admin.hgetall(keyOf(running.id));
    await admin.config("SET", "maxmemory-policy", "noeviction", "maxmemory", "1");
    const wanted = request();
    await rejects(store.claim(wanted), unavailable(/with OOM/));
    await rejects(store.complete(running, RESULT), unavailable(/with OOM/));
    equal(await store.release(others), true);
    equal(await store.get(wanted.id), undefined);
    deepEqual(await admin.hgetall(keyOf(running.id)), before);
    await admin.config("SET", "maxmemory", "0");
    equal(await store.complete(running, RESULT), true);
    ok(await owned(store, wanted));
  });

  test(`${name}: a Redis that stands still is unavailable, and nothing is wedged afterwards`, async () => {
    const lease = await owned(store, request());
    server.child.kill("SIGSTOP");
    await rejects(store.claim(request()), unavailable(/gave no answer/));
    server.child.kill("SIGCONT");
    await eventually(async () => equal(await store.complete(lease, RESULT), true));
    ok(await owned(store, request()));
  });

  test(`${name}: an error carries its cause, and neither key nor result`, async () => {
    const lease = await owned(store, request());
    await admin.config("SET", "maxmemory", "1");
    const secret = new TextEncoder().encode("4000-0000-0000-0002");
    const error = await store.complete(lease, secret).catch((thrown: unknown) => thrown);
    await admin.config("SET", "maxmemory", "0");
    ok(error instanceof StoreUnavailable && error.cause instanceof Error);
    const shown = inspect(error, { depth: 9 });
    ok(!shown.includes(lease.id) && !shown.includes("4000") && !shown.includes("34 30 30 30"));
  });
}

describe("a client that is closed", () => {
  test("ioredis", async () => {
    const client = new Redis(server.url);
    await once(client, "ready");
    client.disconnect();
    await rejects(redisStore(client).claim(request()), unavailable(/gave no answer/));
    await rejects(redisStore(client).setup(), unavailable(/gave no answer/));
  });

  test("node-redis", async () => {
    const client = createClient({ url: server.url });
    await rejects(redisStore(client).get(request().id), unavailable(/gave no answer/));
    await rejects(redisStore(client).list({ limit: 1 }), unavailable(/gave no answer/));
  });
});

// P-112: what cannot be read is never absent, and never written over.
describe("a damaged record", () => {
  const store = redisStore(clients.ioredis);
  const damages: Record<string, (key: string) => Promise<unknown>> = {
    "of another version": (key) => admin.hset(key, "version", "2"),
    "of another state": (key) => admin.hset(key, "state", "done"),
    "of other effects": (key) => admin.hset(key, "effects", "none"),
    "with a token that is no number": (key) => admin.hset(key, "token", "1x"),
    "with a negative attempt": (key) => admin.hset(key, "attempt", "-1"),
    "with a lease that ends never": (key) => admin.hset(key, "leaseEndsAt", "inf"),
    "with foreign fields alone": async (key) => {
      await admin.del(key);
      await admin.hset(key, "color", "red");
    },
  };
  const fields = ["version", "state", "token", "attempt", "claimedAt", "retentionMs", "effects"];
  for (const field of [...fields, "scope", "fingerprint", "label", "leaseEndsAt", "nonce"]) {
    damages[`without its ${field}`] = (key) => admin.hdel(key, field);
  }

  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      // Repeatable, and its lease over: undamaged, it could be followed.
      const wanted = request({ effects: "repeatable" });
      const lease = await owned(store, wanted);
      await store.renew(lease, 0);
      await damage(keyOf(lease.id));
      await refusesAll(lease, () => store.claim(duplicate(wanted)));
    });
  }

  for (const field of ["completedAt", "expiresAt", "result"]) {
    test(`completed, without its ${field}`, async () => {
      const wanted = request();
      const lease = await owned(store, wanted);
      await store.complete(lease, RESULT);
      await admin.hdel(keyOf(lease.id), field);
      await rejects(store.claim(duplicate(wanted)), RecordCorrupt);
      await rejects(store.get(lease.id), RecordCorrupt);
    });
  }

  for (const [field, value] of [
    ["scope", "zz"],
    ["fingerprint", "a\nb"],
  ] as const) {
    test(`with ${JSON.stringify(value)} for its ${field}`, async () => {
      const lease = await owned(store, request());
      await admin.hset(keyOf(lease.id), field, value);
      await rejects(store.get(lease.id), RecordCorrupt);
    });
  }

  test("where there is another type", async () => {
    const wanted = request();
    await admin.set(keyOf(wanted.id), "a string");
    await refusesAll({ id: wanted.id, token: 1 }, () => store.claim(wanted));
  });

  async function refusesAll(lease: Lease, claim: () => Promise<unknown>): Promise<void> {
    const before = await admin.dumpBuffer(keyOf(lease.id));
    const scope = request().scope;
    await rejects(claim, RecordCorrupt);
    await rejects(store.get(lease.id), RecordCorrupt);
    await rejects(store.renew(lease, 1000), RecordCorrupt);
    await rejects(store.complete(lease, RESULT), RecordCorrupt);
    await rejects(store.resolve(lease, RESULT), RecordCorrupt);
    await rejects(store.release(lease), RecordCorrupt);
    await rejects(store.list({ limit: 1000, scope }), RecordCorrupt);
    deepEqual(await admin.dumpBuffer(keyOf(lease.id)), before);
    await admin.del(keyOf(lease.id));
  }
});

function unavailable(message: RegExp) {
  return (error: unknown) => error instanceof StoreUnavailable && message.test(error.message);
}

/** A client needs a moment to come back: until then it says so, and is asked again. */
async function eventually(act: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || tries === 50) throw error;
    }
  }
}
