/** Redis: records and no transactions of ours. */
import { Redis } from "ioredis";
import { redisStore } from "oncekey/redis";
import type { Ground } from "./ground.ts";

export async function redisGround(url: string): Promise<Ground> {
  const client = new Redis(url);
  const store = redisStore(client);
  await store.setup();
  return {
    store,
    transactional: undefined,
    legs: async () => [],
    close: async () => client.disconnect(),
  };
}
