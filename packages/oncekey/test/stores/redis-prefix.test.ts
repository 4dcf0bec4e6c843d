/** Two stores in one Redis, told apart by their prefixes alone. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { Redis } from "ioredis";
import { duplicate, OTHER_RESULT, owned, RESULT, request } from "../../src/conformance/subject.ts";
import { redisNotifier, redisStore } from "../../src/stores/redis.ts";
import { redisForTests } from "../servers.ts";

const server = await redisForTests();
const client = new Redis(server.url);
const subscriber = new Redis(server.url);
after(async () => {
  client.disconnect();
  subscriber.disconnect();
  await server.stop();
});

test("two stores with prefixes of their own share nothing", async () => {
  const charges = redisStore(client, { prefix: "charges" });
  const refunds = redisStore(client, { prefix: "refunds" });
  const wanted = request();
  const charge = await owned(charges, wanted);
  const refund = await owned(refunds, duplicate(wanted));

  const { ready, changed } = redisNotifier(subscriber, { prefix: "refunds" }).watch(
    wanted.id,
    AbortSignal.timeout(20_000),
  );
  await ready;
  equal(await charges.complete(charge, RESULT), true);
  equal((await refunds.get(wanted.id))?.state, "in-flight", "the other one's record");
  equal(await refunds.complete(refund, OTHER_RESULT), true);
  await changed;

  for (const [store, token, result] of [
    [charges, charge.token, RESULT],
    [refunds, refund.token, OTHER_RESULT],
  ] as const) {
    const { records } = await store.list({ limit: 10 });
    equal(records.length, 1, "a list of its own");
    const [record] = records;
    ok(record?.state === "completed" && record.token === token);
    deepEqual(record.result, new Uint8Array(result));
  }
});
