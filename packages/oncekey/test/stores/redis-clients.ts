/** Both Redis clients in each way that changes how their commands or replies travel. */
import { Redis } from "ioredis";
import { createClient, createClientPool } from "redis";
import type { RedisClient, RedisSubscriber } from "../../src/stores/redis.ts";

export interface TestClients {
  readonly name: string;
  readonly client: RedisClient;
  readonly subscriber: RedisSubscriber;
  close(): void;
}

export async function clientsFor(url: string): Promise<readonly TestClients[]> {
  return [
    overIoredis("ioredis", new Redis(url), new Redis(url)),
    overIoredis(
      "ioredis_gathering",
      new Redis(url, { enableAutoPipelining: true, keyPrefix: "an*app:" }),
      new Redis(url, { keyPrefix: "an*app:" }),
    ),
    overIoredis(
      "ioredis_resp2",
      new Redis(url, { protocol: 2, stringNumbers: true }),
      new Redis(url, { protocol: 2 }),
    ),
    overNodeRedis(
      "node_redis",
      await createClient({ url, keyPrefix: "app:" }).connect(),
      await createClient({ url }).connect(),
    ),
    overNodeRedis(
      "node_redis_resp2",
      await createClient({ url, RESP: 2 }).connect(),
      await createClient({ url, RESP: 2 }).connect(),
    ),
    overNodeRedis("node_redis_pool", await poolOf(url), await createClient({ url }).connect()),
  ];
}

async function poolOf(url: string) {
  const pool = createClientPool({ url });
  await pool.connect();
  return pool;
}

function overIoredis(name: string, client: Redis, subscriber: Redis): TestClients {
  return {
    name,
    client,
    subscriber,
    close() {
      client.disconnect();
      subscriber.disconnect();
    },
  };
}

interface Destroyable {
  destroy(): void;
}

function overNodeRedis(
  name: string,
  client: RedisClient & Destroyable,
  subscriber: RedisSubscriber & Destroyable,
): TestClients {
  return {
    name,
    client,
    subscriber,
    close() {
      client.destroy();
      subscriber.destroy();
    },
  };
}
