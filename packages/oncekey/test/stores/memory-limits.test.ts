/** What is special about the memory store: its limit, its options, and what it weighs. */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { digest, owned, RESULT, request } from "../../src/conformance/subject.ts";
import { type MemoryStoreOptions, memoryStore } from "../../src/stores/memory.ts";
import { fakeClock, register } from "../register.ts";
import { fullCases } from "./full.ts";

const FULL = { name: "StoreUnavailable", code: "idempotency_store_unavailable", message: /full/ };

register(fullCases, () => ({ store: memoryStore({ maxRecords: 5 }) }));

test("a full store takes a new key as soon as a record has expired", async () => {
  const { clock, pass } = fakeClock();
  const store = memoryStore({ maxRecords: 3, clock });
  // The one that expires first came last: the order of arrival says nothing.
  for (const retentionMs of [3000, 2000, 1000]) {
    await store.complete(await owned(store, request({ retentionMs })), RESULT);
  }
  for (let second = 0; second < 3; second += 1) {
    await rejects(store.claim(request()), FULL);
    await pass(1000);
    await owned(store, request());
  }
  await rejects(store.claim(request()), FULL);
});

test("claims reap what has expired, a little each: nobody has to call `reap`", async () => {
  const { clock, pass } = fakeClock();
  const store = memoryStore({ clock });
  for (let count = 0; count < 100; count += 1) {
    await store.complete(await owned(store, request({ retentionMs: 1000 })), RESULT);
  }
  await pass(1000);
  for (let count = 0; count < 40; count += 1) await owned(store, request());
  equal(await store.reap(1000), 20);
  equal((await store.list({ limit: 1000 })).records.length, 40);
});

test("`reap` removes no more than it is told, the first to expire before the others", async () => {
  const { clock, pass } = fakeClock();
  const store = memoryStore({ clock });
  for (let count = 0; count < 200; count += 1) {
    const retentionMs = 1 + ((count * 37) % 200);
    await store.complete(await owned(store, request({ retentionMs })), RESULT);
  }
  await pass(150);
  equal(await store.reap(100), 100);
  equal(await store.reap(100), 50);
  equal(await store.reap(100), 0);
  await pass(50);
  equal(await store.reap(100), 50);
  deepEqual(await store.list({ limit: 1 }), { records: [] });
});

test("a Buffer that is given as the result is copied, and never shared", async () => {
  const store = memoryStore();
  const lease = await owned(store, request());
  const pooled = Buffer.from("the answer");
  await store.complete(lease, pooled);
  pooled.fill(0);
  const record = await store.get(lease.id);
  equal(record?.state === "completed" && Buffer.from(record.result).toString(), "the answer");
});

test("the last page of a list has no `next`, even if it is full", async () => {
  const store = memoryStore();
  for (let count = 0; count < 4; count += 1) await owned(store, request());
  const first = await store.list({ limit: 2 });
  ok(first.next !== undefined);
  const second = await store.list({ limit: 2, after: first.next });
  equal(second.records.length, 2);
  equal("next" in second, false);
});

test("a list asks for a limit within bounds, and for the place where a page ended", async () => {
  const store = memoryStore();
  for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
    await rejects(store.list({ limit }), { name: "TypeError", message: /`limit`/ });
  }
  await rejects(store.list({ limit: 1, after: "x" }), { name: "TypeError", message: /`after`/ });
});

test("a watch that is over leaves no listener behind", async () => {
  const { notifier, ...store } = memoryStore();
  const lease = await owned(store, request());
  const { signal } = new AbortController();
  const listeners = () => getEventListeners(signal, "abort").length;
  const watches = [notifier.watch(lease.id, signal), notifier.watch(lease.id, signal)];
  equal(listeners(), 2);
  await store.complete(lease, RESULT);
  await Promise.all(watches.map((watch) => watch.changed));
  equal(listeners(), 0);
});

test("options are checked when the store is made, by name", () => {
  const refused: readonly [unknown, RegExp][] = [
    [{ maxRecords: 0 }, /`maxRecords`.*got 0/],
    [{ maxRecords: 1.5 }, /`maxRecords`.*got 1.5/],
    [{ maxRecords: 2 ** 24 + 1 }, /`maxRecords`.*got 16777217/],
    [{ maxRecords: "10" }, /`maxRecords`.*got a string/],
    [{ clock: 5 }, /`clock`.*got a number/],
    [{ maxRecord: 5 }, /Unknown option `maxRecord`/],
  ];
  for (const [options, message] of refused) {
    throws(() => memoryStore(options as MemoryStoreOptions), { name: "TypeError", message });
  }
});

test("a record weighs at most 500 bytes beside its answer", async (context) => {
  const store = memoryStore();
  const answer = new Uint8Array(1000);
  const scopes = Array.from({ length: 100 }, digest);
  const count = 20_000;
  const before = await weight();
  for (let index = 0; index < count; index += 1) {
    // A scope comes as a new string each time, as from a hash.
    const scope = `${scopes[index % 100]}`.split("").join("");
    await store.complete(await owned(store, request({ scope })), answer);
  }
  const each = ((await weight()) - before) / count - answer.length;
  equal((await store.list({ limit: 1 })).records.length, 1);
  context.diagnostic(`${each.toFixed(0)} bytes`);
  ok(each <= 500, `${each.toFixed(0)} bytes`);
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is still referred to. Buffers are freed by another thread, some time after a collection. */
async function weight(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    collect();
    await pause(20);
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}
