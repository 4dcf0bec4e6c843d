/** Starts the databases that a test needs, makes fresh places in them, and stops them. */
import { randomUUID } from "node:crypto";
import { postgresForTests, redisForTests } from "../servers.ts";
import { anyClient, fileFor } from "../stores/sqlite-clients.ts";
import { open, type Place } from "./places.ts";

export interface Databases {
  /** A place that nobody has used, set up. */
  fresh(kind: Place["kind"]): Promise<Place>;
  stop(): Promise<void>;
}

/** Starts what it is asked for, and stops it. */
export async function databases(kinds: readonly Place["kind"][]): Promise<Databases> {
  const redis = kinds.includes("redis") ? await redisForTests() : undefined;
  const postgres = kinds.includes("postgres") ? await postgresForTests() : undefined;
  const files: { remove(): void }[] = [];

  function placeOf(kind: Place["kind"]): Place {
    const name = `t_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
    switch (kind) {
      case "redis":
        return { kind, url: redis?.url ?? "", prefix: name };
      case "postgres":
        return { kind, url: postgres?.url ?? "", table: name };
      case "sqlite": {
        const made = fileFor(anyClient());
        files.push(made);
        return { kind, file: made.file };
      }
    }
  }

  return {
    async fresh(kind) {
      const place = placeOf(kind);
      const opened = await open(place);
      await opened.setup();
      await opened.close();
      return place;
    },
    async stop() {
      await redis?.stop();
      await postgres?.stop();
      for (const file of files) file.remove();
    },
  };
}
