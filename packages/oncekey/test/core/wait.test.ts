/** Waiters: woken early or asking at intervals, capped, and harmless to what they wait for. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { createEngine, type Entry } from "../../src/core/engine.ts";
import type { Notifier } from "../../src/core/notifier.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { faulty } from "./faulty-store.ts";
import { virtualTime } from "./virtual-time.ts";

const LEASE_MS = 6_000;

function world(withNotifier: boolean) {
  const time = virtualTime();
  const memory = memoryStore({ clock: time.clock });
  const faults = faulty(memory);
  const engine = createEngine({
    store: faults.store,
    notifier: withNotifier ? memory.notifier : undefined,
    ports: time.ports,
    leaseMs: LEASE_MS,
    retentionMs: 3_600_000,
    storeTimeoutMs: 1_000,
    maxRunMs: 0,
    report: () => {},
  });
  return { time, engine, faults, memory };
}

const entry = (wanted: Partial<Entry> = {}): Entry => ({
  subject: {
    id: "a".repeat(64),
    scope: "b".repeat(64),
    fingerprint: "c".repeat(64),
    effects: "unrepeatable",
    label: "POST /pay",
  },
  waitMs: 0,
  ...wanted,
});

const RESULT = new Uint8Array([1]);

async function owner(engine: ReturnType<typeof world>["engine"], one = entry()) {
  const entered = await engine.enter(one);
  if (entered.kind !== "run") throw new Error(`Expected a run, got ${entered.kind}.`);
  return entered.attempt;
}

for (const withNotifier of [false, true]) {
  const how = withNotifier ? "with a notifier" : "at intervals";

  test(`P-120: a waiter gets the replay when the first ends, ${how}`, async () => {
    const { engine, time } = world(withNotifier);
    const first = await owner(engine);
    const waiting = engine.enter(entry({ waitMs: 5_000 }));
    await time.advance(1_000);
    await first.complete(RESULT);
    await time.advance(1_000);
    equal((await waiting).kind, "replay");
  });

  test(`P-121: the wait is over in time when the first runs on, ${how}`, async () => {
    const { engine, time } = world(withNotifier);
    await owner(engine);
    const waiting = engine.enter(entry({ waitMs: 2_000 }));
    await time.advance(2_100);
    equal((await waiting).kind, "in-flight");
  });

  test(`P-122: of ten waiters exactly one runs when the first is released, ${how}`, async () => {
    const { engine, time } = world(withNotifier);
    const first = await owner(engine);
    const waiting = Array.from({ length: 10 }, () => engine.enter(entry({ waitMs: 5_000 })));
    const runs: Awaited<(typeof waiting)[number]>[] = [];
    const replays: typeof runs = [];
    for (const one of waiting) {
      void one.then((entered) => (entered.kind === "run" ? runs : replays).push(entered));
    }
    await time.advance(1_000);
    await first.release();
    await time.advance(1_000);
    equal(runs.length, 1);
    equal(replays.length, 0);
    const [second] = runs;
    if (second?.kind === "run") await second.attempt.complete(RESULT);
    await time.advance(1_000);
    equal(runs.length, 1);
    equal(replays.length, 9);
    equal(
      replays.every(({ kind }) => kind === "replay"),
      true,
    );
  });

  test(`P-124: when the owner dies, a waiter of a repeatable key runs, ${how}`, async () => {
    const { engine, time, memory } = world(withNotifier);
    const repeatable = entry({ subject: { ...entry().subject, effects: "repeatable" } });
    // Claimed by a process that is no more: nobody renews it.
    const { subject } = repeatable;
    await memory.claim({ ...subject, leaseMs: 2_000, retentionMs: 9_999, nonce: "0".repeat(32) });
    const waiting = engine.enter({ ...repeatable, waitMs: 10_000 });
    await time.advance(5_000);
    const entered = await waiting;
    equal(entered.kind === "run" && entered.attempt.attempt, 2);
  });
}

test("P-120: what changed before anybody listened is asked for as soon as somebody does", async () => {
  const time = virtualTime();
  const store = memoryStore({ clock: time.clock });
  const LISTENS_MS = 100;
  // A subscription takes a moment, and what happens in that moment is told to nobody.
  const notifier: Notifier = {
    watch: () => ({
      ready: new Promise((resolve) => void time.ports.after(LISTENS_MS, resolve)),
      changed: new Promise(() => {}),
    }),
  };
  const { ports } = time;
  const limits = { leaseMs: LEASE_MS, retentionMs: 9_999, storeTimeoutMs: 1_000, maxRunMs: 0 };
  const engine = createEngine({ ...limits, store, notifier, ports, report: () => {} });
  const first = await owner(engine);
  let found: string | undefined;
  void engine.enter(entry({ waitMs: 5_000 })).then(({ kind }) => {
    found = kind;
  });
  await time.advance(LISTENS_MS / 2);
  await first.complete(RESULT);
  await time.advance(LISTENS_MS);
  equal(found, "replay");
});

test("P-121: a mismatch never waits", async () => {
  const { engine } = world(false);
  await owner(engine);
  const other = { ...entry().subject, fingerprint: "d".repeat(64) };
  equal((await engine.enter(entry({ subject: other, waitMs: 5_000 }))).kind, "mismatch");
});

test("P-125: the 101st waiter of a key is told at once", async () => {
  const { engine, time } = world(false);
  const first = await owner(engine);
  const waiting = Array.from({ length: 100 }, () => engine.enter(entry({ waitMs: 5_000 })));
  await time.advance(0);
  equal((await engine.enter(entry({ waitMs: 5_000 }))).kind, "in-flight");
  await first.complete(RESULT);
  await time.advance(1_000);
  for (const one of waiting) equal((await one).kind, "replay");
});

test("P-125: the 1,001st waiter of a process is told at once", async () => {
  const { engine, time } = world(false);
  const of = (key: number) => {
    const id = String(key).padStart(64, "0");
    return entry({ subject: { ...entry().subject, id }, waitMs: 5_000 });
  };
  const waiting = [];
  for (let key = 0; key < 10; key++) {
    await owner(engine, { ...of(key), waitMs: 0 });
    for (let many = 0; many < 100; many++) waiting.push(engine.enter(of(key)));
  }
  await owner(engine, { ...of(10), waitMs: 0 });
  await time.advance(0);
  equal((await engine.enter(of(10))).kind, "in-flight");
  await time.advance(5_500);
  for (const one of waiting) equal((await one).kind, "in-flight");
});

test("S-12: a waiter whose client leaves frees its place, and touches nothing", async () => {
  const { engine, time, memory } = world(false);
  const first = await owner(engine);
  const leaving: (() => void)[] = [];
  const onGone = (call: () => void) => {
    leaving.push(call);
    return () => {};
  };
  const waiting = Array.from({ length: 100 }, () => engine.enter(entry({ waitMs: 5_000, onGone })));
  await time.advance(0);
  for (const leave of leaving) leave();
  for (const one of waiting) equal((await one).kind, "in-flight");
  const another = engine.enter(entry({ waitMs: 5_000 }));
  await time.advance(0);
  equal((await memory.get("a".repeat(64)))?.state, "in-flight");
  await first.complete(RESULT);
  await time.advance(1_000);
  equal((await another).kind, "replay");
});

test("a hundred waiters of a key ask the store no more often than one", async () => {
  const count = async (waiters: number) => {
    const { engine, time, faults } = world(false);
    await owner(engine);
    const waiting = Array.from({ length: waiters }, () => engine.enter(entry({ waitMs: 3_000 })));
    await time.advance(0);
    faults.calls.length = 0;
    await time.advance(3_500);
    await Promise.all(waiting);
    return faults.calls.filter((verb) => verb === "claim").length;
  };
  equal(await count(100), await count(1));
});

test("a notifier that only gives false hints does not make waiters ask without a pause", async () => {
  const time = virtualTime();
  const faults = faulty(memoryStore({ clock: time.clock }));
  const broken: Notifier = {
    watch: () => ({ ready: Promise.resolve(), changed: Promise.resolve() }),
  };
  const engine = createEngine({
    store: faults.store,
    notifier: broken,
    ports: time.ports,
    leaseMs: LEASE_MS,
    retentionMs: 3_600_000,
    storeTimeoutMs: 1_000,
    maxRunMs: 0,
    report: () => {},
  });
  await owner(engine);
  faults.calls.length = 0;
  const waiting = engine.enter(entry({ waitMs: 1_000 }));
  await time.advance(1_100);
  equal((await waiting).kind, "in-flight");
  equal(faults.calls.filter((verb) => verb === "claim").length <= 50, true);
});
