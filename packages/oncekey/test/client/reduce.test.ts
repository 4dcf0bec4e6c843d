/** The machine on its own: over any list of events, no intent ever has two keys that may count. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { graph } from "../../src/client/graph.ts";
import {
  type Effect,
  type Event,
  initial,
  phaseOf,
  type Reason,
  type Rules,
  reduce,
  type ServerFacts,
  type State,
  type Status,
} from "../../src/client/reduce.ts";
import { type Bare, EVENTS, explore, isDefinite, kept, OURS, RULES } from "./explore.ts";

const HOUR = 3_600_000;

interface Moved {
  readonly before: State;
  readonly after: State;
  readonly effects: readonly Effect[];
  readonly event: Event;
}

interface Life {
  readonly state: () => State;
  readonly moves: Moved[];
  tell(event: Bare, afterMs?: number): State;
}

function life(rules: Partial<Rules> = {}): Life {
  let state = initial({ ...RULES, ...rules });
  let at = 10_000;
  let made = 0;
  const moves: Moved[] = [];
  return {
    state: () => state,
    moves,
    tell(bare, afterMs = 10) {
      at += afterMs;
      const event = { ...bare, at, key: `key ${++made}`, chance: 0.5 } as Event;
      const [after, effects] = reduce(state, event);
      moves.push({ before: state, after, effects, event });
      state = after;
      return state;
    },
  };
}

/** What a platform can do to the machine: it answers what was asked, and people do anything. */
const anyMoves = fc.array(
  fc.record({
    event: fc.constantFrom(...EVENTS),
    afterMs: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
      { weight: 1, arbitrary: fc.constant(25 * HOUR) },
    ),
  }),
  { maxLength: 40 },
);
const anyRules = fc.record({
  offline: fc.constantFrom("wait" as const, "fail" as const),
  asks: fc.boolean(),
});

function forAll(check: (moved: Moved, all: readonly Moved[], index: number) => void): void {
  fc.assert(
    fc.property(anyRules, anyMoves, (rules, list) => {
      const one = life(rules);
      for (const { event, afterMs } of list) one.tell(event, afterMs);
      one.moves.forEach((moved, index, all) => {
        check(moved, all, index);
      });
    }),
    { numRuns: 3_000 },
  );
}

const does = ({ effects }: Moved, name: Effect["do"]): boolean =>
  effects.some((effect) => effect.do === name);

test("C-18: only success, a definite no, a reset and another principal retire a key", () => {
  forAll(({ before, after, event }) => {
    if (before.key === null || after.key === before.key) return;
    const retired =
      before.status === "success" ||
      after.status === "rejected" ||
      event.type === "reset" ||
      event.type === "principal" ||
      // Of an intent that never left the page, nothing is lost.
      (event.type === "restored" && before.firstSentAt === null) ||
      (event.type === "observed" && before.attempt === 0);
    ok(retired, `${before.status} + ${event.type} changed the key`);
  });
});

test("C-18: no second key is sent while the outcome of a send under the first is unknown", () => {
  fc.assert(
    fc.property(anyRules, anyMoves, (rules, list) => {
      const one = life(rules);
      const unsure = new Set<string>();
      for (const { event, afterMs } of list) {
        one.tell(event, afterMs);
        const moved = one.moves.at(-1);
        if (!moved) return;
        const { before, after } = moved;
        const ended = before.key !== null && after.key !== before.key;
        // What settles a key: its end, the person's own decision, and another person's coming.
        if (ended || ["success", "failed"].includes(after.status)) unsure.delete(before.key ?? "");
        if (does(moved, "transmit") && after.key !== null) unsure.add(after.key);
        ok(unsure.size <= 1, `two keys are open after ${event.type}`);
      }
    }),
    { numRuns: 3_000 },
  );
});

test("P-146: a no that proves nothing about an earlier, open send retires no key", () => {
  forAll(({ before, after, event }) => {
    if (event.type !== "answered" || after.status !== "rejected" || before.doing === null) return;
    ok(!before.open || (event.finding.kind === "refused" && event.finding.proven));
  });
});

