/** The clients of the stores, counting what they send. */
import { Redis } from "ioredis";
import Database from "libsql";
import pg from "pg";
import type { Counts, Setting } from "../contestant.ts";

/** As many as the connections of most measurements ask for at once, with room for the batches. */
export const POOL = 16;

export function redisOf({ address, counts }: Setting): Redis {
  const client = new Redis(address, { enableAutoPipelining: false });
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command, stream) => {
    counts.trips += 1;
    return send(command, stream);
  };
  return client;
}

/** A statement outside of BEGIN and COMMIT is a transaction, and is counted as a commit. */
export function poolOf({ address, counts }: Setting): pg.Pool {
  const pool = new pg.Pool({ connectionString: address, max: POOL });
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    let isOpen = false;
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]): unknown => {
      counts.trips += 1;
      const word = firstWord(args[0]);
      if (word === "BEGIN" || word === "START") isOpen = true;
      else if (word === "COMMIT" || word === "ROLLBACK") isOpen = false;
      if (!isOpen) counts.commits += 1;
      return query(...args);
    };
    client.query = counting as typeof client.query;
  });
  return pool;
}

function firstWord(query: unknown): string | undefined {
  const text = typeof query === "string" ? query : (query as { readonly text?: string }).text;
  return text?.trim().split(/\s/, 1)[0]?.toUpperCase();
}

export function databaseOf({ address, counts }: Setting): Database.Database {
  const database = new Database(address);
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql.startsWith("COMMIT")) counts.commits += 1;
    return exec(sql);
  };
  return database;
}

export function committed(counts: Counts): void {
  counts.commits += 1;
}
