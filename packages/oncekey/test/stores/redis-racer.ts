/** One of two processes that claim the same keys at the same time: run by redis-race.test.ts. */
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { request } from "../../src/conformance/subject.ts";
import { redisStore } from "../../src/stores/redis.ts";

const [, , url = "", name = "", rounds = "0"] = process.argv;

const client = name === "ioredis" ? new Redis(url) : await createClient({ url }).connect();
const store = redisStore(client);
const gate = new Redis(url);
await store.setup();

const won: number[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const id = createHash("sha256").update(String(round)).digest("hex");
  await bothAt(round);
  const claim = await store.claim(request({ id, scope: id, fingerprint: id }));
  if (claim.outcome === "claimed") won.push(round);
}
process.send?.(won);
for (const one of [client, gate]) {
  if (one instanceof Redis) one.disconnect();
  else one.destroy();
}
process.disconnect();

/** Waits for the other one: a process that starts first would win every key alone. */
async function bothAt(round: number): Promise<void> {
  let there = await gate.incr(`gate:${round}`);
  while (there < 2) there = Number(await gate.get(`gate:${round}`));
}