test("C-18: a definite answer to a running send ends in SUCCESS, rejected, failed or conflict", () => {
  forAll(({ before, after, event }) => {
    if (event.type !== "answered" || before.doing !== "sending") return;
    if (!isDefinite(event.finding)) return;
    ok(["success", "rejected", "failed", "conflict"].includes(after.status), after.status);
  });
});

test("C-18: every path ends: answered by silence alone, a submit comes to unknown", () => {
  fc.assert(
    fc.property(anyMoves, (list) => {
      const one = life();
      for (const { event, afterMs } of list) one.tell(event, afterMs);
      one.tell({ type: "online" });
      for (let turn = 0; turn < 400 && phaseOf(one.state().status) === "SUBMIT"; turn++) {
        const { doing } = one.state();
        if (doing === "preparing") one.tell({ type: "sent", edited: false, server: OURS });
        else if (doing === "pausing" || doing === "watching") one.tell({ type: "due" }, 10_000);
        else if (doing === "sending") one.tell({ type: "lost", reason: "network" });
        else one.tell({ type: "answered", finding: { kind: "unclear", reason: "in_doubt" } });
      }
      notEqual(phaseOf(one.state().status), "SUBMIT");
    }),
    { numRuns: 1_000 },
  );
});

test("C-33: a send is written down before it leaves, each time", () => {
  forAll(({ effects }) => {
    const names = effects.map((effect) => effect.do);
    if (names.includes("transmit")) deepEqual(names.slice(-2), ["keep", "transmit"]);
  });
});

test("C-17: in SUBMIT there is at most one send or wait, and nothing else starts one", () => {
  forAll((moved) => {
    const { before, after } = moved;
    if (does(moved, "transmit") || does(moved, "wait") || does(moved, "prepare")) {
      equal(phaseOf(after.status), "SUBMIT");
    }
    if (does(moved, "prepare")) notEqual(phaseOf(before.status), "SUBMIT");
    if (does(moved, "transmit")) notEqual(before.doing, "sending");
  });
});

test("P-153: nothing is sent within an hour of the end of retention", () => {
  forAll((moved) => {
    const { after, event } = moved;
    if (!does(moved, "transmit")) return;
    ok(event.at - (after.firstSentAt ?? event.at) <= after.server.retentionMs - HOUR);
  });
});

test("C-17: an event that a state does not know changes nothing", () => {
  const one = life();
  for (const event of EVENTS) {
    if (!["sent", "answered", "lost", "due", "aborted", "check", "edited"].includes(event.type))
      continue;
    const before = one.state();
    equal(one.tell(event), before);
    deepEqual(one.moves.at(-1)?.effects, []);
  }
});

function submitted(server: ServerFacts = OURS, rules: Partial<Rules> = {}): Life {
  const one = life(rules);
  one.tell({ type: "restored" });
  one.tell({ type: "submit" });
  one.tell({ type: "sent", edited: false, server });
  return one;
}

function check(one: Life, status: Status, reason: Reason | null = null): void {
  deepEqual([one.state().status, one.state().reason], [status, reason]);
}

test("C-38: without a network the send is held, tried every 30 s, and the budget stands still", () => {
  const one = life();
  one.tell({ type: "offline" });
  one.tell({ type: "submit" });
  one.tell({ type: "sent", edited: false, server: OURS });
  check(one, "offline");
  deepEqual(one.moves.at(-1)?.effects.at(-1), { do: "wait", ms: 30_000 });
  for (let turn = 0; turn < 20; turn++) {
    one.tell({ type: "due" }, 30_000);
    one.tell({ type: "lost", reason: "network" });
    check(one, "offline");
  }
  one.tell({ type: "online" }, 3 * HOUR);
  check(one, "retrying");
  one.tell({ type: "lost", reason: "network" });
  check(one, "retrying");
});

test('C-38: with `offline: "fail"` it says at once that nothing was sent', () => {
  const one = life({ offline: "fail" });
  one.tell({ type: "offline" });
  one.tell({ type: "submit" });
  one.tell({ type: "sent", edited: false, server: OURS });
  check(one, "rejected", "offline");
  ok(!one.moves.some((moved) => does(moved, "transmit")));
});

test("C-35: a page that was loaded anew in mid-flight is unknown, under the same key", () => {
  const one = life();
  one.tell({ type: "restored", record: kept("retrying", 9_000) });
  check(one, "unknown", "reloaded");
  equal(one.state().key, "from before");
  one.tell({ type: "submit" });
  equal(one.state().key, "from before");
});

