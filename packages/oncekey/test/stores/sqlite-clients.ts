/**
 * The SQLite clients that this version of Node can load, and files for them.
 *
 * better-sqlite3 is compiled for one version of Node, the main one; node:sqlite came with 22.13;
 * libsql brings its own binary. `sqlite.test.ts` holds each version to the list it must have.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SqliteClient } from "../../src/stores/sqlite.ts";

export interface TestDatabase extends SqliteClient {
  close(): unknown;
}

export interface TestClient {
  readonly name: "better-sqlite3" | "node:sqlite" | "libsql";
  open(file: string, options?: object): TestDatabase;
}

type DatabaseClass = new (file: string, options?: object) => TestDatabase;

async function load(
  name: TestClient["name"],
  classIn: (module: Readonly<Record<string, unknown>>) => unknown,
): Promise<TestClient | undefined> {
  try {
    const Database = classIn(await import(name)) as DatabaseClass;
    // The binary of better-sqlite3 is loaded with its first database only.
    new Database(":memory:").close();
    return { name, open: (file, options = {}) => new Database(file, options) };
  } catch (error) {
    // Whether it had to load is for the test of the list to say, which must then show why.
    failures.set(name, error);
    return undefined;
  }
}

/** Why a client did not load. */
export const failures: Map<string, unknown> = new Map();

export const clients: readonly TestClient[] = (
  await Promise.all([
    load("better-sqlite3", (module) => module.default),
    load("node:sqlite", (module) => module.DatabaseSync),
    load("libsql", (module) => module.default),
  ])
).filter((client) => client !== undefined);

/** For tests of what no client has a part in. */
export function anyClient(): TestClient {
  const [client] = clients;
  if (client === undefined) throw new Error("Expected at least one SQLite client to load.");
  return client;
}

export interface TestFile {
  readonly file: string;
  open(options?: object): TestDatabase;
  /** Closes what was opened, and removes the file. */
  remove(): void;
}

export function fileFor(client: TestClient): TestFile {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-sqlite-"));
  const file = join(directory, "records.db");
  const opened: TestDatabase[] = [];
  return {
    file,
    open(options) {
      const database = client.open(file, options);
      opened.push(database);
      return database;
    },
    remove() {
      for (const database of opened) closeOnce(database);
      rmSync(directory, { recursive: true });
    },
  };
}

/** node:sqlite throws when it is closed a second time. */
function closeOnce(database: TestDatabase): void {
  try {
    database.close();
  } catch {}
}

/** A client that notes what it is asked, and passes it on. */
export function observed<Client extends SqliteClient>(
  client: Client,
): { client: SqliteClient; executed: string[]; prepared: string[] } {
  const executed: string[] = [];
  const prepared: string[] = [];
  return {
    executed,
    prepared,
    client: {
      exec(sql) {
        executed.push(sql);
        return client.exec(sql);
      },
      prepare(sql) {
        prepared.push(sql);
        return client.prepare(sql);
      },
    },
  };
}
