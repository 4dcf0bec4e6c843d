/** What a record keeps, told to who looks at it. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/web.ts";
import { RecordCorrupt } from "../../src/core/errors.ts";
import type { Completed } from "../../src/core/record.ts";
import { oncekey } from "../../src/core/run.ts";
import { aesGcm } from "../../src/core/seal.ts";
import { keptBy } from "../../src/http/kept.ts";
import { memoryStore } from "../../src/stores/memory.ts";

/** The one record that is there. */
async function only(store: ReturnType<typeof memoryStore>): Promise<Completed> {
  const { records } = await store.list({ limit: 2 });
  const [record, another] = records;
  ok(record?.state === "completed" && another === undefined);
  return record;
}

test("a record of `run` keeps a value", async () => {
  const store = memoryStore();
  await oncekey({ store }).run({ scope: "ann", key: "event-17" }, () => ({ sent: true }));
  const kept = await keptBy(await only(store));
  equal(kept.kind === "value" && new TextDecoder().decode(kept.bytes), '{"sent":true}');
});

test("what is sealed is told to who has the key, and to nobody else", async () => {
  const store = memoryStore();
  const seal = aesGcm([{ id: "1", key: new Uint8Array(32).fill(7) }]);
  await oncekey({ store, seal }).run({ scope: "ann", key: "event-17" }, () => "a secret");
  const record = await only(store);
  const kept = await keptBy(record, { seal });
  equal(kept.kind === "value" && new TextDecoder().decode(kept.bytes), '"a secret"');
  await rejects(keptBy(record), RecordCorrupt);
  const other = aesGcm([{ id: "1", key: new Uint8Array(32).fill(8) }]);
  await rejects(keptBy(record, { seal: other }), RecordCorrupt);
});

test("a guard's record keeps the answer that was given", async () => {
  const store = memoryStore();
  const headers = { "Content-Type": "text/plain" };
  const guard = idempotency(
    { store, scope: "global" },
    () => new Response("made", { status: 201, headers }),
  );
  const sent = { method: "POST", headers: { "Idempotency-Key": "k" }, body: "x" };
  await guard(new Request("http://shop.example/", sent));
  const kept = await keptBy(await only(store));
  ok(kept.kind === "answer");
  equal(kept.status, 201);
  equal(new TextDecoder().decode(kept.body), "made");
  deepEqual(
    kept.headers
      .filter(([name]) => name.toLowerCase() === "content-type")
      .map(([, value]) => value),
    ["text/plain"],
  );
});

test("bytes that were damaged or moved from another record are corrupt, and no value", async () => {
  const store = memoryStore();
  await oncekey({ store }).run({ scope: "ann", key: "k" }, () => 1);
  const record = await only(store);
  const damaged = record.result.map((byte, index) =>
    index === record.result.length - 1 ? byte ^ 1 : byte,
  );
  await rejects(keptBy({ ...record, result: damaged }), RecordCorrupt);
  await rejects(keptBy({ ...record, id: "0".repeat(64) }), RecordCorrupt);
});
