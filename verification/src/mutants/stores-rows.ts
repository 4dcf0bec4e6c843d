/** Mistakes in what a store's rows hold, where they lie, and what clears them away. */
import type { Mutant } from "./mutant.ts";

const KEEPS_EVERY_WORD = "a completion keeps the result, and every word of the claim";

export const STORES_ROWS: readonly Mutant[] = [
  {
    name: "memory: a completion loses what is compared",
    file: "stores/memory-table.ts",
    from: "const { id, scope, fingerprint, effects, label, attempt, claimedAt, retentionMs } = kept;",
    to: 'const { id, scope, effects, label, attempt, claimedAt, retentionMs } = kept;\n    const fingerprint = "";',
    killer: { tests: "oncekey/stores/memory", named: KEEPS_EVERY_WORD },
    bugs: [43],
  },
  {
    name: "SQLite: a completion writes another fingerprint",
    file: "stores/sql/sqlite-records.ts",
    from: "result = ?,\n        lease_ends_at = NULL",
    to: "result = ?, fingerprint = id,\n        lease_ends_at = NULL",
    killer: { tests: "oncekey/stores/sqlite", named: KEEPS_EVERY_WORD },
    bugs: [43],
  },
  {
    name: "Redis: a completion writes another fingerprint",
    file: "stores/redis-lua.ts",
    from: "retentionMs, effects, scope, fingerprint, now, expires, label}",
    to: "retentionMs, effects, scope, scope, now, expires, label}",
    killer: { tests: "oncekey/stores/redis", named: KEEPS_EVERY_WORD },
    bugs: [43],
  },
  {
    name: "Postgres: a completion writes another fingerprint",
    file: "stores/sql/postgres-statements.ts",
    from: "`state = 'completed', completed_at = now",
    to: "`state = 'completed', fingerprint = r.scope, completed_at = now",
    killer: { tests: "oncekey/stores/postgres", named: KEEPS_EVERY_WORD },
    bugs: [43],
  },
  {
    name: "Postgres: the column for the label is narrower than labels are",
    file: "stores/sql/postgres-schema.ts",
    from: "label text NOT NULL",
    to: "label varchar(128) NOT NULL",
    killer: { tests: "oncekey/stores/postgres", named: "a label comes back exactly" },
    bugs: [42],
  },
  {
    name: "Redis: what is read lies under another key than what is claimed",
    file: "stores/redis.ts",
    from: "keys === 1 ? [recordKey(prefix, id)]",
    to: 'keys === 1 ? [prefix + ":" + id]',
    killer: { tests: "oncekey/stores/redis", named: "the record says exactly what the claim said" },
    bugs: [44],
  },
  {
    name: "memory: a timer forgets what was completed",
    file: "stores/memory-table.ts",
    from: "queue.add(settled);",
    to: "queue.add(settled);\n    setTimeout(() => forget(settled), retentionMs).unref();",
    killer: { tests: "oncekey/adapters/web", named: "P-82: given thirty days" },
    bugs: [55],
  },
  {
    name: "Postgres: two tables share the note of what is set up",
    file: "stores/sql/postgres-schema.ts",
    from: 'derived(table, "_migrations")',
    to: '"oncekey_migrations"',
    killer: { tests: "oncekey/stores/postgres-schema", named: "two tables in one schema" },
    bugs: [59],
  },
  {
    name: "Postgres: two long names of tables are cut to one name of a sequence",
    file: "stores/sql/postgres-schema.ts",
    from: "NAME_MAX - mark.length - suffix.length) + mark + suffix",
    to: "NAME_MAX - suffix.length) + suffix",
    killer: { tests: "oncekey/stores/postgres-schema", named: "two tables in one schema" },
    bugs: [59],
  },
  {
    name: "SQLite: reaping clears one table, whatever the store's is called",
    file: "stores/sql/sqlite-records.ts",
    from: "const sql = statementsOf(table);",
    to: 'const sql = { ...statementsOf(table), reap: statementsOf("oncekey_records").reap };',
    killer: { tests: "oncekey/stores/sqlite-options", named: "other tables in one file" },
    bugs: [59],
  },
];
