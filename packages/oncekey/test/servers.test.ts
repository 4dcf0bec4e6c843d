/** The test servers themselves: private, on a free port, gone afterwards. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { Redis } from "ioredis";
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

test("a Postgres that was killed comes back on its port with what it had committed", async () => {
  const server = await startPostgres();
  const ask = async (statement: string) => {
    const client = new pg.Client(server.url);
    await client.connect();
    const { rows } = await client.query(statement);
    await client.end();
    return rows;
  };
  await ask("create table kept as select 7 as number");
  await rejects(server.restart(), /still runs/);
  for (let life = 1; life <= 3; life++) {
    await server.crash();
    await rejects(ask("select 1"), /ECONNREFUSED/);
    await server.restart();
    deepEqual(await ask("select number from kept"), [{ number: 7 }]);
  }
  await server.stop();
  equal(existsSync(server.directory), false);
});

test("a Redis that was killed comes back on its port with what it had acknowledged", async () => {
  const server = await startRedis(["--appendfsync", "always"]);
  const client = new Redis(server.url);
  client.on("error", () => {});
  await client.set("kept", "7");
  const { child } = server;
  // Also where somebody else was faster.
  child.kill("SIGKILL");
  await server.crash();
  equal(child.signalCode, "SIGKILL");
  await server.restart();
  equal(await client.get("kept"), "7");
  deepEqual(await client.config("GET", "appendfsync"), ["appendfsync", "always"]);
  client.disconnect();
  await server.stop();
});
