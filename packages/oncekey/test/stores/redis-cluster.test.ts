/** A cluster of two nodes: keys in one slot, records on both nodes, lists over all of them. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { inspectorCases, notifierCases, storeCases } from "../../src/conformance/index.ts";
import { owned, request } from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { redisNotifier, redisStore } from "../../src/stores/redis.ts";
import { register, wait } from "../register.ts";
import { freePort, startRedis } from "../servers.ts";

const nodes = [await startNode(), await startNode()];
const [first, second] = nodes.map(({ url }) => new Redis(url)) as [Redis, Redis];
await form();
const address = nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
const clusters = {
  cluster: new Cluster(address),
  cluster_gathering: new Cluster(address, {
    enableAutoPipelining: true,
    redisOptions: { keyPrefix: "app:" },
  }),
};
const subscriber = new Redis(nodes[1]?.url ?? "");

after(async () => {
  for (const one of [...Object.values(clusters), first, second, subscriber]) one.disconnect();
  for (const node of nodes) await node.stop();
});

for (const [name, cluster] of Object.entries(clusters)) {
  describe(`over ${name}`, { concurrency: 16 }, () => {
    const store = redisStore(cluster, { prefix: name });
    const notifier = redisNotifier(subscriber, { prefix: name });
    const makeSubject = () => ({ store, notifier, inspector: store, pass: wait });
    before(() => store.setup());
    register(storeCases, makeSubject);
    register(notifierCases, makeSubject);
    register(inspectorCases, makeSubject);
  });
}

test("records lie on both nodes, and one list holds them all", async () => {
  const store = redisStore(clusters.cluster, { prefix: "spread" });
  const leases = await Promise.all(Array.from({ length: 64 }, () => owned(store, request())));
  const counts = await Promise.all(
    [first, second].map(async (node) => (await node.keys("{spread:??}:*[^n]")).length),
  );
  ok(counts.every((count) => count > 0));
  const listed: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.list({ limit: 10, ...(after !== undefined && { after }) });
    listed.push(...page.records.map(({ id }) => id));
    if (page.next === undefined) break;
    after = page.next;
  }
  deepEqual(listed.sort(), leases.map(({ id }) => id).sort());
});

test("a cluster that is not there is no empty list", async () => {
  const away = new Cluster(address, { lazyConnect: true });
  await rejects(redisStore(away).list({ limit: 1 }), StoreUnavailable);
  away.disconnect();
});

test("each node is asked for its settings, and the same warning is given once", async () => {
  await second.config("SET", "maxmemory-policy", "allkeys-lru");
  const store = redisStore(clusters.cluster);
  const found = await store.setup();
  equal(found.length, 1);
  ok(found[0]?.startsWith("maxmemory-policy is allkeys-lru"));
  await second.config("SET", "maxmemory-policy", "noeviction");
});

/** The bus must not be at the port plus 10,000: a free port may be too high for that. */
async function startNode() {
  const bus = await freePort();
  return startRedis(["--cluster-enabled", "yes", "--cluster-port", String(bus)]);
}

async function form(): Promise<void> {
  await first.call("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
  await second.call("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
  const bus = ((await second.config("GET", "cluster-port")) as string[])[1] ?? "";
  await first.call("CLUSTER", "MEET", "127.0.0.1", String(nodes[1]?.port), bus);
  for (const node of [first, second]) {
    while (!(await node.cluster("INFO")).includes("cluster_slots_ok:16384")) await pause(50);
    while (!(await node.cluster("INFO")).includes("cluster_state:ok")) await pause(50);
  }
}
