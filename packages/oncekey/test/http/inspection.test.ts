/** Where a key's records lie, held to where a guard and `run` put them, and what they keep. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/web.ts";
import { RecordCorrupt } from "../../src/core/errors.ts";
import type { Completed } from "../../src/core/record.ts";
import { oncekey } from "../../src/core/run.ts";
import { addressesOf, keptBy } from "../../src/http/inspection.ts";
import type { Principal } from "../../src/http/options.ts";
import { memoryStore } from "../../src/stores/memory.ts";

/** The one record that is there. */
async function only(store: ReturnType<typeof memoryStore>): Promise<Completed> {
  const { records } = await store.list({ limit: 2 });
  const [record, another] = records;
  ok(record?.state === "completed" && another === undefined);
  return record;
}

const SCOPES: readonly Principal[] = ["global", "ann", ["tenant", "ann"], ["global"]];

test("a record of a guard lies at one of the addresses of its scope and key", async () => {
  for (const scope of SCOPES) {
    for (const inWords of scope === "global" ? [true, false] : [false]) {
      const store = memoryStore();
      const handler = () => new Response("made", { status: 201 });
      const guard = idempotency({ store, scope: inWords ? "global" : () => scope }, handler);
      const headers = { "Idempotency-Key": '"a \\"quoted\\" key"' };
      await guard(new Request("http://shop.example/", { method: "POST", headers, body: "x" }));
      const record = await only(store);
      for (const key of ['"a \\"quoted\\" key"', 'a "quoted" key']) {
        const addresses = addressesOf(scope, key);
        ok(addresses.some(({ id, scope: digest }) => id === record.id && digest === record.scope));
        equal(new Set(addresses.map(({ id }) => id)).size, addresses.length);
      }
      equal(
        addressesOf("somebody else", 'a "quoted" key').some(({ id }) => id === record.id),
        false,
      );
    }
  }
});

test("a record of `run` lies at one of them too, and keeps a value", async () => {
  for (const scope of SCOPES) {
    const store = memoryStore();
    await oncekey({ store }).run({ scope, key: "event-17" }, () => ({ sent: true }));
    const record = await only(store);
    ok(addressesOf(scope, "event-17").some(({ id }) => id === record.id));
    const kept = keptBy(record);
    equal(kept.kind === "value" && new TextDecoder().decode(kept.bytes), '{"sent":true}');
  }
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
  const kept = keptBy(await only(store));
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
  throws(() => keptBy({ ...record, result: damaged }), RecordCorrupt);
  throws(() => keptBy({ ...record, id: "0".repeat(64) }), RecordCorrupt);
});
