/**
 * The table in which Postgres keeps records, as numbered migrations.
 *
 * A row is the record, and what is no record any more until the reaper takes it: a released row
 * stays for a minute, so that its token is there for the next owner's to exceed. Instants are
 * milliseconds of the server's clock, as integers, because they must be compared exactly.
 */
import type { SqlClient } from "./client.ts";

/** Quoted, and with the schema where there is one: what stands in statements. */
export interface TableNames {
  readonly table: string;
  readonly sequence: string;
  readonly migrations: string;
  /** Notifications are the whole database's: the same table in two schemas shares a channel. */
  readonly channel: string;
}

/** Both names are plain identifiers already: `postgresStore` has checked them. */
export function tableNames(table: string, schema: string | undefined): TableNames {
  const within = schema === undefined ? "" : `"${schema}".`;
  return {
    table: `${within}"${table}"`,
    sequence: `${within}"${derived(table, "_token")}"`,
    migrations: `${within}"${derived(table, "_migrations")}"`,
    channel: table,
  };
}

/** Postgres cuts longer names off, and two tables could then share what must be each one's own. */
const NAME_MAX = 63;

/** The name of something that belongs to the table: cut where needed, and then told apart. */
function derived(table: string, suffix: string): string {
  if (table.length + suffix.length <= NAME_MAX) return table + suffix;
  const mark = `_${sumOf(table)}`;
  return table.slice(0, NAME_MAX - mark.length - suffix.length) + mark + suffix;
}

/**
 * The name to prepare a statement under: the same text, the same name. Behind a pooler that shares
 * connections, a statement is then found there prepared, by whomever, as the one that was meant.
 */
export function nameOf(text: string): string {
  return `oncekey_${sumOf(text)}`;
}

/** FNV-1a, forwards and backwards: 64 bits, to tell a handful of our own texts apart. */
function sumOf(text: string): string {
  const sum = (characters: readonly string[]): string => {
    let hash = 0x811c9dc5;
    for (const character of characters) {
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
    }
    return hash.toString(36);
  };
  const characters = [...text];
  return `${sum(characters)}${sum(characters.reverse())}`;
}

/** Each migration is a list of statements, for clients that send only one at a time. */
const MIGRATIONS: readonly ((names: TableNames) => readonly string[])[] = [
  ({ table, sequence }) => [
    `CREATE SEQUENCE ${sequence}`,
    `CREATE TABLE ${table} (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  scope bytea NOT NULL CHECK (octet_length(scope) = 32),
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  nonce bytea NOT NULL,
  token bigint NOT NULL CHECK (token > 0),
  attempt integer NOT NULL CHECK (attempt > 0),
  effects text NOT NULL CHECK (effects IN ('unrepeatable', 'repeatable', 'transactional')),
  state text NOT NULL CHECK (state IN ('unsettled', 'completed', 'released')),
  awaited boolean NOT NULL DEFAULT false,
  claimed_at bigint NOT NULL,
  lease_ends_at bigint NOT NULL,
  retention_ms bigint NOT NULL,
  completed_at bigint,
  expires_at bigint,
  label text NOT NULL,
  result bytea,
  CHECK ((state = 'completed') = (completed_at IS NOT NULL AND result IS NOT NULL)),
  CHECK (expires_at IS NOT NULL OR (state = 'unsettled' AND effects = 'unrepeatable'))
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
    `ALTER SEQUENCE ${sequence} OWNED BY ${table}.token`,
    // Results may be sealed, and are often compressed: trying again would only cost time.
    `ALTER TABLE ${table} ALTER COLUMN result SET STORAGE EXTERNAL`,
    // For reaping, for listing, and for finding the few in doubt among millions that are not.
    `CREATE INDEX ON ${table} (expires_at) WHERE expires_at IS NOT NULL`,
    `CREATE INDEX ON ${table} (token)`,
    `CREATE INDEX ON ${table} (token) WHERE state = 'unsettled'`,
  ],
];

/** All of it, in order, with the note of what was done: `setup` then finds nothing left to do. */
export function schemaStatements(names: TableNames): readonly string[] {
  return [
    createMigrations(names),
    ...MIGRATIONS.flatMap((_, index) => migration(names, index + 1)),
  ];
}

/** Brings the table up to date. Any number of processes may call it at once. */
export async function migrate(
  client: SqlClient<unknown>,
  names: TableNames,
  schema: string | undefined,
): Promise<void> {
  await client.transaction(async (_, query) => {
    // "If not exists" is no protection: two that create at once both find nothing, and one fails.
    await query({ text: `SELECT pg_advisory_xact_lock(${SETUP_LOCK})::text` }, []);
    if (schema !== undefined) {
      // Only if it is missing: the right to create one is asked for even when there is one.
      const [found] = await query(
        { text: `SELECT to_regnamespace('"${schema}"')::text AS name` },
        [],
      );
      if (typeof found?.name !== "string") await query({ text: `CREATE SCHEMA "${schema}"` }, []);
    }
    await query({ text: createMigrations(names) }, []);
    const rows = await query(
      { text: `SELECT max(version)::int AS version FROM ${names.migrations}` },
      [],
    );
    const done = Number(rows[0]?.version ?? 0);
    for (let version = done + 1; version <= MIGRATIONS.length; version++) {
      for (const statement of migration(names, version)) await query({ text: statement }, []);
    }
  });
}

/** Any number will do that nothing else in the database uses: "oncekey" as digits of a phone. */
const SETUP_LOCK = 6_623_539;

function createMigrations({ migrations }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${migrations} (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;
}

function migration(names: TableNames, version: number): readonly string[] {
  const statements = MIGRATIONS[version - 1]?.(names) ?? [];
  return [...statements, `INSERT INTO ${names.migrations} (version) VALUES (${version})`];
}
