/** Secrets at rest: what a store holds, which key opens it, and what happens when none does. */
import {
  deepEqual,
  doesNotThrow,
  equal,
  match,
  notDeepEqual,
  ok,
  rejects,
  throws,
} from "node:assert/strict";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/web.ts";
import { createEnvelope, type Seal, wrap } from "../../src/core/envelope.ts";
import type { OncekeyEvent } from "../../src/core/events.ts";
import { platform } from "../../src/core/ports.ts";
import { type OncekeyOptions, oncekey } from "../../src/core/run.ts";
import { aesGcm, type SealKey } from "../../src/core/seal.ts";
import { createGuard } from "../../src/http/guard.ts";
import { settle } from "../../src/http/settle.ts";
import { type MemoryStore, memoryStore } from "../../src/stores/memory.ts";
import { faulty } from "./faulty-store.ts";

const CORRUPT = { name: "RecordCorrupt", code: "idempotency_record_corrupt" };
const ID = "a".repeat(64);
const CANARY = "4111-1111-1111-1111";
const WORK = { scope: "customer-7", key: "order-1" };
const RESULT = new TextEncoder().encode(CANARY);

const key = (id: string, byte: number): SealKey => ({ id, key: new Uint8Array(32).fill(byte) });
const OLD = key("2025", 1);
const NEW = key("2026", 2);

const sealed = (seal: Seal) => createEnvelope(platform, seal);

function world(options: Partial<OncekeyOptions> = {}, store: MemoryStore = memoryStore()) {
  const events: OncekeyEvent[] = [];
  const onEvent = (event: OncekeyEvent) => events.push(event);
  const once = oncekey({ store, onEvent, ...options } as OncekeyOptions);
  let runs = 0;
  const run = () =>
    once.run(WORK, () => {
      runs++;
      return CANARY;
    });
  return { store, run, events, runs: () => runs };
}

async function kept(store: MemoryStore): Promise<Uint8Array> {
  const [record] = (await store.list({ limit: 10 })).records;
  ok(record?.state === "completed");
  return record.result;
}

test("S-29: a dump of the store holds no byte of a sealed result, and all of one that is not", async () => {
  const open = world();
  await open.run();
  ok(Buffer.from(await kept(open.store)).includes(CANARY));
  const closed = world({ seal: aesGcm([NEW]) });
  await closed.run();
  ok(!Buffer.from(await kept(closed.store)).includes(CANARY));
  ok(Buffer.from(await kept(closed.store)).includes("2026"), "it says which key opens it");
});

test("S-38: a sealed result is replayed, and sealed anew each time", async () => {
  const { run, runs, store } = world({ seal: aesGcm([NEW]) });
  deepEqual(await run(), { kind: "completed", value: CANARY, replayed: false });
  deepEqual(await run(), { kind: "completed", value: CANARY, replayed: true });
  equal(runs(), 1);
  const other = world({ seal: aesGcm([NEW]) });
  await other.run();
  notDeepEqual(await kept(store), await kept(other.store));
});

test("S-38: every byte counts: one that was flipped or cut off opens nothing", async () => {
  const { wrap: close, unwrap: open } = sealed(aesGcm([NEW]));
  const whole = await close(ID, RESULT);
  deepEqual(await open(ID, whole), RESULT);
  deepEqual(await open(ID, await close(ID, new Uint8Array())), new Uint8Array());
  for (let index = 0; index < whole.length; index++) {
    const flipped = whole.slice();
    flipped.set([(flipped[index] ?? 0) ^ 1], index);
    await rejects(async () => open(ID, flipped), CORRUPT);
    await rejects(async () => open(ID, whole.subarray(0, index)), CORRUPT);
  }
});

test("S-38: a sealed result that was moved to another record does not open there", async () => {
  const { wrap: close, unwrap: open } = sealed(aesGcm([NEW]));
  const moved = await close(ID, RESULT);
  await rejects(async () => open("b".repeat(64), moved), CORRUPT);
});

test("S-39: the first key seals, and every listed key opens", async () => {
  const before = world({ seal: aesGcm([OLD]) });
  await before.run();
  const during = world({ seal: aesGcm([NEW, OLD]) }, before.store);
  deepEqual(await during.run(), { kind: "completed", value: CANARY, replayed: true });
  equal(during.runs(), 0);
  const fresh = world({ seal: aesGcm([NEW, OLD]) });
  await fresh.run();
  ok(Buffer.from(await kept(fresh.store)).includes(NEW.id));
});

test("S-39: without its key a record is corrupt and never runs, and a key put back heals it", async () => {
  const before = world({ seal: aesGcm([OLD]) });
  await before.run();
  const seals = [aesGcm([NEW]), aesGcm([{ ...NEW, id: OLD.id }]), undefined];
  for (const seal of seals) {
    const without = world(seal && { seal }, before.store);
    await rejects(without.run(), CORRUPT);
    equal(without.runs(), 0);
    equal(without.events.at(-1)?.type, "record-corrupt");
  }
  const healed = world({ seal: aesGcm([NEW, OLD]) }, before.store);
  deepEqual(await healed.run(), { kind: "completed", value: CANARY, replayed: true });
});

