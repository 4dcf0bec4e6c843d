/** Two Postgres servers, of which one follows the other through a relay. */
import { once } from "node:events";
import { startPostgres, startStandby } from "local-servers";
import { postgresStore } from "oncekey/postgres";
import pg from "pg";
import { postgresGround } from "../chaos/postgres-ground.ts";
import { guarded } from "./children.ts";
import { PATIENCE_MS, type Pair } from "./pair.ts";
import { recordsOf } from "./records.ts";
import { startRelay } from "./relay.ts";
import { until } from "./until.ts";

/** Shared memory lies in files of the data folder, so that one who is killed leaves none behind. */
const SETTINGS = ["dynamic_shared_memory_type=mmap", "wal_retrieve_retry_interval=100ms"];
const SYNCHRONOUS = ["synchronous_standby_names=standby", "synchronous_commit=on"];

export async function postgresPair(isSynchronous: boolean): Promise<Pair> {
  const primary = guarded(
    await startPostgres([...SETTINGS, ...(isSynchronous ? SYNCHRONOUS : [])]),
  );
  const [link, door] = await Promise.all([startRelay(primary.port), startRelay(primary.port)]);
  const standby = guarded(await startStandby(link.port, SETTINGS));
  // The harness's own reading and cancelling must not wait for the standby.
  const [here, there] = [poolOf(primary.url), poolOf(standby.url)];
  const closing = [() => there.end()];

  const caughtUp = () =>
    until("the standby has everything", PATIENCE_MS, async () => {
      const lsn = await scalarOf(here, "select pg_current_wal_flush_lsn()");
      const text = `select coalesce(pg_last_wal_replay_lsn() >= '${lsn}', false)`;
      return (await scalarOf(there, text)) === true && (await isFollowed());
    });
  const isFollowed = async () =>
    (await scalarOf(
      here,
      "select count(*)::int from pg_stat_replication where state = 'streaming'",
    )) === 1;
  const waits = async () =>
    (
      await here.query<{ pid: number }>(
        "select pid from pg_stat_activity where wait_event = 'SyncRep'",
      )
    ).rows;
  await until("the standby follows", PATIENCE_MS, isFollowed);
  // Its tables are there, and on the standby, before anything is cut.
  await (await postgresGround(primary.url)).close();
  await caughtUp();

  return {
    address: `postgres://postgres@127.0.0.1:${door.port}/postgres`,
    link,
    door,
    caughtUp,
    async isWritten(rounds) {
      // A commit that waits for the standby is on the primary's disk, and seen by nobody.
      if (isSynchronous) return (await waits()).length > 0;
      const records = await recordsOf(postgresStore(here));
      return [...rounds].every((round) => records.get(round)?.state === "completed");
    },
    async cancelWaits() {
      for (const { pid } of await waits()) await here.query("select pg_cancel_backend($1)", [pid]);
    },
    async kill() {
      primary.child.kill("SIGKILL");
      if (primary.child.signalCode === null) await once(primary.child, "exit");
      await here.end();
    },
    async promote() {
      await there.query(`select pg_promote(true, ${PATIENCE_MS / 1_000})`);
      await until(
        "it is a primary",
        PATIENCE_MS,
        async () => (await scalarOf(there, "select pg_is_in_recovery()")) === false,
      );
      const ground = await postgresGround(standby.url);
      closing.push(() => ground.close());
      return { records: ground.store, legs: (round) => ground.legs(round) };
    },
    rejoin: undefined,
    open: () => door.route(standby.port),
    async stop() {
      for (const close of closing) await close();
      if (!here.ended) await here.end();
      await Promise.all([link.stop(), door.stop()]);
      await Promise.all([primary.stop(), standby.stop()]);
    },
  };
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  return pool;
}

async function scalarOf(pool: pg.Pool, text: string): Promise<unknown> {
  const { rows } = await pool.query({ text, rowMode: "array" });
  return (rows as unknown[][])[0]?.[0];
}
