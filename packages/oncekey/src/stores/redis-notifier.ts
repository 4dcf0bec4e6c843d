/**
 * Wakes waiters through Redis's publish and subscribe, over a connection of its own.
 *
 * One channel a record, subscribed to while somebody waits for it. Nothing published while the
 * connection is away comes later: so losing it counts as a change of every record.
 */
import { checkNames } from "../core/check.ts";
import { StoreUnavailable } from "../core/errors.ts";
import type { Notifier } from "../core/notifier.ts";
import type { Digest } from "../core/record.ts";
import { has, isRouted, type NodeRedisClient } from "./redis-client.ts";
import { checkPrefix, DEFAULT_PREFIX, wakeChannel } from "./redis-keys.ts";

/** The part of an ioredis `Redis` (5 or 6) that we use. */
export interface IoredisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  psubscribe(pattern: string): Promise<unknown>;
  on(event: "message", listener: (channel: string) => void): unknown;
  on(event: "close", listener: () => void): unknown;
}

/** The part of a node-redis client (4, 5 or 6) that we use. */
export interface NodeRedisSubscriber extends NodeRedisClient {
  subscribe(channel: string, listener: Listener): Promise<void>;
  unsubscribe(channel: string, listener: Listener): Promise<void>;
  pSubscribe(pattern: string, listener: Listener): Promise<void>;
  on(event: "reconnecting" | "end", listener: () => void): unknown;
}

type Listener = (message: string, channel: string) => void;

export type RedisSubscriber = IoredisSubscriber | NodeRedisSubscriber;

export interface RedisNotifierOptions {
  /** The store's. Default "oncekey". */
  readonly prefix?: string;
}

interface Subscriptions {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
}

/** One channel, as long as anybody waits. */
interface Topic {
  readonly subscribed: Promise<unknown>;
  readonly wakes: Set<() => void>;
}

/**
 * Takes the connection for itself, and never closes it. Throws a `TypeError` that says what to
 * hand over.
 *
 * @example { store: redisStore(client), notifier: redisNotifier(client.duplicate()) }
 */
export function redisNotifier(
  subscriber: RedisSubscriber,
  options: RedisNotifierOptions = {},
): Notifier {
  checkNames("redisNotifier", options, ["prefix"]);
  const { prefix = DEFAULT_PREFIX } = options;
  checkPrefix(prefix);
  const topics = new Map<string, Topic>();
  const subscriptions = listen(subscriber, wake, () => {
    for (const channel of [...topics.keys()]) wake(channel);
  });

  return {
    watch(id: Digest, signal) {
      if (signal.aborted) return { ready: Promise.resolve(), changed: Promise.resolve() };
      const channel = wakeChannel(prefix, id);
      const topic = topics.get(channel) ?? open(channel);
      const changed = new Promise<void>((resolve) => {
        topic.wakes.add(end);
        signal.addEventListener("abort", end);

        function end(): void {
          signal.removeEventListener("abort", end);
          topic.wakes.delete(end);
          if (topic.wakes.size === 0) close(channel);
          resolve();
        }
      });
      const ready = Promise.race([topic.subscribed, changed]).then(
        () => {},
        // Not listening: woken instead, by `open`.
        () => changed,
      );
      return { ready, changed };
    },
  };

  function open(channel: string): Topic {
    const topic = { subscribed: subscriptions.subscribe(channel), wakes: new Set<() => void>() };
    topics.set(channel, topic);
    topic.subscribed.catch(() => {
      for (const end of [...topic.wakes]) end();
    });
    return topic;
  }

  function close(channel: string): void {
    topics.delete(channel);
    // Refused, because the connection is away: then messages come that wake nobody.
    subscriptions.unsubscribe(channel).catch(() => {});
  }

  function wake(channel: string): void {
    for (const end of [...(topics.get(channel)?.wakes ?? [])]) end();
  }
}

function listen(
  subscriber: RedisSubscriber,
  wake: (channel: string) => void,
  lost: () => void,
): Subscriptions {
  // What JavaScript hands over is not what the type says.
  const given: unknown = subscriber;
  if (has(given, "psubscribe", "on") && !has(given, "nodes")) {
    const ioredis = subscriber as IoredisSubscriber;
    ioredis.on("message", wake);
    ioredis.on("close", lost);
    return {
      subscribe: async (channel) => ioredis.subscribe(channel),
      unsubscribe: async (channel) => ioredis.unsubscribe(channel),
    };
  }
  const nodeRedis = subscriber as NodeRedisSubscriber;
  if (has(given, "pSubscribe", "on", "sendCommand") && !isRouted(nodeRedis)) {
    const listener: Listener = (_, channel) => wake(channel);
    nodeRedis.on("reconnecting", lost);
    nodeRedis.on("end", lost);
    return {
      async subscribe(channel) {
        // Not connected, or not any more, it would wait for ever and never say so.
        if (!nodeRedis.isOpen) throw new StoreUnavailable("The subscriber is not connected.");
        await nodeRedis.subscribe(channel, listener);
      },
      unsubscribe: async (channel) => nodeRedis.unsubscribe(channel, listener),
    };
  }
  throw new TypeError(
    "Expected `subscriber` to be an ioredis `Redis` or a node-redis client of one connection, " +
      "used for nothing else. In a cluster a connection to any node hears every message.",
  );
}
