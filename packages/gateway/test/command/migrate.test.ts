/** `oncekey migrate`: what is printed makes what is applied, and a second time does nothing. */
import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import Database from "libsql";
import pg from "pg";
import { command, places } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-migrate-"));
after(() => rmSync(folder, { recursive: true }));

const everywhere = await places();
after(() => Promise.all(everywhere.map((place) => place.remove())));

/** What any tool for migrations would do with the text. */
async function feed(kind: string, address: string, sql: string): Promise<void> {
  if (kind === "sqlite") {
    const client = new Database(address.slice("sqlite:".length));
    client.exec(sql);
    client.close();
    return;
  }
  const client = new pg.Client(address);
  await client.connect();
  await client.query(sql);
  await client.end();
}

for (const { kind, address } of everywhere.filter((place) => place.kind !== "redis")) {
  const migrate = (flag: string) => command(["migrate", flag, "--store", address]);

  describe(`over ${kind}`, () => {
    test("--apply says what it did, and then that there is nothing left to do", async () => {
      deepEqual(await migrate("--apply"), {
        ...{ code: 0, stderr: "" },
        stdout: "Applied migration 1: the tables are of version 1.\n",
      });
      deepEqual(await migrate("--apply"), {
        ...{ code: 0, stderr: "" },
        stdout: "Nothing to do: the tables are of version 1 already.\n",
      });
      const listed = await command(["keys", "list", "--store", address]);
      deepEqual(listed, { code: 0, stdout: "", stderr: "No record is so.\n" });
    });

    test("--print gives SQL that leaves nothing to apply", async () => {
      const { code, stdout, stderr } = await migrate("--print");
      deepEqual({ code, stderr }, { code: 0, stderr: "" });
      const fresh = await freshFor(kind, address);
      await feed(kind, fresh, stdout);
      const again = await command(["migrate", "--apply", "--store", fresh]);
      match(again.stdout, /^Nothing to do/);
      equal((await command(["keys", "list", "--store", fresh])).code, 0);
    });
  });
}

/** Another database, without tables. */
async function freshFor(kind: string, address: string): Promise<string> {
  if (kind === "sqlite") return `sqlite:${join(folder, "fresh.db")}`;
  await feed(kind, address, "CREATE DATABASE fresh");
  return address.replace(/\/postgres$/, "/fresh");
}

test("without tables there is nothing to look at, and a line says what makes them", async () => {
  const postgres = everywhere.find(({ kind }) => kind === "postgres")?.address ?? "";
  await feed("postgres", postgres, "CREATE DATABASE bare");
  const bare = postgres.replace(/\/postgres$/, "/bare");
  const { code, stdout, stderr } = await command(["keys", "list", "--store", bare]);
  deepEqual({ code, stdout }, { code: 1, stdout: "" });
  match(
    stderr,
    /^oncekey: There are no records in this database[^\n]*oncekey migrate --apply[^\n]*\n$/,
  );
});

test("Redis and memory have no tables, and nothing is printed that could be fed to a database", async () => {
  for (const store of ["redis://127.0.0.1:1", "memory:"]) {
    const apply = await command(["migrate", "--apply", "--store", store]);
    equal(apply.code, 0);
    match(apply.stdout, /^Nothing to do: (?:Redis|memory) has no tables\.\n$/);
    const print = await command(["migrate", "--print", "--store", store]);
    deepEqual({ code: print.code, stdout: print.stdout }, { code: 0, stdout: "" });
  }
});
