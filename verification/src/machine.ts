/** The machine and the versions that a run stands on, asked of those who know them. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import type { Machine } from "./report.ts";

export function thisMachine(): Machine {
  const [processor] = cpus();
  return {
    processor: processor?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    versions: [
      `${type()} ${release().split("-", 1)[0]}`,
      `Node ${process.versions.node}`,
      `SQLite ${sqliteVersion()} (libsql)`,
      `Redis ${versionSaidBy("redis-server")}`,
      `Postgres ${versionSaidBy(postgres())}`,
    ],
  };
}

function sqliteVersion(): string {
  const database = new Database(":memory:");
  const row = database.prepare("select sqlite_version() as version").get();
  database.close();
  return (row as { readonly version: string }).version;
}

/** Debian keeps the server out of the PATH, in a folder of its major version. */
function postgres(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const programs = versions.map((version) => join(root, version, "bin/postgres"));
  return programs.find(existsSync) ?? "postgres";
}

function versionSaidBy(program: string): string {
  const said = execFileSync(program, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? "of an unknown version";
}
