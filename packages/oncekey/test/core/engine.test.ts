/** The engine, from a claim to an attempt or an answer, over a store that can fail. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../../src/core/attempt.ts";
import { createEngine, type Engine, type Entered, type Entry } from "../../src/core/engine.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import type { OncekeyEvent } from "../../src/core/events.ts";
import type { Effects, Subject } from "../../src/core/record.ts";
import type { ClaimRequest, Store } from "../../src/core/store.ts";
import { type MemoryStore, memoryStore } from "../../src/stores/memory.ts";
import { faulty } from "./faulty-store.ts";
import { type VirtualTime, virtualTime } from "./virtual-time.ts";

const LEASE_MS = 6_000;
const RETENTION_MS = 3_600_000;
const STORE_TIMEOUT_MS = 1_000;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (result: Uint8Array) => new TextDecoder().decode(result);

function subject(effects: Effects = "unrepeatable", fingerprint = "f"): Subject {
  const digest = (letter: string) => letter.repeat(64);
  return {
    id: digest("a"),
    scope: digest("b"),
    fingerprint: digest(fingerprint),
    effects,
    label: "POST /pay",
  };
}

function world(settings: { maxRunMs?: number } = {}) {
  const time = virtualTime();
  const memory = memoryStore({ clock: time.clock });
  const events: OncekeyEvent[] = [];
  const faults = faulty(memory);
  const engine = (store: Store = faults.store): Engine =>
    createEngine({
      store,
      ports: time.ports,
      leaseMs: LEASE_MS,
      retentionMs: RETENTION_MS,
      storeTimeoutMs: STORE_TIMEOUT_MS,
      maxRunMs: settings.maxRunMs ?? 0,
      report: (event) => events.push(event),
    });
  return {
    time,
    memory,
    faults,
    events,
    over: engine,
    engine: engine(),
    another: () => engine(memory),
  };
}

const entry = (wanted: Partial<Entry> = {}): Entry => ({
  subject: subject(),
  waitMs: 0,
  ...wanted,
});

function attemptOf(entered: Entered) {
  if (entered.kind !== "run") throw new Error(`Expected a run, got ${entered.kind}.`);
  return entered.attempt;
}

function replayOf(entered: Entered): string {
  if (entered.kind !== "replay") throw new Error(`Expected a replay, got ${entered.kind}.`);
  return text(entered.result);
}

test("a fresh key runs, and its result answers every duplicate", async () => {
  const { engine } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  equal((await engine.enter(entry())).kind, "in-flight");
  deepEqual(await attempt.complete(bytes("done")), { kind: "recorded" });
  equal(replayOf(await engine.enter(entry())), "done");
});

test("another fingerprint is a mismatch in every state of the record", async () => {
  const { engine, time } = world();
  const other = entry({ subject: subject("unrepeatable", "e") });
  const attempt = attemptOf(await engine.enter(entry()));
  equal((await engine.enter(other)).kind, "mismatch");
  time.freeze(LEASE_MS + 1);
  equal((await engine.enter(other)).kind, "mismatch");
  await attempt.complete(bytes("done"));
  equal((await engine.enter(other)).kind, "mismatch");
});

test("a lease is renewed for as long as its owner runs", async () => {
  const { engine, another, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  await time.advance(LEASE_MS * 5);
  equal(attempt.signal.aborted, false);
  equal((await another().enter(entry())).kind, "in-flight");
});

test("the leases of a process are renewed together, once for each third of a lease", async () => {
  const { engine, faults, time } = world();
  for (const letter of "cdef") {
    const id = letter.repeat(64);
    attemptOf(await engine.enter(entry({ subject: { ...subject(), id } })));
  }
  faults.calls.length = 0;
  await time.advance(LEASE_MS);
  // Four leases, three thirds: the calls of one turn are one statement in the stores.
  equal(faults.calls.filter((verb) => verb === "renew").length, 12);
});

test("P-101: the signal fires before the lease ends when it cannot be renewed", async () => {
  const { engine, faults, time, memory } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  let stateAtAbort: string | undefined;
  attempt.signal.addEventListener("abort", async () => {
    stateAtAbort = (await memory.get(subject().id))?.state;
  });
  faults.fail("renew", "down");
  await time.advance(LEASE_MS * 2);
  equal(attempt.signal.aborted, true);
  equal(attempt.signal.reason.code, "idempotency_lease_lost");
  equal(stateAtAbort, "in-flight");
});

// Two in a row leave just the time for one more, if they are made again at the very next beat.
for (const [times, failed] of [
  [1, "one failed renewal is"],
  [2, "two failed renewals are"],
] as const) {
  test(`${failed} repeated, and the lease is kept`, async () => {
    const { engine, faults, time } = world();
    const attempt = attemptOf(await engine.enter(entry()));
    faults.fail("renew", "down", times);
    await time.advance(LEASE_MS * 3);
    equal(attempt.signal.aborted, false);
  });
}

test("an owner that has ended renews nothing, and loses nothing", async () => {
  const endings = {
    complete: (attempt: Attempt) => attempt.complete(bytes("done")),
    release: (attempt: Attempt) => attempt.release(),
    giveUp: (attempt: Attempt) => attempt.giveUp(),
  };
  for (const end of Object.values(endings)) {
    const { engine, faults, time, events } = world();
    const attempt = attemptOf(await engine.enter(entry()));
    await end(attempt);
    faults.calls.length = 0;
    await time.advance(LEASE_MS * 2);
    deepEqual(faults.calls, []);
    equal(attempt.signal.aborted, false);
    ok(!events.some(({ type }) => type === "lease-lost"));
  }
});

test("P-101: a process that was stopped past its lease hears of it as soon as it goes on", async () => {
  const { engine, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  time.freeze(LEASE_MS * 2);
  await time.advance(LEASE_MS / 6);
  equal(attempt.signal.aborted, true);
});

test("P-104: after `maxRunMs` the signal fires and the renewing ends", async () => {
  const { engine, time } = world({ maxRunMs: LEASE_MS });
  const attempt = attemptOf(await engine.enter(entry()));
  await time.advance(LEASE_MS);
  equal(attempt.signal.aborted, true);
  await time.advance(LEASE_MS);
  equal((await engine.enter(entry())).kind, "in-doubt");
});

test("P-92: a late completion of the first owner heals what was in doubt", async () => {
  const { engine, another, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  time.freeze(LEASE_MS + 1);
  equal((await another().enter(entry())).kind, "in-doubt");
  deepEqual(await attempt.complete(bytes("late")), { kind: "recorded" });
  equal(replayOf(await another().enter(entry())), "late");
});

test("P-95: an owner that was overtaken passes on the other's result, never its own", async () => {
  const { engine, another, time } = world();
  const repeatable = entry({ subject: subject("repeatable") });
  const first = attemptOf(await engine.enter(repeatable));
  time.freeze(LEASE_MS + 1);
  const second = attemptOf(await another().enter(repeatable));
  equal(second.attempt, 2);
  ok(second.lease.token > first.lease.token);
  deepEqual(await first.complete(bytes("mine")), {
    kind: "superseded",
    found: { kind: "in-flight" },
  });
  await second.complete(bytes("theirs"));
  const ending = await first.complete(bytes("mine"));
  equal(ending.kind, "superseded");
  equal(ending.kind === "superseded" && replayOf(ending.found as Entered), "theirs");
});

test("P-107: a claim whose reply was lost is made again, and recognises itself", async () => {
  const { engine, faults, time } = world();
  faults.fail("claim", "loses-reply", 1);
  const entering = engine.enter(entry());
  await time.advance(STORE_TIMEOUT_MS);
  equal(attemptOf(await entering).attempt, 1);
});

test("P-107: a claim that is given up is released when the store is back", async () => {
  const { engine, faults, time } = world();
  faults.fail("claim", "loses-reply");
  const entering = rejects(engine.enter(entry()), StoreUnavailable);
  await time.advance(STORE_TIMEOUT_MS);
  await entering;
  faults.mend();
  equal((await engine.enter(entry())).kind, "in-flight");
  await time.advance(1_000);
  equal((await engine.enter(entry())).kind, "run");
});

test("a claim that is given up does not hide from the next one that an owner fell silent", async () => {
  const { engine, faults, memory, time } = world();
  // A repeatable owner that dies when it has acted.
  const silent = { ...subject("repeatable"), leaseMs: LEASE_MS, retentionMs: RETENTION_MS };
  equal((await memory.claim({ ...silent, nonce: "0".repeat(32) })).outcome, "claimed");
  const retry = entry({ subject: subject("repeatable") });
  faults.fail("claim", "down");
  const entering = rejects(engine.enter(retry), StoreUnavailable);
  await time.advance(LEASE_MS);
  await entering;
  faults.mend();
  // Time for the one that was given up to take over, and to let go.
  await time.advance(LEASE_MS * 3);
  ok(attemptOf(await engine.enter(retry)).attempt > 1);
});

test("P-105: a store that hangs counts as failed within its time limit", async () => {
  const { engine, faults, time } = world();
  faults.fail("claim", "hangs");
  let failure: unknown;
  const entering = engine.enter(entry()).catch((error: unknown) => {
    failure = error;
  });
  await time.advance(STORE_TIMEOUT_MS);
  await entering;
  ok(failure instanceof StoreUnavailable);
});

test("P-108: a completion that fails is tried again while the lease is held", async () => {
  const { engine, faults, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  faults.fail("complete", "down", 3);
  const completing = attempt.complete(bytes("done"));
  await time.advance(LEASE_MS);
  deepEqual(await completing, { kind: "recorded" });
  equal(replayOf(await engine.enter(entry())), "done");
});

test("P-109: a completion that cannot be kept is said so, and lands in the background", async () => {
  const { engine, faults, time, events } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  faults.fail("complete", "down");
  faults.fail("renew", "down");
  const completing = attempt.complete(bytes("done"));
  await time.advance(LEASE_MS * 2);
  deepEqual(await completing, { kind: "not-recorded" });
  equal((await engine.enter(entry())).kind, "in-doubt");
  faults.mend();
  await time.advance(30_000);
  equal(replayOf(await engine.enter(entry())), "done");
  ok(events.some(({ type }) => type === "recovered"));
});

test("P-109: a store that refuses the result and renews the lease is not asked for ever", async () => {
  const { engine, faults, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  faults.fail("complete", "down");
  const completing = attempt.complete(bytes("done"));
  await time.advance(LEASE_MS * 2);
  deepEqual(await completing, { kind: "not-recorded" });
  // Nobody renews any more, so that duplicates are told what is known.
  await time.advance(LEASE_MS);
  equal((await engine.enter(entry())).kind, "in-doubt");
  faults.mend();
  await time.advance(30_000);
  equal(replayOf(await engine.enter(entry())), "done");
});

test("a completion whose reply was lost is answered the same when made again", async () => {
  const { engine, faults, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  faults.fail("complete", "loses-reply", 1);
  const completing = attempt.complete(bytes("done"));
  await time.advance(LEASE_MS);
  deepEqual(await completing, { kind: "recorded" });
});

test("P-61: a release that cannot be written is tried again in the background", async () => {
  const { engine, faults, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  faults.fail("release", "down", 2);
  const releasing = attempt.release();
  await time.advance(0);
  deepEqual(await releasing, { kind: "recorded" });
  equal((await engine.enter(entry())).kind, "in-flight");
  await time.advance(5_000);
  equal((await engine.enter(entry())).kind, "run");
});

test("giving up leaves an unrepeatable record in doubt at once, and frees a repeatable one", async () => {
  const { engine, time } = world();
  await attemptOf(await engine.enter(entry())).giveUp();
  await time.advance(1);
  equal((await engine.enter(entry())).kind, "in-doubt");

  const other = world();
  const repeatable = entry({ subject: subject("repeatable") });
  await attemptOf(await other.engine.enter(repeatable)).giveUp();
  equal((await other.engine.enter(repeatable)).kind, "run");
});

for (const { finding, becomes } of [
  { finding: { happened: true, result: bytes("it did") } as const, becomes: "replay" },
  { finding: { happened: false } as const, becomes: "run" },
  { finding: undefined, becomes: "in-doubt" },
]) {
  test(`a record in doubt that is reconciled as ${JSON.stringify(finding?.happened)} becomes ${becomes}`, async () => {
    const { engine, time } = world();
    attemptOf(await engine.enter(entry()));
    time.freeze(LEASE_MS + 1);
    const entered = await engine.enter(entry({ reconcile: async () => finding }));
    equal(entered.kind, becomes);
    if (entered.kind === "replay") equal(replayOf(entered), "it did");
  });
}

test("reconciling that throws leaves the record in doubt, and is reported", async () => {
  const { engine, time, events } = world();
  attemptOf(await engine.enter(entry()));
  time.freeze(LEASE_MS + 1);
  const reconcile = async () => {
    throw new Error("the bank is closed");
  };
  equal((await engine.enter(entry({ reconcile }))).kind, "in-doubt");
  ok(events.some(({ type }) => type === "reconcile-failed"));
});

test("P-93: an owner that comes back after a person settled it gets the settled result", async () => {
  const { engine, another, time } = world();
  const attempt = attemptOf(await engine.enter(entry()));
  time.freeze(LEASE_MS + 1);
  const settled = { happened: true, result: bytes("settled") } as const;
  await another().enter(entry({ reconcile: async () => settled }));
  const ending = await attempt.complete(bytes("mine"));
  equal(ending.kind === "superseded" && replayOf(ending.found as Entered), "settled");
});

test("P-112: a damaged result is neither run nor replayed", async () => {
  const { engine, memory, events } = world();
  const claim = await memory.claim({
    ...subject(),
    leaseMs: LEASE_MS,
    retentionMs: RETENTION_MS,
    nonce: "0".repeat(32),
  });
  if (claim.outcome === "claimed") await memory.complete(claim.lease, bytes("not an envelope"));
  await rejects(engine.enter(entry()), { code: "idempotency_record_corrupt" });
  ok(events.some(({ type }) => type === "record-corrupt"));
});

/** A store whose process stands still, each time that a claim was made and its answer comes. */
function standingStill(world: { memory: MemoryStore; time: VirtualTime }, times: number): Store {
  const { memory, time } = world;
  let left = times;
  return {
    ...memory,
    async claim(request) {
      const claim = await memory.claim(request);
      if (left-- > 0) time.freeze(LEASE_MS);
      return claim;
    },
  };
}

