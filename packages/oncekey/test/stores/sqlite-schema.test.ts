/** The published statements are what `setup()` runs, for whoever keeps migrations elsewhere. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import Database from "libsql";
import { sqliteSchema, sqliteStore } from "../../src/stores/sqlite.ts";

type Client = InstanceType<typeof Database>;

/** libsql adds to a row how long it took. */
const changesOf = (db: Client) =>
  Number((db.prepare("SELECT total_changes() AS changes").get() as { changes: number }).changes);

const schemaIn = (db: Client) =>
  db.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").all();

test("the statements of sqliteSchema() make what setup() makes, and setup() then rests", async () => {
  for (const options of [{}, { table: "mine" }]) {
    const made = new Database(":memory:");
    await sqliteStore(made, options).setup();
    const published = new Database(":memory:");
    for (const statement of sqliteSchema(options)) published.exec(statement);
    const before = changesOf(published);
    await sqliteStore(published, options).setup();
    equal(changesOf(published), before);
    deepEqual(schemaIn(published), schemaIn(made));
  }
});

test("a name that SQL would read as something else is refused", () => {
  for (const table of ['a"b', "sqlite_records", ""]) {
    throws(() => sqliteSchema({ table }), /TypeError: Expected `table`/);
  }
});
