/** A database for one run: a file or a server of its own, with all its tables, gone afterwards. */
import { setTimeout as pause } from "node:timers/promises";
import { type LocalServer, startPostgres, startRedis } from "local-servers";
import { emptyPlace, type Place } from "local-servers/place";
import type { StoreName } from "./cell.ts";
import { openGround } from "./ground.ts";

export type { Place };

/** A server that is killed and comes back, and therefore nobody else's. */
export interface Database extends Place {
  /** Another one after each return. */
  pid(): number;
  /** Kills it, unless it is dead already, and starts it again after so long. */
  comeBack(awayMs: number): Promise<void>;
}

export async function openPlace(name: StoreName): Promise<Place> {
  const place = await emptyPlace(name);
  await furnish(name, place);
  return place;
}

/** Redis writes each answer down before it gives it; Postgres does so by itself. */
export async function openDatabase(name: Exclude<StoreName, "sqlite">): Promise<Database> {
  const server =
    name === "redis" ? await startRedis(["--appendfsync", "always"]) : await startPostgres();
  const database = databaseOf(server);
  await furnish(name, database);
  return database;
}

const databaseOf = (server: LocalServer): Database => ({
  address: server.url,
  stop: server.stop,
  pid() {
    const { pid } = server.child;
    if (pid === undefined) throw new Error("The server has no process.");
    return pid;
  },
  async comeBack(awayMs) {
    await server.crash();
    await pause(awayMs);
    await server.restart();
  },
});

async function furnish(name: StoreName, { address }: Place): Promise<void> {
  const ground = await openGround(name, address);
  await ground.close();
}
