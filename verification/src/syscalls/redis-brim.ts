/** Redis with little memory, which evicts nothing. */
import { Redis } from "ioredis";
import { startRedis } from "local-servers";
import type { Brim } from "./brim.ts";

const MEMORY = 16 * 1024 * 1024;
const PIECES = [256 * 1024, 4 * 1024];
/** More than Redis gives back by itself while it is full, such as the buffers of a connection. */
const SLACK = 4 * 1024 * 1024;
const BALLAST = "ballast";

export async function redisBrim(): Promise<Brim> {
  const limits = ["--maxmemory", String(MEMORY), "--maxmemory-policy", "noeviction"];
  const server = await startRedis(limits);
  const client = new Redis(server.url);
  let pieces = 0;
  return {
    store: "redis",
    address: server.url,
    async fill() {
      for (const size of PIECES) {
        while (await fits(client, `${BALLAST}${pieces}`, size)) pieces++;
      }
      // By what was counted: what INFO calls used has the log's buffer in it, which is not.
      await client.config("SET", "maxmemory", String(MEMORY - SLACK));
    },
    async relieve() {
      await client.config("SET", "maxmemory", String(MEMORY));
      while (pieces > 0) await client.del(`${BALLAST}${--pieces}`);
    },
    damage: () => [],
    async stop() {
      client.disconnect();
      await server.stop();
    },
  };
}

async function fits(client: Redis, key: string, bytes: number): Promise<boolean> {
  try {
    await client.set(key, Buffer.alloc(bytes));
    return true;
  } catch (error) {
    if (String(error).includes("OOM")) return false;
    throw error;
  }
}
