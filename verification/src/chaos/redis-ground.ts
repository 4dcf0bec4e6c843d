/** Redis: records and no transactions of ours. */
import { Redis } from "ioredis";
import { redisNotifier, redisStore } from "oncekey/redis";
import type { Ground } from "./ground.ts";

export async function redisGround(url: string): Promise<Ground> {
  const client = new Redis(url);
  // It would print each try to connect to a server that is away.
  const quiet = () => {};
  client.on("error", quiet);
  const store = redisStore(client);
  await store.setup();
  const subscriber = client.duplicate();
  subscriber.on("error", quiet);
  return {
    store,
    notifier: redisNotifier(subscriber),
    transactional: undefined,
    legs: async () => [],
    async close() {
      subscriber.disconnect();
      client.disconnect();
    },
  };
}
