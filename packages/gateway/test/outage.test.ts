/** A store that stands still while the gateway runs: nothing is sent, and it works again by itself. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startRedis } from "local-servers";
import { gatewayProcess, send } from "./gateways.ts";
import { creates, rawUpstream } from "./raw-upstream.ts";

test("P-105: while its Redis stands still a key is refused and nothing is sent, and then it goes on", async (context) => {
  const upstream = await rawUpstream(creates);
  const redis = await startRedis();
  const gateway = await gatewayProcess([
    ...["--upstream", upstream.url, "--store", redis.url, "--scope", "global"],
    ...["--health", "/-/health", "--store-timeout", "1s"],
  ]);
  context.after(async () => {
    redis.child.kill("SIGCONT");
    await gateway.end("SIGKILL");
    await redis.stop();
    await upstream.close();
  });
  const ready = async () => (await fetch(`${gateway.url}/-/health/ready`)).status;
  const keyed = (key: string) => send(gateway, { headers: { "idempotency-key": key } });
  deepEqual([(await keyed("before")).status, await ready()], [201, 200]);

  redis.child.kill("SIGSTOP");
  const refused = await keyed("meanwhile");
  deepEqual([refused.status, refused.code], [503, "idempotency_store_unavailable"]);
  equal(refused.headers.get("retry-after"), "5");
  equal(await ready(), 503);
  equal((await fetch(`${gateway.url}/bare`)).status, 201);
  equal(upstream.hits.length, 2);

  redis.child.kill("SIGCONT");
  let again = await keyed("meanwhile");
  // What was asked for while it stood still is let go first.
  for (let tries = 0; again.status !== 201 && tries < 100; tries++) {
    await pause(100);
    again = await keyed("meanwhile");
  }
  deepEqual([again.status, again.isReplay], [201, false]);
  equal((await keyed("before")).isReplay, true);
  equal(upstream.hits.length, 3);
});
