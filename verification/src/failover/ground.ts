/** What an application stands on here: its store, over a client set up as the documentation says. */
import { once } from "node:events";
import { Redis } from "ioredis";
import { redisStore } from "oncekey/redis";
import type { Ground } from "../chaos/ground.ts";
import { postgresGround } from "../chaos/postgres-ground.ts";
import type { StoreName } from "./cell.ts";

/** How long a write waits for its replica. Short: behind it waits all that the connection sends. */
const REPLICA_TIMEOUT_MS = 100;
const RECONNECT_MS = 50;

export async function openGround(
  store: StoreName,
  address: string,
  isConfirmed: boolean,
): Promise<Ground> {
  // How Postgres replicates is Postgres's business: the store and its client are the same.
  if (store === "postgres") return postgresGround(address);
  const client = new Redis(address, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    retryStrategy: () => RECONNECT_MS,
  });
  client.on("error", () => {});
  await once(client, "ready");
  const replicated = { durability: "replicated", replicaTimeoutMs: REPLICA_TIMEOUT_MS } as const;
  return {
    store: redisStore(client, isConfirmed ? replicated : {}),
    notifier: undefined,
    transactional: undefined,
    legs: async () => [],
    close: async () => client.disconnect(),
  };
}
