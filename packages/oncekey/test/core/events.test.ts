/** What is reported, and how long it says that things took. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type OncekeyEvent, silent } from "../../src/core/events.ts";
import { oncekey } from "../../src/core/run.ts";
import { timedStore } from "../../src/core/timed-store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { faulty } from "./faulty-store.ts";
import { virtualTime } from "./virtual-time.ts";

const WORK = { scope: "customer-7", key: "order-1" };
const LEASE_MS = 6_000;

function world(options: { readonly waitMs?: number } = {}) {
  const time = virtualTime();
  const faults = faulty(memoryStore({ clock: time.clock }));
  const events: OncekeyEvent[] = [];
  const once = oncekey({
    store: faults.store,
    ports: time.ports,
    leaseMs: LEASE_MS,
    onEvent: (event) => events.push(event),
    ...options,
  });
  /** Runs for so long. */
  const work = (ms: number) => () =>
    new Promise<string>((resolve) => {
      time.ports.after(ms, () => resolve("done"));
    });
  const of = <Type extends OncekeyEvent["type"]>(type: Type) =>
    events.filter((event): event is Extract<OncekeyEvent, { type: Type }> => event.type === type);
  return { once, time, faults, events, work, of };
}

test("a completion says how long the handler ran, without what the store took", async () => {
  const { once, time, faults, work, of } = world();
  faults.fail("complete", "hangs", 1);
  const running = once.run(WORK, work(700));
  await time.advance(30_000);
  equal((await running).kind, "completed");
  deepEqual(
    of("completed").map(({ ranMs }) => ranMs),
    [700],
  );
});

test("an ending that is no completion says it too", async () => {
  const { once, time, of } = world();
  const failing = once.run(WORK, async () => {
    await new Promise<void>((resolve) => {
      time.ports.after(300, resolve);
    });
    throw new Error("It broke.");
  });
  const failed = rejects(failing, /It broke/);
  await time.advance(1_000);
  await failed;
  deepEqual(
    of("gave-up").map(({ ranMs }) => ranMs),
    [300],
  );
});

test("a lease that is renewed is told of, each time", async () => {
  const { once, time, work, of } = world();
  const running = once.run(WORK, work(LEASE_MS));
  await time.advance(LEASE_MS);
  await running;
  ok(of("renewed").length >= 2, "twice in a lease");
  ok(of("renewed").every(({ label }) => label === "run"));
});

test("a duplicate says how long it waited, and one that did not wait says 0", async () => {
  const { once, time, work, of } = world({ waitMs: 60_000 });
  const first = once.run(WORK, work(3_000));
  await time.advance(1_000);
  const second = once.run(WORK, () => "must not run");
  await time.advance(5_000);
  await Promise.all([first, second]);
  await once.run(WORK, () => "must not run");
  const [waited, not] = of("replayed").map(({ waitedMs }) => waitedMs);
  ok(waited !== undefined && waited >= 2_000 && waited <= 2_500, `2 to 2.5 s, got ${waited}`);
  equal(not, 0);
  equal(of("claimed")[0]?.waitedMs, 0);
});

test("every store call is timed, and a failed one says so", async () => {
  const { once, time, faults, work, of } = world();
  faults.fail("complete", "down", 1);
  const running = once.run(WORK, work(0));
  await time.advance(1_000);
  await running;
  const told = of("store-called").map(({ call, failed }) => `${call}${failed ? " failed" : ""}`);
  deepEqual(told, ["claim", "complete failed", "complete"]);
  ok(of("store-called").every(({ tookMs }) => tookMs === 0));
});

test("timing hands out the store's own promise, so that to listen changes no order", () => {
  const answer = Promise.resolve(undefined);
  const store = { ...memoryStore(), get: () => answer };
  equal(timedStore(store, virtualTime().ports, silent).get("a"), answer);
});

test("S-30: no event holds a key or a scope", async () => {
  const { once, time, work, events } = world();
  const running = once.run(WORK, work(LEASE_MS));
  await time.advance(LEASE_MS);
  await running;
  await once.run(WORK, () => "again");
  await once.run({ ...WORK, fingerprint: "other" }, () => "again");
  const text = JSON.stringify(events);
  ok(!text.includes(WORK.key) && !text.includes(WORK.scope), text);
});
