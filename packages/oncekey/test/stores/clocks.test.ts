/** Whose clock decides, where the database is another process: never the application's. */
import { equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { atSkewedDate } from "../../src/conformance/adapter/clocks.ts";
import { claimed, duplicate, present, RESULT, request } from "../../src/conformance/subject.ts";
import type { Store } from "../../src/core/store.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { postgresForTests, redisForTests } from "../servers.ts";

const HOUR_MS = 3_600_000;
/** Far longer than the test lasts, and far shorter than the application's clock is wrong. */
const LEASE_MS = HOUR_MS / 4;

const [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
const pool = new Pool({ connectionString: postgres.url });
// A pool that has ended may not have left yet when its server stops.
pool.on("error", () => {});
const client = new Redis(redis.url);
after(async () => {
  client.disconnect();
  await pool.end();
  await Promise.all([postgres.stop(), redis.stop()]);
});

const overPostgres = postgresStore(pool, { table: "clocks" });
await overPostgres.setup();
const stores: Readonly<Record<string, Store>> = {
  Postgres: overPostgres,
  Redis: redisStore(client, { prefix: "clocks" }),
};

const isNow = (instant: number, now: number): boolean => Math.abs(instant - now) < LEASE_MS;

for (const [name, store] of Object.entries(stores)) {
  for (const [ms, wrong] of [
    [HOUR_MS, "fast"],
    [-HOUR_MS, "slow"],
  ] as const) {
    test(`${name} decides by its own clock, though the application's is an hour ${wrong}`, async () => {
      const now = Date.now();
      const wanted = () =>
        request({ effects: "repeatable", leaseMs: LEASE_MS, retentionMs: LEASE_MS });
      const before = wanted();
      const earlier = await claimed(store, before);
      await atSkewedDate(ms, async () => {
        const claim = await claimed(store, wanted());
        ok(isNow(claim.claimedAt, now), "a claim has the store's time");
        equal(
          (await store.claim(duplicate(before))).outcome,
          "taken",
          "a lease that has not ended",
        );
        equal(await store.renew(earlier.lease, LEASE_MS), true, "the renewal");
        const renewed = await present(store, before.id);
        ok(renewed.state !== "completed" && isNow(renewed.leaseEndsAt - LEASE_MS, now));
        equal(await store.complete(earlier.lease, RESULT), true, "the completion");
        const kept = await present(store, before.id);
        ok(kept.state === "completed" && isNow(kept.completedAt, now));
        equal(kept.expiresAt - kept.completedAt, LEASE_MS, "the retention");
      });
      equal((await present(store, before.id)).state, "completed", "by both clocks alike");
    });
  }
}
