/** What fills a store by the million writes what the store itself would have written. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { callAll, leaseOf, pairs, requestOf } from "../src/callers.ts";
import { openGround, RESULT_BYTES } from "../src/grounds/ground.ts";

const SIZE = 1_000;
const SAMPLE = 10;

for (const kind of ["sqlite", "postgres", "redis"] as const) {
  test(`${kind}: records that were filled in are completed ones, and new ones come beside them`, async (context) => {
    const ground = await openGround(kind);
    context.after(() => ground.stop());
    const { store, sample, bytes } = await ground.fill(SIZE);
    const ids = await sample(SAMPLE);
    equal(new Set(ids).size, SAMPLE);
    ok(bytes > RESULT_BYTES);
    for (const id of ids) {
      const claim = await store.claim(requestOf(1, id));
      ok(claim.outcome === "taken" && claim.record.state === "completed");
      equal(claim.record.result.byteLength, RESULT_BYTES);
      ok(claim.record.expiresAt > claim.record.completedAt);
    }
    const lease = leaseOf(await store.claim(requestOf(60_000)));
    // A token that was given before would let a stale owner write.
    for (const id of ids) ok(lease.token > ((await store.get(id))?.token ?? 0));
  });

  test(`${kind}: our store and its twin claim and complete, and so do plain statements`, async (context) => {
    const ground = await openGround(kind);
    context.after(() => ground.stop());
    const { store } = await ground.fill(0);
    const called = await callAll(pairs(store, 64, 60_000), 64, ground.pid);
    ok(called.perSecond > 0);
    const twin = await ground.twin?.();
    equal(twin === undefined, kind === "redis");
    if (twin !== undefined) await callAll(pairs(twin, 64, 60_000), 64, ground.pid);
    const plain = await ground.plain();
    await plain("a key");
  });
}