test("P-112: over HTTP an answer that no key opens is refused, and its handler does not run", async () => {
  const store = memoryStore();
  let runs = 0;
  const serve = (keys: readonly SealKey[]) => {
    const handler = async () => {
      runs++;
      return new Response(CANARY, { status: 201 });
    };
    const guarded = idempotency({ store, scope: () => "customer-7", seal: aesGcm(keys) }, handler);
    const headers = { "idempotency-key": "order-1" };
    return guarded(new Request("http://localhost/orders", { method: "POST", headers, body: "{}" }));
  };
  equal((await serve([OLD])).status, 201);
  const refused = await serve([NEW]);
  equal(refused.status, 503);
  equal(JSON.parse(await refused.text()).code, "idempotency_store_unavailable");
  const healed = await serve([NEW, OLD]);
  equal(healed.headers.get("idempotent-replayed"), "true");
  equal(await healed.text(), CANARY);
  equal(runs, 1);
});

test("S-39: what was kept before there was a seal is still replayed", async () => {
  const before = world();
  await before.run();
  const after = world({ seal: aesGcm([NEW]) }, before.store);
  deepEqual(await after.run(), { kind: "completed", value: CANARY, replayed: true });
  const { unwrap: open } = sealed(aesGcm([NEW]));
  deepEqual(await open(ID, wrap(platform, ID, RESULT)), RESULT);
});

test("without a seal a store is called in the same turn, and with one after it was sealed", async () => {
  const written: Uint8Array[] = [];
  const write = async (bytes: Uint8Array) => {
    written.push(bytes);
    return true;
  };
  const plain = createEnvelope(platform, undefined);
  const answer = plain.writing(ID, RESULT, write)();
  deepEqual(written, [wrap(platform, ID, RESULT)]);
  ok(plain.unwrap(ID, wrap(platform, ID, RESULT)) instanceof Uint8Array);
  equal(await answer, true);
  equal(await sealed(aesGcm([NEW])).writing(ID, RESULT, write)(), true);
  notDeepEqual(written[1], written[0]);
});

test("a mismatch is told without opening what is kept", async () => {
  const store = memoryStore();
  await world({ seal: aesGcm([OLD]) }, store).run();
  const once = oncekey({ store });
  const outcome = await once.run({ ...WORK, fingerprint: "another" }, () => "must not run");
  deepEqual(outcome, { kind: "mismatch" });
});

test("a completion whose reply was lost is sealed again, and the first stays", async () => {
  const faults = faulty(memoryStore());
  faults.fail("complete", "loses-reply", 1);
  const { run, runs } = world({ seal: aesGcm([NEW]) }, faults.store);
  deepEqual(await run(), { kind: "completed", value: CANARY, replayed: false });
  deepEqual(await run(), { kind: "completed", value: CANARY, replayed: true });
  equal(runs(), 1);
  equal(faults.calls.filter((call) => call === "complete").length, 2);
});

test("a seal that fails once is asked again, and nothing runs twice", async () => {
  const inner = aesGcm([NEW]);
  let fails = 1;
  const seal: Seal = {
    open: inner.open,
    async seal(id, result) {
      if (fails-- > 0) throw new Error("The key service is away.");
      return inner.seal(id, result);
    },
  };
  const { run, runs, events } = world({ seal });
  deepEqual(await run(), { kind: "completed", value: CANARY, replayed: false });
  equal(runs(), 1);
  ok(events.some((event) => event.type === "store-failed" && event.call === "complete"));
});

test("what a person settles is sealed too, and what reconciling finds", async () => {
  const seal = aesGcm([NEW]);
  const store = memoryStore();
  const doubtful = oncekey({ store });
  await rejects(
    doubtful.run(WORK, () => Promise.reject(new Error("It broke."))),
    /It broke/,
  );
  const found = { happened: true, value: CANARY } as const;
  const once = oncekey({ store, seal, reconcile: () => found });
  const outcome = await once.run(WORK, () => "must not run");
  deepEqual(outcome, { kind: "completed", value: CANARY, replayed: true });
  ok(!Buffer.from(await kept(store)).includes(CANARY));

  const desk = memoryStore();
  const other = oncekey({ store: desk });
  await rejects(
    other.run(WORK, () => Promise.reject(new Error("It broke."))),
    /It broke/,
  );
  const [record] = (await desk.list({ limit: 1 })).records;
  ok(record !== undefined);
  const answer = { status: 200, body: CANARY };
  equal(await settle(desk, record, { happened: true, answer }, { seal }), true);
  ok(!Buffer.from(await kept(desk)).includes(CANARY));
});

test("keys that cannot be used are refused at start, and nothing of them is said", () => {
  const secret = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr";
  for (const [keys, says] of [
    [[], /at least one/],
    [secret, /at least one/],
    [[{ id: "", key: new Uint8Array(32) }], /keys\[0\]\.id/],
    [[{ id: "a b", key: new Uint8Array(32) }], /keys\[0\]\.id/],
    [[OLD, { id: "k", key: new Uint8Array(16) }], /keys\[1\]\.key.*32 bytes/],
    [[{ id: "k", key: secret }], /keys\[0\]\.key.*32 bytes/],
    [[OLD, OLD], /an id of its own/],
  ] as const) {
    throws(
      () => aesGcm(keys as never),
      (error: Error) => {
        equal(error.name, "TypeError");
        match(error.message, says);
        return !error.message.includes(secret);
      },
    );
  }
  const store = memoryStore();
  throws(() => oncekey({ store, seal: [NEW] as never }), /`seal`.*aesGcm/);
  throws(() => createGuard({ store, scope: "global", seal: secret as never }), /`seal`.*aesGcm/);
  doesNotThrow(() => createGuard({ store, scope: "global", seal: aesGcm([NEW]) }));
});

test("bytes that the caller clears afterwards stay a key", async () => {
  const given = key("k", 7);
  const seal = aesGcm([given]);
  given.key.fill(0);
  const other = aesGcm([key("k", 7)]);
  deepEqual(await other.open(ID, await seal.seal(ID, RESULT)), RESULT);
});
