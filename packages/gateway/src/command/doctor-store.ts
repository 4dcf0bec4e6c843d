/** What a store's database is set up to forget, or to refuse. No setting and no table is changed. */
import { accessSync, constants, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf, rootOf } from "../complaint.ts";
import type { Database, RedisDatabase, SqlDatabase } from "./database.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { schemaOf, versionIn } from "./schema.ts";

export async function examineStore(
  database: Database,
  address: string,
): Promise<readonly Finding[]> {
  const findings = [await clock(database)];
  switch (database.kind) {
    case "redis":
      findings.push(...(await examineRedis(database)));
      break;
    case "postgres":
      findings.push(...(await examinePostgres(database)), await tables(database));
      break;
    case "sqlite":
      findings.push(...(await examineSqlite(database, address.slice("sqlite:".length))));
      findings.push(await tables(database));
      break;
  }
  return findings;
}

async function clock({ now }: Database): Promise<Finding> {
  const before = Date.now();
  const there = await now();
  // As if the answer had been made half-way.
  const ahead = Math.round(there - (before + Date.now()) / 2);
  const by = `${Math.abs(ahead)} ms ${ahead < 0 ? "behind" : "ahead of"}`;
  return ok(
    "clock",
    `The store's clock is ${by} this machine's. No decision depends on it: the store's alone counts.`,
  );
}

async function tables(database: SqlDatabase): Promise<Finding> {
  const schema = await schemaOf(database.kind);
  const version = schema === undefined ? 0 : await versionIn(database, schema);
  const wanted = schema?.version ?? 0;
  if (version === wanted) return ok("tables", `The tables are of version ${version}.`);
  const mend = "Run `oncekey migrate --apply`, or the SQL of `oncekey migrate --print`.";
  if (version === 0) return problem("tables", "There is no table for records.", mend);
  if (version < wanted) {
    return problem("tables", `The tables are of version ${version}, not of ${wanted}.`, mend);
  }
  return warning(
    "tables",
    `The tables are of version ${version}, and this release knows ${wanted}.`,
    "Install the newer release here as well.",
  );
}

async function examineRedis(redis: RedisDatabase): Promise<readonly Finding[]> {
  const findings = [await probe(redis)].flat();
  const isLogged = (await setting(redis, "appendonly")) === "yes";
  const fsync = isLogged ? await setting(redis, "appendfsync") : undefined;
  if (fsync === "always") findings.push(ok("appendfsync", "Each write is on the disk first."));
  else if (fsync !== undefined) {
    const lost = fsync === "no" ? "the last half minute" : "the last second";
    findings.push(
      warning(
        "appendfsync",
        `appendfsync is ${fsync}: a loss of power may take back ${lost}, and retries run again.`,
        "Set appendfsync always if that costs less than a second run.",
      ),
    );
  }
  findings.push(await replicasOf(redis));
  return findings;
}

async function replicasOf(redis: RedisDatabase): Promise<Finding> {
  const info = await redis.ask("info", "replication").catch(() => "");
  const replicas = /^connected_slaves:(\d+)/m.exec(info)?.[1];
  if (replicas === undefined) {
    return warning("replicas", "INFO is refused, so it is not known whether replicas follow.");
  }
  if (replicas === "0") return ok("replicas", "No replica follows: no failover can lose.");
  return warning(
    "replicas",
    `${replicas} follow, and Redis answers first: a failover may lose the last records.`,
    'In a program of your own, `durability: "replicated"` waits for them.',
  );
}

/** The library's own look: it writes a record that ends by itself, and takes it back. */
async function probe(redis: RedisDatabase): Promise<Finding | readonly Finding[]> {
  try {
    const sentences = await redis.setup();
    if (sentences.length === 0) return ok("settings", "Redis keeps what it acknowledges.");
    return sentences.map((sentence) => {
      // "Fact. Mend.": each of the library's sentences about a setting ends with what to set.
      const [, says = sentence, mend] = /^(.*\.) (Set .*\.)$/.exec(sentence) ?? [];
      return mend === undefined
        ? warning("settings", says, "Compare the settings with your provider's.")
        : problem("settings", says, mend);
    });
  } catch (error) {
    return problem(
      "settings",
      `Redis does not take a record: ${reasonOf(rootOf(error))}.`,
      "Give the address of the primary, and an account that may read and write.",
    );
  }
}

/** Managed servers hide CONFIG: what cannot be read is not judged, and `probe` has said so. */
async function setting(redis: RedisDatabase, name: string): Promise<string | undefined> {
  try {
    return (await redis.ask("config", "get", name)).split(",")[1];
  } catch {
    return undefined;
  }
}

/** The library's least. */
const POSTGRES_MIN = 12;

async function examinePostgres({ rows }: SqlDatabase): Promise<readonly Finding[]> {
  const [row = {}] = await rows(
    "SELECT current_setting('server_version_num')::int / 10000 AS version, " +
      "current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync, " +
      "current_setting('full_page_writes') AS pages, pg_is_in_recovery() AS standby, " +
      "current_setting('default_transaction_read_only') AS readonly",
  );
  const version = Number(row.version);
  return [
    version >= POSTGRES_MIN
      ? ok("version", `Postgres ${version}.`)
      : problem("version", `Postgres ${version} is too old.`, `Use ${POSTGRES_MIN} or newer.`),
    row.standby === true || row.readonly === "on"
      ? problem("writable", "This server takes no writes.", "Give the address of the primary.")
      : ok("writable", "This server takes writes."),
    row.commit === "off"
      ? problem(
          "synchronous_commit",
          "synchronous_commit is off: a crash takes back acknowledged records, and retries run again.",
          "Set synchronous_commit = on for this account or database.",
        )
      : ok("synchronous_commit", `synchronous_commit is ${String(row.commit)}.`),
    row.fsync === "off" || row.pages === "off"
      ? problem(
          "fsync",
          "fsync or full_page_writes is off: a loss of power may take everything.",
          "Set fsync = on and full_page_writes = on.",
        )
      : ok("fsync", "fsync and full_page_writes are on."),
  ];
}

/** What statfs(2) calls file systems that live on another machine: NFS, SMB, SMB2, CIFS. */
const REMOTE = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42]);

async function examineSqlite({ rows }: SqlDatabase, file: string): Promise<readonly Finding[]> {
  const [row = {}] = await rows("PRAGMA journal_mode");
  const folder = dirname(file);
  return [
    row.journal_mode === "wal"
      ? ok("journal", "The journal is a write-ahead log.")
      : warning(
          "journal",
          `The journal mode is ${String(row.journal_mode)}: readers wait for writers.`,
          "Run `oncekey migrate --apply`, which turns it to wal.",
        ),
    ok("synchronous", "FULL on each of the store's connections, unless a program asks for less."),
    mayWrite(file) && mayWrite(folder)
      ? ok("writable", "The file and its folder may be written.")
      : problem(
          "writable",
          "The file or its folder may not be written by this account.",
          "Give the account write access to both: the log lies beside the file.",
        ),
    REMOTE.has(statfsSync(folder).type)
      ? problem(
          "disk",
          "The file is on another machine, and SQLite's log does not work over a network.",
          "Move it to a local disk, or use Postgres or Redis.",
        )
      : ok("disk", "The file is on a disk of this machine."),
  ];
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
