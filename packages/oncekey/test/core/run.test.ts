/** `oncekey({ store }).run`: any async function, once for its scope and key. */
import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { type OncekeyOptions, oncekey } from "../../src/core/run.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { faulty } from "./faulty-store.ts";
import { virtualTime } from "./virtual-time.ts";

const WORK = { scope: "stripe-webhook", key: "evt_1", fingerprint: "invoice.paid" };

function world(options: Partial<OncekeyOptions> = {}) {
  const time = virtualTime();
  const faults = faulty(memoryStore({ clock: time.clock }));
  const once = oncekey({
    store: faults.store,
    ports: time.ports,
    leaseMs: 6_000,
    storeTimeoutMs: 1_000,
    ...options,
  } as OncekeyOptions);
  return { once, time, faults };
}

test("the first run returns its value, and every other gets it as a replay", async () => {
  const { once } = world();
  let runs = 0;
  const work = async () => ({ run: ++runs });
  deepEqual(await once.run(WORK, work), { kind: "completed", value: { run: 1 }, replayed: false });
  deepEqual(await once.run(WORK, work), { kind: "completed", value: { run: 1 }, replayed: true });
  equal(runs, 1);
});

test("a function without a result is replayed without one", async () => {
  const { once } = world();
  await once.run(WORK, () => {});
  deepEqual(await once.run(WORK, () => {}), {
    kind: "completed",
    value: undefined,
    replayed: true,
  });
});

// Bytes that say of which class they are would let whoever writes to the store run code here.
test("P-112: a replayed value is plain JSON, whatever it looks like", async () => {
  const { once } = world();
  const value = {
    date: "2026-01-01T00:00:00.000Z",
    buffer: { type: "Buffer", data: [1, 2] },
    tagged: { $type: "Function", value: "globalThis.poisoned = true" },
    list: [
      { __class__: "Map", value: [] },
      { "@type": "Date", value: 0 },
    ],
  };
  await once.run(WORK, () => value);
  deepEqual(await once.run(WORK, () => "again"), { kind: "completed", value, replayed: true });
  equal(Reflect.get(globalThis, "poisoned"), undefined);
});

test("the same key with another fingerprint is a mismatch, and never runs", async () => {
  const { once } = world();
  await once.run(WORK, () => 1);
  const other = await once.run({ ...WORK, fingerprint: "invoice.void" }, () => {
    throw new Error("must not run");
  });
  deepEqual(other, { kind: "mismatch" });
});

test("the same key in another scope is another piece of work", async () => {
  const { once } = world();
  await once.run({ scope: ["a", "b:c"], key: "k" }, () => 1);
  deepEqual(await once.run({ scope: ["a:b", "c"], key: "k" }, () => 2), {
    kind: "completed",
    value: 2,
    replayed: false,
  });
});

test("a throw leaves unrepeatable work in doubt, and comes out again", async () => {
  const { once, time } = world();
  const failing = () => Promise.reject(new Error("the mail failed"));
  await rejects(once.run(WORK, failing), /the mail failed/);
  await time.advance(1);
  deepEqual(await once.run(WORK, () => 1), { kind: "in-doubt" });
});

test("what was given up is not kept: in doubt, or free where a re-run does no harm", async () => {
  for (const [effects, kind] of [
    ["unrepeatable", "in-doubt"],
    ["repeatable", "completed"],
  ] as const) {
    const { once } = world({ effects });
    const first = await once.run(WORK, ({ giveUp }) => {
      giveUp();
      return "silence";
    });
    deepEqual(first, { kind: "completed", value: "silence", replayed: false });
    equal((await once.run(WORK, () => "again")).kind, kind);
  }
});

test("a throw after `release()` frees the key in any mode", async () => {
  const { once } = world();
  const failing = once.run(WORK, (context) => {
    context.release();
    throw new Error("nothing happened");
  });
  await rejects(failing, /nothing happened/);
  equal((await once.run(WORK, () => 1)).kind, "completed");
});

test("a throw frees repeatable work, and the next run is a first attempt again", async () => {
  const { once } = world({ effects: "repeatable" });
  await rejects(once.run(WORK, () => Promise.reject(new Error("down"))));
  const outcome = await once.run(WORK, (context) => context.attempt);
  deepEqual(outcome, { kind: "completed", value: 1, replayed: false });
});

