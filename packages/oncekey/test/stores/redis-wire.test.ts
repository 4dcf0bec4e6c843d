/** What goes over the wire: how often, how binary, and nothing that a stranger's key could break. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { duplicate, owned, request, taken } from "../../src/conformance/subject.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { startRedis } from "../servers.ts";
import { clientsFor } from "./redis-clients.ts";
import { proxyTo } from "./redis-proxy.ts";

const server = await startRedis();
const proxy = await proxyTo(server.port);
const clients = await clientsFor(server.url);
const ioredis = new Redis(proxy.url);
const nodeRedis = await createClient({ url: proxy.url }).connect();
const admin = new Redis(server.url);

after(async () => {
  for (const one of clients) one.close();
  for (const one of [ioredis, admin]) one.disconnect();
  nodeRedis.destroy();
  proxy.close();
  await server.stop();
});

const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

for (const [name, client] of Object.entries({ ioredis, nodeRedis })) {
  const store = redisStore(client, { prefix: "wire" });

  test(`${name}: each verb is one round trip, and a duplicate brings the answer along`, async () => {
    await store.setup();
    // Warm: both scripts are known here by their digests.
    await store.complete(await owned(store, request()), BYTES);
    const wanted = request();
    proxy.roundTrips();
    const lease = await owned(store, wanted);
    equal(proxy.roundTrips(), 1, "a claim");
    equal(await store.renew(lease, 1000), true);
    equal(proxy.roundTrips(), 1, "a renewal");
    equal(await store.complete(lease, BYTES), true);
    equal(proxy.roundTrips(), 1, "a completion");
    const record = await taken(store, duplicate(wanted));
    equal(proxy.roundTrips(), 1, "a duplicate");
    deepEqual(record.state === "completed" && record.result, BYTES);
  });

  test(`${name}: scripts that Redis has forgotten are sent once more, whole`, async () => {
    await store.release(await owned(store, request()));
    await admin.script("FLUSH");
    proxy.roundTrips();
    await owned(store, request());
    equal(proxy.roundTrips(), 2, "by its digest, then whole");
    await owned(store, request());
    equal(proxy.roundTrips(), 1, "by its digest again");
  });
}

for (const { name, client } of clients) {
  describe(name, () => {
    const before = membersOf(client);
    const store = redisStore(client, { prefix: "wire" });

    test("every byte comes back, in a copy that is a plain array of them", async () => {
      const lease = await owned(store, request());
      // A view into something larger, as a chunk of a body is.
      const larger = new Uint8Array(1024).fill(255);
      larger.set(BYTES, 100);
      await store.complete(lease, larger.subarray(100, 356));
      const record = await store.get(lease.id);
      const result = record?.state === "completed" ? record.result : undefined;
      deepEqual(result, BYTES);
      equal(result?.buffer.byteLength, 256);
    });

    test("a large result comes back whole", async () => {
      const large = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 31) >> 3);
      const lease = await owned(store, request());
      await store.complete(lease, large);
      const record = await store.get(lease.id);
      ok(record?.state === "completed" && Buffer.compare(record.result, large) === 0);
    });

    // S-16: whatever is in a label stays in it.
    test("quotes, line ends, NUL, wildcards and Lua in a label touch nothing", async () => {
      const label = `a\n"b'\r\n\0*?[]{}\\]] redis.call('FLUSHALL') \u{1f600}\uFEFF`;
      const neighbour = await owned(store, request());
      const lease = await owned(store, request({ label }));
      equal((await store.get(lease.id))?.label, label);
      equal((await store.get(neighbour.id))?.token, neighbour.token);
    });

    test("the client is as it was, for whoever else uses it", () => {
      deepEqual(membersOf(client), before);
    });
  });
}

function membersOf(client: object): string[] {
  const members: string[] = [];
  for (const member in client) members.push(member);
  return members.sort();
}
