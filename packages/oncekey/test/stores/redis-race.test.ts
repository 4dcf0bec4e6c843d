/** Two processes with a client of their own each, one Redis, and one winner for each key. */
import { deepEqual, ok } from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { startRedis } from "../servers.ts";

const ROUNDS = 200;

test("of two processes, one wins each of 200 keys", async () => {
  const server = await startRedis();
  const program = join(import.meta.dirname, "redis-racer.js");
  const racers = ["ioredis", "node-redis"].map((name) =>
    fork(program, [server.url, name, String(ROUNDS)]),
  );
  const wins = (await Promise.all(racers.map(told))) as number[][];
  await server.stop();
  ok(
    wins.every((won) => won.length > 0),
    "both processes were there",
  );
  deepEqual(
    wins.flat().sort((a, b) => a - b),
    Array.from({ length: ROUNDS }, (_, round) => round),
  );
});

/** The next message, or the reason why none will come. */
async function told(racer: ChildProcess): Promise<unknown> {
  const ended = once(racer, "exit").then(([code]) => {
    throw new Error(`a racer ended with ${code}`);
  });
  const [message] = await Promise.race([once(racer, "message"), ended]);
  return message;
}
