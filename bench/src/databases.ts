/**
 * The databases of a run: one Redis and one Postgres for all, started by who needs them first, and a
 * SQLite file for each. A proxy has a server behind it, which lives in this process. Contestants take turns and their keys are random, so none meets another.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type LocalServer, startPostgres, startRedis } from "local-servers";
import { type Counts, type PlaceKind, STATUS, work } from "./contestant.ts";

export interface Database {
  /** A file or a URL; empty where there is none. */
  readonly address: string;
  /** Its process, where it is one of its own. */
  readonly pid?: number | undefined;
  /** Where the handler is not the contestant's: how often it ran. */
  readonly executions?: () => number;
}

export interface Databases {
  of(place: PlaceKind): Promise<Database>;
  stop(): Promise<void>;
}

export function createDatabases(): Databases {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-bench-"));
  const started = new Map<PlaceKind, Promise<LocalServer>>();
  const upstreams: Upstream[] = [];
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
        case "upstream": {
          const upstream = await startUpstream();
          upstreams.push(upstream);
          return upstream;
        }
      }
    },
    async stop() {
      for (const upstream of upstreams) await upstream.stop();
      for (const server of started.values()) await (await server).stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Upstream extends Database {
  stop(): Promise<unknown>;
}

async function startUpstream(): Promise<Upstream> {
  const counts: Counts = { executions: 0, trips: 0, commits: 0 };
  const server = createServer(async (request, response) => {
    await buffer(request);
    response.writeHead(STATUS, { "content-type": "application/json" }).end(work(counts));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, executions: () => counts.executions, stop };
}
