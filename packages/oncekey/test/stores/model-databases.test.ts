/** The same random histories over every database, on clocks that nobody can turn. */
import { after, describe } from "node:test";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { wait } from "../register.ts";
import { postgresForTests, redisForTests } from "../servers.ts";
import { modelRuns } from "./model.ts";
import { anyClient, fileFor } from "./sqlite-clients.ts";

/** A history waits a second or so: few of them, and short. */
const FEW = { runs: 8, commandsMax: 20 };

const file = fileFor(anyClient());
const redis = await redisForTests();
const client = new Redis(redis.url);
const postgres = await postgresForTests();
const pool = new Pool({ connectionString: postgres.url });

after(async () => {
  client.disconnect();
  await pool.end();
  await Promise.all([redis.stop(), postgres.stop()]);
  file.remove();
});

const overSqlite = sqliteStore(file.open());
const overRedis = redisStore(client, { prefix: "model" });
const overPostgres = postgresStore(pool, { table: "model" });
await Promise.all([overSqlite.setup(), overRedis.setup(), overPostgres.setup()]);

describe("on a clock of its own", { concurrency: 3 }, () => {
  modelRuns("sqlite", () => ({ store: overSqlite, pass: wait }), FEW);
  modelRuns("redis", () => ({ store: overRedis, pass: wait }), FEW);
  modelRuns("postgres", () => ({ store: overPostgres, pass: wait }), FEW);
});