test("P-96: a derived key is the same in every attempt, and another for every name", async () => {
  const { once } = world({ effects: "repeatable" });
  const keys: string[] = [];
  await rejects(
    once.run(WORK, (context) => {
      keys.push(context.deriveKey("charge"));
      throw new Error("down");
    }),
  );
  await once.run(WORK, (context) => {
    keys.push(context.deriveKey("charge"), context.deriveKey("mail"));
  });
  equal(keys[0], keys[1]);
  equal(new Set(keys).size, 2);
  match(keys[0] ?? "", /^[0-9a-f]{32}$/);
});

test("work in doubt is reconciled by the application", async () => {
  const { once, time } = world({ reconcile: async () => ({ happened: true, value: "paid" }) });
  await rejects(once.run(WORK, () => Promise.reject(new Error("cut"))));
  await time.advance(1);
  deepEqual(await once.run(WORK, () => "again"), {
    kind: "completed",
    value: "paid",
    replayed: true,
  });
});

test("with the store down nothing runs", async () => {
  const { once, time, faults } = world();
  faults.fail("claim", "down");
  let runs = 0;
  const running = rejects(
    once.run(WORK, () => ++runs),
    StoreUnavailable,
  );
  await time.advance(1_000);
  await running;
  equal(runs, 0);
});

test("a result that cannot be kept is thrown as such", async () => {
  const { once, time, faults } = world();
  faults.fail("complete", "down");
  faults.fail("renew", "down");
  const running = rejects(
    once.run(WORK, () => 1),
    { code: "idempotency_not_recorded" },
  );
  await time.advance(20_000);
  await running;
});

test("`omit()` keeps the fact without the value", async () => {
  const { once } = world();
  await once.run(WORK, (context) => {
    context.omit();
    return "a secret";
  });
  deepEqual(await once.run(WORK, () => "again"), {
    kind: "completed",
    value: undefined,
    replayed: true,
  });
});

test("the context may be taken apart", async () => {
  const { once } = world();
  const outcome = await once.run(WORK, ({ release, deriveKey, token, attempt, signal }) => {
    release();
    return [typeof deriveKey("x"), typeof token, attempt, signal.aborted];
  });
  deepEqual(outcome.kind === "completed" && outcome.value, ["string", "number", 1, false]);
  equal((await once.run(WORK, () => 2)).kind, "completed");
});

for (const { wrong, says } of [
  { wrong: { leaseMs: -1 }, says: /`leaseMs`.* got -1\./ },
  { wrong: { leaseMS: 1000 }, says: /no option `leaseMS`\. Did you mean `leaseMs`\?/ },
  { wrong: { effects: "always" }, says: /`effects`.*"unrepeatable".* got "always"/ },
  { wrong: { effects: "transactional" }, says: /`store` to offer transactions/ },
  { wrong: { store: {} }, says: /`store` to be a store/ },
  { wrong: { retentionMs: 31 * 86_400_000 }, says: /`retentionMs`.*2592000000/ },
  // A timer of more than 24.8 days fires at once.
  { wrong: { leaseMs: 2 ** 31 }, says: /`leaseMs`.*2147483647/ },
  { wrong: { waitMs: 2 ** 31 }, says: /`waitMs`.*2147483647/ },
  { wrong: { maxRunMs: 2 ** 31 }, says: /`maxRunMs`.*2147483647/ },
  { wrong: { storeTimeoutMs: 2 ** 31 }, says: /`storeTimeoutMs`.*2147483647/ },
  { wrong: { onEvent: "log" }, says: /`onEvent` to be a function/ },
  { wrong: { notifier: {} }, says: /`notifier` to be a notifier/ },
  { wrong: { reconcile: 1 }, says: /`reconcile` to be a function/ },
]) {
  test(`a wrong option is refused by name: ${JSON.stringify(wrong)}`, () => {
    throws(() => world(wrong as never), { name: "TypeError", message: says });
  });
}

for (const work of [
  { scope: "", key: "k" },
  { scope: [], key: "k" },
  { scope: "a", key: "" },
  { scope: "a", key: "k".repeat(256) },
]) {
  test(`work without an owner or a key is refused: ${JSON.stringify(work).slice(0, 30)}`, async () => {
    const { once } = world();
    await rejects(
      once.run(work, () => 1),
      { name: "TypeError" },
    );
  });
}
