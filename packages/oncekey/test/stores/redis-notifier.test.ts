/** The notifier when its connection goes, and what it leaves behind when nobody waits any more. */
import { equal, ok } from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { digest, owned, RESULT, request } from "../../src/conformance/subject.ts";
import { redisNotifier, redisStore } from "../../src/stores/redis.ts";
import { startRedis } from "../servers.ts";

const server = await startRedis();
const admin = new Redis(server.url);
const store = redisStore(admin);
const subscribers = {
  ioredis: new Redis(server.url, { retryStrategy: () => 20 }),
  nodeRedis: await createClient({ url: server.url, socket: { reconnectStrategy: 20 } })
    .on("error", () => {})
    .connect(),
};

after(async () => {
  admin.disconnect();
  subscribers.ioredis.disconnect();
  subscribers.nodeRedis.destroy();
  await server.stop();
});

for (const [name, subscriber] of Object.entries(subscribers)) {
  describe(name, () => {
    const notifier = redisNotifier(subscriber);

    test("many watchers of a record share one subscription, and the last takes it along", async () => {
      const lease = await owned(store, request());
      const stops = Array.from({ length: 100 }, () => new AbortController());
      const watches = stops.map(({ signal }) => notifier.watch(lease.id, signal));
      await Promise.all(watches.map(({ ready }) => ready));
      equal(await subscribedTo(lease.id), 1);
      for (const stop of stops.slice(1)) stop.abort();
      await Promise.all(watches.slice(1).map(({ changed }) => changed));
      equal(await subscribedTo(lease.id), 1);
      await store.complete(lease, RESULT);
      await watches[0]?.changed;
      await untilNobodyListens();
    });

    test("giving up wakes whoever waits", async () => {
      const lease = await owned(store, request());
      const { ready, changed } = notifier.watch(lease.id, new AbortController().signal);
      await ready;
      await store.renew(lease, 0);
      await changed;
    });

    test("a lost connection is a change for every watcher, and the next watch hears again", async () => {
      const leases = await Promise.all([owned(store, request()), owned(store, request())]);
      const watches = leases.map(({ id }) => notifier.watch(id, new AbortController().signal));
      await Promise.all(watches.map(({ ready }) => ready));
      await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
      await Promise.all(watches.map(({ changed }) => changed));
      for (const lease of leases) {
        const again = notifier.watch(lease.id, new AbortController().signal);
        await again.ready;
        await store.complete(lease, RESULT);
        await again.changed;
      }
      await untilNobodyListens();
    });

    test("a watch that is stopped while it begins leaves nothing behind", async () => {
      for (let round = 0; round < 20; round += 1) {
        const id = digest();
        const [short, long] = [new AbortController(), new AbortController()];
        const first = notifier.watch(id, short.signal);
        short.abort();
        await Promise.all([first.ready, first.changed]);
        const { ready, changed } = notifier.watch(id, long.signal);
        await ready;
        equal(await subscribedTo(id), 1);
        await admin.publish(`oncekey:wake:${id}`, "");
        await changed;
      }
      await untilNobodyListens();
    });
  });
}

test("a subscriber that is closed wakes at once: it cannot tell", async () => {
  const closed = new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false });
  const never = createClient({ url: server.url });
  for (const subscriber of [closed, never]) {
    const watch = redisNotifier(subscriber).watch(digest(), new AbortController().signal);
    await watch.changed;
    await watch.ready;
  }
  closed.disconnect();
});

async function subscribedTo(id: string): Promise<number> {
  const reply = await admin.pubsub("NUMSUB", `oncekey:wake:${id}`);
  return Number(reply[1]);
}

/** Unsubscribing is not waited for by anybody else. */
async function untilNobodyListens(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const channels = await admin.pubsub("CHANNELS", "oncekey:wake:*");
    if (channels.length === 0) return;
    await pause(10);
  }
  ok(false, "somebody still listens");
}
