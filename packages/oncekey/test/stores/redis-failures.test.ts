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
    "with foreign fields alone": async (key) => {
      await admin.del(key);
      await admin.hset(key, "color", "red");
    },
  };
  // Version, state, token, attempt, claimedAt, retentionMs, effects, and so on: see redis-lua.ts.
  const changes: readonly [name: string, word: number, value: string][] = [
    ["of another version", 0, "2"],
    ["of another state", 1, "done"],
    ["that says completed, and is not", 1, "completed"],
    ["with a token that is no number", 2, "1x"],
    ["with a negative attempt", 3, "-1"],
    ["with an empty instant", 4, ""],
    ["with an endless retention", 5, "inf"],
    ["of other effects", 6, "none"],
    ["with a lease that never ends", 9, "nan"],
  ];
  for (const [name, word, value] of changes) {
    damages[name] = (key) => rewrite(key, (words) => words.with(word, value));
  }
  for (let length = 0; length < 11; length += 1) {
    damages[`of ${length} words`] = (key) => rewrite(key, (words) => words.slice(0, length));
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

  test("completed, without its result", async () => {
    const wanted = request();
    const lease = await owned(store, wanted);
    await store.complete(lease, RESULT);
    await admin.hdel(keyOf(lease.id), "result");
    await rejects(store.claim(duplicate(wanted)), RecordCorrupt);
    await rejects(store.get(lease.id), RecordCorrupt);
  });

  for (const [name, word, value] of [
    ["a scope that is no digest", 7, "zz"],
    ["a fingerprint with a line end", 8, "a\nb"],
    ["a token beyond what a number holds", 2, "9".repeat(20)],
  ] as const) {
    test(`with ${name}`, async () => {
      const lease = await owned(store, request());
      await rewrite(keyOf(lease.id), (words) => words.with(word, value));
      await rejects(store.get(lease.id), RecordCorrupt);
      await admin.del(keyOf(lease.id));
    });
  }

  test("where there is another type", async () => {
    const wanted = request();
    await admin.set(keyOf(wanted.id), "a string");
    await refusesAll({ id: wanted.id, token: 1 }, () => store.claim(wanted));
  });

  async function rewrite(key: string, change: (words: string[]) => string[]): Promise<void> {
    const words = (await admin.hget(key, "record"))?.split(" ") ?? [];
    await admin.hset(key, "record", change(words).join(" "));
  }

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
