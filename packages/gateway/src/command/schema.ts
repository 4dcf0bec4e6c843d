/** What the library publishes of a store's schema, and how far a database has come with it. */
import { type Kind, lacksTables, type SqlDatabase } from "./database.ts";

export interface Schema {
  /** The statements of all migrations, in order, each without its semicolon. */
  readonly statements: readonly string[];
  /** How many migrations there are. */
  readonly version: number;
  /** Yields the last one that was applied, of a database that keeps count. */
  readonly lookup: string;
}

/** The note that each migration makes of itself. */
const NOTE = /^INSERT INTO (\S+) \(version\) VALUES \((\d+)\)$/;

/** `undefined`: this kind of store has no schema. */
export async function schemaOf(kind: Kind): Promise<Schema | undefined> {
  const published = await publishedBy(kind);
  if (published === undefined) return undefined;
  const statements = published.map((text) => text.trim().replace(/;$/, ""));
  const notes = statements.flatMap((text) => {
    const [, table = "", version = ""] = NOTE.exec(text) ?? [];
    return table === "" ? [] : [{ table, version: Number(version) }];
  });
  const last = notes.at(-1);
  if (last === undefined) throw new Error("No migration of this store makes a note of itself.");
  const lookup = `SELECT max(version) AS version FROM ${last.table}`;
  return { statements, version: last.version, lookup };
}

async function publishedBy(kind: Kind): Promise<readonly string[] | undefined> {
  switch (kind) {
    case "sqlite":
      return (await import("oncekey/sqlite")).sqliteSchema();
    case "postgres":
      return (await import("oncekey/postgres")).postgresSchema();
    case "redis":
    case "memory":
      return undefined;
  }
}

/** 0: nothing was ever applied. */
export async function versionIn(database: SqlDatabase, schema: Schema): Promise<number> {
  try {
    const [row] = await database.rows(schema.lookup);
    return Number(row?.version ?? 0);
  } catch (error) {
    if (lacksTables(error)) return 0;
    throw error;
  }
}