test("an owner that stood still until its lease ended claims again before it runs", async () => {
  const here = world();
  const { over, events, memory } = here;
  const attempt = attemptOf(await over(standingStill(here, 1)).enter(entry()));
  equal(attempt.attempt, 1);
  equal((await memory.get(subject().id))?.state, "in-flight");
  ok(!events.some(({ type }) => type === "lease-lost"));
});

test("an owner that was followed before it could begin does not run", async () => {
  const here = world();
  const { over, another, memory } = here;
  const repeatable = entry({ subject: subject("repeatable") });
  const store = standingStill(here, 1);
  let follower: Entered | undefined;
  const followed = {
    ...store,
    async claim(request: ClaimRequest) {
      const claim = await store.claim(request);
      follower ??= await another().enter(repeatable);
      return claim;
    },
  };
  const entered = await over(followed).enter(repeatable);
  equal(follower?.kind, "run");
  equal(entered.kind, "in-flight");
  equal((await memory.get(subject().id))?.attempt, 2);
});

test("a store that is slower than a lease is unavailable, and its claim is let go", async () => {
  const here = world();
  const { over, memory, time } = here;
  const entered = over(standingStill(here, Number.POSITIVE_INFINITY)).enter(entry());
  await rejects(entered, { code: "idempotency_store_unavailable" });
  await time.advance(1_000);
  equal(await memory.get(subject().id), undefined);
});

for (const { verb, does } of [
  { verb: "renew", does: "a renewal that hangs" },
  { verb: "complete", does: "a completion that hangs in the background" },
  { verb: "claim", does: "a forsaken claim that hangs in the background" },
] as const) {
  test(`${does} does not keep the process from ending`, async () => {
    const { engine, faults, time } = world();
    if (verb === "claim") {
      faults.fail("claim", "down");
      const entering = rejects(engine.enter(entry()), StoreUnavailable);
      await time.advance(STORE_TIMEOUT_MS);
      await entering;
    } else {
      const attempt = attemptOf(await engine.enter(entry()));
      if (verb === "complete") {
        faults.fail("complete", "down");
        faults.fail("renew", "down");
        const completing = attempt.complete(bytes("done"));
        await time.advance(LEASE_MS * 2);
        deepEqual(await completing, { kind: "not-recorded" });
      }
    }
    faults.fail(verb, "hangs");
    const before = faults.calls.length;
    // Long enough for a call to begin, in steps that are shorter than it is given.
    for (let steps = 0; steps < 400 && faults.calls.length === before; steps++) {
      await time.advance(100);
    }
    equal(faults.calls.at(-1), verb);
    equal(time.keepingAlive(), 0);
  });
}
