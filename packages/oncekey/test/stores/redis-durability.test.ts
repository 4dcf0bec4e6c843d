/** What Redis has acknowledged is kept: by a killed one with its file, and by its replicas. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { duplicate, owned, RESULT, request } from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { startRedis } from "../servers.ts";
import { proxyTo } from "./redis-proxy.ts";

test("a Redis that is killed keeps every record that it acknowledged", async () => {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-kill-"));
  const settings = ["--dir", directory, "--appendfsync", "always"];
  const first = await startRedis(settings);
  const client = new Redis(first.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on("error", () => {});
  const store = redisStore(client);
  const claimed: string[] = [];
  const completed: string[] = [];
  const work = Promise.allSettled(
    Array.from({ length: 16 }, async () => {
      for (;;) {
        const lease = await owned(store, request());
        claimed.push(lease.id);
        if (await store.complete(lease, RESULT)) completed.push(lease.id);
      }
    }),
  );
  while (completed.length < 200) await pause(5);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  await work;
  await first.stop();

  const second = await startRedis(settings);
  const again = new Redis(second.url);
  const kept = redisStore(again);
  for (const id of claimed) ok(await kept.get(id), "a claimed record is there");
  for (const id of completed) equal((await kept.get(id))?.state, "completed");
  again.disconnect();
  await second.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("an owner whose claim was lost with the last token passes nobody's fence", async () => {
  const server = await startRedis();
  const client = new Redis(server.url);
  const store = redisStore(client);
  const wanted = request({ effects: "repeatable" });
  const lost = await owned(store, wanted);
  // What an asynchronous failover, or a file that was a second behind, does to both at once.
  await client.flushall();
  const next = await owned(store, duplicate(wanted));
  ok(next.token > lost.token);
  equal(await store.complete(lost, RESULT), false);
  equal(await store.complete(next, RESULT), true);
  client.disconnect();
  await server.stop();
});

const primary = await startRedis();
const proxy = await proxyTo(primary.port);
const admin = new Redis(primary.url);
const clients = {
  ioredis: new Redis(primary.url),
  nodeRedis: await createClient({ url: primary.url }).connect(),
};
const throughProxy = {
  ioredis: new Redis(proxy.url),
  nodeRedis: await createClient({ url: proxy.url }).connect(),
};
throughProxy.ioredis.on("error", () => {});
throughProxy.nodeRedis.on("error", () => {});

after(async () => {
  for (const one of [admin, clients.ioredis, throughProxy.ioredis]) one.disconnect();
  for (const one of [clients.nodeRedis, throughProxy.nodeRedis]) one.destroy();
  proxy.close();
  await primary.stop();
});

const replicated = { durability: "replicated", replicaTimeoutMs: 300 } as const;

describe("without a replica", () => {
  for (const [name, client] of Object.entries(clients)) {
    test(`${name}: what must be replicated is not claimed, and leaves nothing behind`, async () => {
      const store = redisStore(client, replicated);
      const wanted = request();
      await rejects(store.claim(wanted), unavailable(/Too few replicas/));
      equal(await store.get(wanted.id), undefined);
      const lease = await owned(redisStore(client), request());
      await rejects(store.complete(lease, RESULT), unavailable(/Too few replicas/));
    });
  }
});

describe("with a replica", async () => {
  const replica = await startRedis(["--replicaof", "127.0.0.1", String(primary.port)]);
  const reader = new Redis(replica.url);
  while (!(await admin.info("replication")).includes("state=online")) await pause(25);
  after(async () => {
    replica.child.kill("SIGCONT");
    reader.disconnect();
    await replica.stop();
  });

  for (const name of ["ioredis", "nodeRedis"] as const) {
    const client = clients[name];
    const store = redisStore(client, replicated);
    // A replica that has just come online, on a busy machine, may take its time to say so.
    const patient = redisStore(client, { ...replicated, replicaTimeoutMs: 10_000 });
    const onReplica = redisStore(reader);

    test(`${name}: a claim and a completion are there when they are acknowledged`, async () => {
      const lease = await owned(patient, request());
      equal((await onReplica.get(lease.id))?.token, lease.token);
      equal(await patient.complete(lease, RESULT), true);
      equal((await onReplica.get(lease.id))?.state, "completed");
    });

    test(`${name}: more replicas than there are confirm nothing`, async () => {
      const strict = redisStore(client, { ...replicated, replicas: 2 });
      await rejects(strict.claim(request()), unavailable(/Too few replicas/));
    });

    test(`${name}: an unconfirmed claim that took over leaves a trace of whom it followed`, async () => {
      const strict = redisStore(client, { ...replicated, replicas: 2 });
      const plain = redisStore(admin);
      const first = request({ effects: "repeatable" });
      await plain.renew(await owned(plain, first), 0);
      await rejects(strict.claim(duplicate(first)), unavailable(/Too few replicas/));
      const next = await plain.claim(duplicate(first));
      equal(next.outcome === "claimed" && next.attempt > 1, true);
    });

    test(`${name}: a completion is not acknowledged before a replica has it, however often`, async () => {
      const lease = await owned(patient, request());
      replica.child.kill("SIGSTOP");
      await rejects(store.complete(lease, RESULT), unavailable(/Too few replicas/));
      // Again, on a connection that has nothing new to write: its WAIT would be satisfied at once.
      const again = redisStore(throughProxy[name], replicated);
      await rejects(again.complete(lease, RESULT), unavailable(/Too few replicas/));
      replica.child.kill("SIGCONT");
      equal(await patient.complete(lease, RESULT), true);
      equal((await onReplica.get(lease.id))?.state, "completed");
    });
  }

  for (const name of ["ioredis", "nodeRedis"] as const) {
    // As the engine does when the first reply takes too long: both are on their way together.
    test(`${name}: taking back an unconfirmed claim does not undo the same one made again`, async () => {
      const client = clients[name];
      const store = redisStore(client, replicated);
      await store.release(
        await owned(redisStore(client, { ...replicated, replicaTimeoutMs: 10_000 }), request()),
      );
      const wanted = request();
      replica.child.kill("SIGSTOP");
      const claims = Promise.allSettled([store.claim(wanted), store.claim(wanted)]);
      // After the first has given up, before the second would: that one would be confirmed.
      await pause(replicated.replicaTimeoutMs * 1.5);
      replica.child.kill("SIGCONT");
      const isClaimed = (await claims).some(
        (claim) => claim.status === "fulfilled" && claim.value.outcome === "claimed",
      );
      equal((await redisStore(admin).get(wanted.id)) !== undefined, isClaimed);
    });
  }

  for (const [name, client] of Object.entries(throughProxy)) {
    test(`${name}: a connection that is lost before the replicas answer confirms nothing`, async () => {
      const store = redisStore(client, replicated);
      await store.release(await owned(store, request()));
      replica.child.kill("SIGSTOP");
      // The script is answered, and then the connection is lost: its WAIT must not be sent alone.
      let isCut = false;
      proxy.cutWhen((reply) => {
        const cut = !isCut && reply.includes("claimed");
        isCut ||= cut;
        return cut;
      });
      const claims = [request(), request(), request()];
      const outcomes = await Promise.allSettled(claims.map((claim) => store.claim(claim)));
      proxy.cutWhen(() => false);
      replica.child.kill("SIGCONT");
      equal(isCut, true);
      deepEqual(
        outcomes.map(({ status }) => status),
        ["rejected", "rejected", "rejected"],
      );
    });
  }

  // Of a wrapper that is a pool in disguise. On a connection that wrote nothing WAIT is satisfied.
  test("a WAIT over another connection than the claim's confirms nothing", async () => {
    const connections = [clients.nodeRedis, throughProxy.nodeRedis] as const;
    let turn = 0;
    const spreading = {
      isOpen: true,
      sendCommand(args: readonly (string | Uint8Array)[], options?: object) {
        turn += 1;
        return connections[turn % 2 === 0 ? 0 : 1].sendCommand(args as string[], options);
      },
    };
    const wanted = request();
    await rejects(redisStore(spreading, replicated).claim(wanted), unavailable(/Too few replicas/));
    equal(await redisStore(admin).get(wanted.id), undefined);
  });

  test("a claim on a replica is refused", async () => {
    await rejects(redisStore(reader).claim(request()), unavailable(/with READONLY/));
  });
});

function unavailable(message: RegExp) {
  return (error: unknown) => error instanceof StoreUnavailable && message.test(error.message);
}
