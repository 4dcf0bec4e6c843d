/** The tables of the SQLite store, as numbered migrations. A migration never changes once out. */
import { type Connection, unavailable } from "./sqlite-client.ts";

/** The names of the tables that belong to one store, quoted: a name may be a word of SQL. */
export interface Tables {
  readonly records: string;
  readonly unsettled: string;
  readonly tokens: string;
  readonly migrations: string;
}

export function tablesOf(table: string): Tables {
  return {
    records: `"${table}"`,
    unsettled: `"${table}_unsettled"`,
    tokens: `"${table}_tokens"`,
    migrations: `"${table}_migrations"`,
  };
}

/**
 * 1. The token is the row's address: a fenced write finds its row without an index, and a page is
 *    a range of tokens. Rows lie in the table proper (no WITHOUT ROWID), because there a result of
 *    a megabyte stands beside the tree and not in it. The result is the last column, so that
 *    nothing else has to be read past it. Two indexes are partial, and hold only what they are
 *    asked for: what is not completed, and what can expire (a record in doubt cannot). The count
 *    of tokens has a table of its own: it outlives every record.
 */
function migrationsOf(table: string): readonly string[] {
  const { records, unsettled, tokens } = tablesOf(table);
  return [
    `CREATE TABLE ${records} (
       token INTEGER PRIMARY KEY,
       id TEXT NOT NULL UNIQUE,
       scope TEXT NOT NULL,
       fingerprint TEXT NOT NULL,
       effects TEXT NOT NULL,
       label TEXT NOT NULL,
       nonce TEXT NOT NULL,
       attempt INTEGER NOT NULL,
       claimed_at INTEGER NOT NULL,
       retention_ms INTEGER NOT NULL,
       lease_ends_at INTEGER,
       completed_at INTEGER,
       expires_at INTEGER,
       result BLOB
     ) STRICT;
     CREATE INDEX "${table}_scope" ON ${records} (scope);
     CREATE INDEX "${table}_expires" ON ${records} (expires_at) WHERE expires_at IS NOT NULL;
     CREATE INDEX ${unsettled} ON ${records} (token) WHERE completed_at IS NULL;
     CREATE TABLE ${tokens} (
       only INTEGER PRIMARY KEY CHECK (only = 1),
       token INTEGER NOT NULL
     ) STRICT;
     INSERT INTO ${tokens} (only, token) VALUES (1, 0);`,
  ];
}

/** All of it, in order, with the note of what was done: `setup` then finds nothing left to do. */
export function schemaStatements(table: string): readonly string[] {
  return [
    createMigrations(table),
    ...migrationsOf(table).flatMap((sql, index) => [
      sql,
      `INSERT INTO ${tablesOf(table).migrations} (version) VALUES (${index + 1});`,
    ]),
  ];
}

const createMigrations = (table: string): string =>
  `CREATE TABLE IF NOT EXISTS ${tablesOf(table).migrations} (version INTEGER PRIMARY KEY) STRICT;`;

/** Readers that do not wait for the writer need WAL. It stays with the file. May meet a lock. */
export function switchToWal(connection: Connection): void {
  if (journalOf(connection) !== "wal") connection.exec("PRAGMA journal_mode = WAL");
  const journal = journalOf(connection);
  // A database in memory has no file to keep a log beside. It is for tests.
  if (journal === "wal" || journal === "memory") return;
  throw unavailable(new Error(`Expected the database to turn to WAL, and it stays ${journal}.`));
}

function journalOf(connection: Connection): unknown {
  return connection.rows("PRAGMA journal_mode")[0]?.journal_mode;
}

/** Whether nothing is left to do, so that a start-up need not take the write lock. */
export function isMigrated(connection: Connection, table: string): boolean {
  const known = connection.rows(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
    `${table}_migrations`,
  );
  return known.length > 0 && versionOf(connection, table) >= migrationsOf(table).length;
}

/** Applies what is missing, and says so. Under the write lock, so nobody else can be at it. */
export function migrate(connection: Connection, table: string): boolean {
  const { migrations } = tablesOf(table);
  connection.exec(createMigrations(table));
  const done = versionOf(connection, table);
  for (const [index, sql] of migrationsOf(table).entries()) {
    if (index < done) continue;
    connection.exec(sql);
    connection.change(`INSERT INTO ${migrations} (version) VALUES (?)`, index + 1);
  }
  return true;
}

function versionOf(connection: Connection, table: string): number {
  const { migrations } = tablesOf(table);
  const [row] = connection.rows(`SELECT max(version) AS version FROM ${migrations}`);
  return Number(row?.version ?? 0);
}
