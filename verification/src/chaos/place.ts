/** A database for one run: a file or a server of its own, with all its tables, gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "local-servers";
import type { StoreName } from "./cell.ts";
import { openGround } from "./ground.ts";

export interface Place {
  /** A file or a URL, for every process to open. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function openPlace(name: StoreName): Promise<Place> {
  const place = await emptyPlace(name);
  const ground = await openGround(name, place.address);
  await ground.close();
  return place;
}

async function emptyPlace(name: StoreName): Promise<Place> {
  switch (name) {
    case "sqlite": {
      const directory = mkdtempSync(join(tmpdir(), "oncekey-chaos-"));
      const stop = async () => rmSync(directory, { recursive: true, force: true });
      return { address: join(directory, "chaos.db"), stop };
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
