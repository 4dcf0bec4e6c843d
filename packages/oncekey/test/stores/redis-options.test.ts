/** What is refused when the store or the notifier is made, and in which words. */
import { throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import {
  type RedisClient,
  type RedisNotifierOptions,
  type RedisStoreOptions,
  type RedisSubscriber,
  redisNotifier,
  redisStore,
} from "../../src/stores/redis.ts";

// Never connected: making a store sends nothing.
const ioredis = new Redis({ lazyConnect: true });
const cluster = new Cluster([{ port: 1 }], { lazyConnect: true });
const nodeRedis = createClient();
const pool = createClientPool();
const nodeRedisCluster = createCluster({ rootNodes: [] });
const nodeRedisSentinel = createSentinel({
  name: "main",
  sentinelRootNodes: [{ host: "a", port: 1 }],
});

describe("options of redisStore that are refused", () => {
  const refused: readonly [options: unknown, message: RegExp][] = [
    [{ ttl: 1 }, /redisStore has no option `ttl`. It knows prefix, durability/],
    [{ prefix: "" }, /Expected `prefix` to be a text that matches/],
    [{ prefix: "Once" }, /`prefix`/],
    [{ prefix: "a:b" }, /`prefix`/],
    [{ prefix: "a}" }, /`prefix`/],
    [{ prefix: `a${"b".repeat(63)}` }, /`prefix`/],
    [{ prefix: 1 }, /`prefix`/],
    [{ durability: "fsync" }, /Expected `durability` to be "primary" or "replicated"/],
    [
      { durability: "replicated", replicas: 0 },
      /Expected `replicas` to be an integer from 1 to 16/,
    ],
    [{ durability: "replicated", replicas: "1" }, /`replicas`/],
    [{ durability: "replicated", replicaTimeoutMs: 0 }, /`replicaTimeoutMs` to be an integer/],
    [{ durability: "replicated", replicaTimeoutMs: 1.5 }, /`replicaTimeoutMs`/],
    [
      { replicas: 2 },
      /Expected `durability` to be "replicated" where `replicas` is given, got "primary"/,
    ],
    [{ durability: "primary", replicaTimeoutMs: 9 }, /where `replicaTimeoutMs` is given/],
  ];
  for (const [options, message] of refused) {
    test(JSON.stringify(options), () => {
      throws(() => redisStore(ioredis, options as RedisStoreOptions), {
        name: "TypeError",
        message,
      });
    });
  }
});

describe("clients that are refused", () => {
  const refused: readonly [name: string, client: unknown, message: RegExp][] = [
    ["nothing", undefined, /Expected `client` to be an ioredis `Redis` or `Cluster`/],
    ["a URL", "redis://localhost", /Expected `client`/],
    [
      "an object with commands that are promises only",
      { get: async () => {} },
      /Expected `client`/,
    ],
    ["a cluster of node-redis", nodeRedisCluster, /hand over an ioredis `Cluster`/],
    ["sentinels of node-redis", nodeRedisSentinel, /given `sentinels`/],
  ];
  for (const [name, client, message] of refused) {
    test(name, () => {
      throws(() => redisStore(client as RedisClient), { name: "TypeError", message });
    });
  }

  for (const [name, client] of [
    ["a cluster", cluster],
    ["a pool", pool],
  ] as const) {
    test(`${name}, when replicas must confirm what this connection wrote`, () => {
      redisStore(client);
      throws(() => redisStore(client, { durability: "replicated" }), {
        name: "TypeError",
        message: /Expected a client of one connection/,
      });
    });
  }
});

describe("subscribers and options of redisNotifier that are refused", () => {
  const refused: readonly [name: string, subscriber: unknown, options: unknown, message: RegExp][] =
    [
      ["nothing", undefined, {}, /Expected `subscriber`/],
      ["a cluster of ioredis", cluster, {}, /a connection to any node hears every message/],
      ["a cluster of node-redis", nodeRedisCluster, {}, /Expected `subscriber`/],
      ["a pool", pool, {}, /Expected `subscriber`/],
      ["an unknown option", ioredis, { channel: "a" }, /redisNotifier has no option `channel`/],
      [
        "a wrong prefix",
        nodeRedis,
        { prefix: "a b" },
        /Expected `prefix` to be a text that matches/,
      ],
    ];
  for (const [name, subscriber, options, message] of refused) {
    test(name, () => {
      throws(() => redisNotifier(subscriber as RedisSubscriber, options as RedisNotifierOptions), {
        name: "TypeError",
        message,
      });
    });
  }
});
