/**
 * The databases of a run: one Redis and one Postgres for all, started by who needs them first, and a
 * SQLite file for each. Contestants take turns and their keys are random, so none meets another.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startPostgres, startRedis } from "local-servers";
import type { PlaceKind } from "./contestant.ts";

export interface Database {
  /** A file or a URL; empty where there is none. */
  readonly address: string;
  /** Its process, where it is one of its own. */
  readonly pid?: number | undefined;
}

export interface Databases {
  of(place: PlaceKind): Promise<Database>;
  stop(): Promise<void>;
}

export function createDatabases(): Databases {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-bench-"));
  const started = new Map<PlaceKind, Promise<LocalServer>>();
  let files = 0;

  async function shared(place: PlaceKind, start: () => Promise<LocalServer>): Promise<Database> {
    const server = started.get(place) ?? start();
    started.set(place, server);
    const { url: address, child } = await server;
    return { address, pid: child.pid };
  }

  return {
    async of(place) {
      switch (place) {
        case "none":
          return { address: "" };
        case "sqlite":
          files += 1;
          return { address: join(directory, `${files}.db`) };
        case "redis":
          return shared(place, startRedis);
        case "postgres":
          return shared(place, startPostgres);
      }
    },
    async stop() {
      for (const server of started.values()) await (await server).stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