test("C-35: with its bytes it checks by itself", () => {
  const one = life();
  one.tell({ type: "restored", record: kept("retrying", 9_000), held: true });
  check(one, "submitting");
  ok(does(one.moves.at(-1) as Moved, "transmit"));
});

test("C-35: what it does by itself it does only where the server remembers keys", () => {
  const record = { ...kept("retrying", 9_000), server: { ...OURS, resend: false } };
  const one = life();
  one.tell({ type: "restored", record, held: true });
  check(one, "unknown", "reloaded");
  one.tell({ type: "check" });
  check(one, "submitting");
});

test("C-35: bytes that are found later are sent then, and only if the page still waits for them", () => {
  const one = life();
  const record = kept("retrying", 9_000);
  one.tell({ type: "restored", record });
  one.tell({ type: "restored", record: { ...record, key: "another" }, held: true });
  check(one, "unknown", "reloaded");
  one.tell({ type: "restored", record, held: true });
  check(one, "submitting");
  one.tell({ type: "answered", finding: { kind: "done" } });
  one.tell({ type: "restored", record, held: true });
  check(one, "success");
});

test("C-36: while another tab sends, this one shows its state and sends nothing", () => {
  const one = life();
  one.tell({ type: "restored", record: kept("submitting", 9_000) });
  for (const status of ["submitting", "retrying", "offline", "waiting"] as const) {
    one.tell({ type: "observed", record: kept(status, 9_000) });
    check(one, status);
    for (const type of ["submit", "online", "check"] as const) one.tell({ type });
    check(one, status);
  }
  one.tell({ type: "observed", record: kept("success", 9_000) });
  check(one, "success");
  ok(!one.moves.some((moved) => does(moved, "transmit")));
});

test("C-36: when its tab is gone, this one sends the bytes, asks, or does not know", () => {
  const orphan = (held: boolean, rules: Partial<Rules> = {}): Life => {
    const one = life(rules);
    one.tell({ type: "restored", record: kept("submitting", 9_000) });
    one.tell({ type: "observed", record: kept("submitting", 9_000), held });
    one.tell({ type: "due" });
    equal(one.state().key, "from before");
    return one;
  };
  const holder = orphan(true);
  check(holder, "submitting");
  ok(does(holder.moves.at(-1) as Moved, "transmit"));
  ok(does(orphan(false, { asks: true }).moves.at(-1) as Moved, "ask"));
  check(orphan(false), "unknown", "reloaded");
});

test("C-37: the key of a tab that sends becomes ours, until something has gone out under our own", () => {
  const record = kept("submitting", 9_000);
  const early = life();
  early.tell({ type: "restored" });
  early.tell({ type: "submit" });
  early.tell({ type: "observed", record });
  equal(early.state().key, "from before");
  const late = submitted();
  const { key } = late.state();
  late.tell({ type: "observed", record });
  equal(late.state().key, key);
});

test("C-35: a finished intent shows its status for five minutes", () => {
  const early = life();
  early.tell({ type: "restored", record: kept("success") }, 0);
  check(early, "success");
  const late = life();
  late.tell({ type: "restored", record: kept("success") }, 300_000);
  check(late, "ready");
  notEqual(late.state().key, "from before");
});

test("C-21: an edit after success starts a new intent; in any other status it changes nothing", () => {
  const one = submitted();
  const { key } = one.state();
  one.tell({ type: "edited" });
  equal(one.state().key, key);
  one.tell({ type: "answered", finding: { kind: "done" } });
  one.tell({ type: "edited" });
  check(one, "ready");
  notEqual(one.state().key, key);
});

test("C-25: without bytes and without a way to ask, a check changes nothing", () => {
  const one = life();
  one.tell({ type: "restored", record: kept("unknown", 9_000) });
  one.tell({ type: "check" });
  check(one, "unknown");
  deepEqual(one.moves.at(-1)?.effects, []);
});

test("C-23: the graph that is published is the one that the machine has", () => {
  const found = explore();
  deepEqual(graph.states, found, `graph.ts should say: ${JSON.stringify(found)}`);
});
