/** The test servers themselves: private, on a free port, gone afterwards. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { startPostgres, startRedis } from "./servers.ts";

test("a private Postgres answers, and is gone after its stop", async () => {
  const server = await startPostgres();
  const client = new pg.Client(server.url);
  await client.connect();
  equal((await client.query("select 1 as one")).rows[0].one, 1);
  await client.end();
  await server.stop();
  equal(server.child.exitCode !== null || server.child.signalCode !== null, true);
});

test("a private Redis answers, and is gone after its stop", async () => {
  const server = await startRedis();
  await server.stop();
  equal(server.child.exitCode !== null || server.child.signalCode !== null, true);
});
