/** A database of one's own, empty: a file, or a private server. For every process that is told its address. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "./servers.ts";

export interface Place {
  /** A file or a URL. */
  readonly address: string;
  /** Stops the server, and leaves nothing behind. */
  stop(): Promise<void>;
}

export async function emptyPlace(kind: "sqlite" | "redis" | "postgres"): Promise<Place> {
  switch (kind) {
    case "sqlite": {
      const directory = mkdtempSync(join(tmpdir(), "oncekey-sqlite-"));
      const stop = async () => rmSync(directory, { recursive: true, force: true });
      return { address: join(directory, "oncekey.db"), stop };
    }
    case "redis": {
      const { url, stop } = await startRedis();
      return { address: url, stop };
    }
    case "postgres": {
      const { url, stop } = await startPostgres();
      return { address: url, stop };
    }
  }
}
