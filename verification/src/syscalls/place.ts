/** The files of one cell: a database that was set up by somebody else, a ledger, and the marks. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { sqliteGround } from "../chaos/sqlite-ground.ts";
import { ANSWERING, READY } from "./marks.ts";
import { openScratch } from "./scratch.ts";

export interface CellPlace {
  /** The folder that the database has for itself. */
  readonly data: string;
  readonly database: string;
  readonly ledger: string;
  readonly marks: string;
  readonly trace: string;
  leave(): void;
}

export interface Template {
  /** A fresh copy with all that belongs to it. */
  place(): CellPlace;
  leave(): void;
}

export async function openTemplate(): Promise<Template> {
  const { folder: root, leave } = openScratch("syscalls");
  const template = join(root, "template.db");
  const ground = await sqliteGround(template);
  await ground.close();
  const database = new Database(template);
  // Its log goes into the file and is gone: a copy of the one file is a copy of all.
  database.prepare("pragma wal_checkpoint(truncate)").all();
  database.close();
  let places = 0;
  return {
    place: () => placeIn(join(root, String(places++)), template),
    leave,
  };
}

function placeIn(folder: string, template: string): CellPlace {
  const [data, marks] = [join(folder, "data"), join(folder, "marks")];
  mkdirSync(data, { recursive: true });
  mkdirSync(marks);
  for (const mark of [READY, ANSWERING]) writeFileSync(join(marks, mark), "");
  const database = join(data, "oncekey.db");
  copyFileSync(template, database);
  return {
    data,
    database,
    ledger: join(folder, "ledger"),
    marks,
    trace: join(folder, "trace"),
    leave: () => rmSync(folder, { recursive: true, force: true }),
  };
}
