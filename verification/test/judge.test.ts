/** The judge of the chaos harness, on rounds that are known to be good and known to be bad. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, Mode } from "../src/chaos/cell.ts";
import type { Reply, Sighting } from "../src/chaos/client.ts";
import type { Leg } from "../src/chaos/ground.ts";
import { judge } from "../src/chaos/judge.ts";
import type { Effect, Entry } from "../src/chaos/ledger.ts";
import type { Observation } from "../src/chaos/observation.ts";

const ROUND = "round";
const NOTED = { round: ROUND, pid: 1 };

const effect = (change: Partial<Effect> = {}): Effect => ({
  ...{ ...NOTED, what: "effect", at: 2, guest: "ann", amount: 5 },
  ...{ token: 1, attempt: 1, derived: "d", ...change },
});
const kept = (token: number, at = 3): Entry => ({ ...NOTED, what: "kept", token, at });
const leg = (side: Leg["leg"], guest = "ann", token = 1): Leg => ({
  ...{ round: ROUND, guest, token, leg: side },
});

function answer(change: { token?: number; guest?: string; replayed?: boolean } = {}): Reply {
  const { token = 1, guest = "ann", replayed = true } = change;
  const body = JSON.stringify({ guest, token });
  return { kind: "answer", status: 201, bytes: `201\n\n${body}`, body, replayed };
}
const problem = (code: string): Reply => ({
  ...{ kind: "problem", status: 409, code, retryAfter: false },
});
const IN_DOUBT = problem("idempotency_outcome_unknown");
const seen = (reply: Reply, at = 10): Sighting => ({ reply, sentAt: at - 1, at });
const five = (reply: Reply): Reply[] => Array.from({ length: 5 }, () => reply);

function good(cell: Omit<Cell, "store">, change: Partial<Observation> = {}): Observation {
  const strangers = [effect({ guest: "bob", token: 9 }), kept(9)];
  return {
    ...{ cell: { store: "postgres", ...cell }, round: ROUND, guest: "ann", amount: 5 },
    sightings: [seen(answer({ replayed: false })), seen(answer())],
    finals: five(answer()),
    entries: [{ ...NOTED, what: "hit", at: 1 }, effect(), kept(1), ...strangers],
    legs: [leg("debit"), leg("credit"), leg("debit", "bob", 9), leg("credit", "bob", 9)],
    stranger: { guest: "bob", reply: answer({ guest: "bob", token: 9, replayed: false }) },
    mismatch: { amount: 1_005, reply: problem("idempotency_conflict") },
    ...{ settling: undefined, healedAt: 8, ...change },
  };
}

const HARMLESS = { point: "after-complete", fault: "kill" } as const;
const once = (mode: Mode, change: Partial<Observation> = {}) => good({ mode, ...HARMLESS }, change);
const withEntries = (mode: Mode, ...more: Entry[]) => {
  const fine = once(mode);
  return { ...fine, entries: [...fine.entries, ...more] };
};
const properties = (observation: Observation) =>
  judge(observation).violations.map(({ property }) => property);

test("A round in which all went well is acquitted, in every mode", () => {
  for (const mode of ["unrepeatable", "repeatable", "deduplicated", "transactional"] as const) {
    assert.deepEqual(judge(once(mode)), { effects: 1, disturbed: false, violations: [] });
  }
});

test("A second effect is found, although every answer is the same", () => {
  const second = effect({ token: 2, attempt: 2, derived: "other" });
  for (const mode of ["unrepeatable", "repeatable", "deduplicated"] as const) {
    assert.deepEqual(properties(withEntries(mode, second)), ["G1"], mode);
  }
  const rows = [...once("transactional").legs, leg("debit"), leg("credit")];
  assert.deepEqual(properties(once("transactional", { legs: rows })), ["G1"]);
});

test("A second call under the derived key of the first is no second effect", () => {
  const { violations } = judge(withEntries("deduplicated", effect({ token: 2, attempt: 2 })));
  assert.deepEqual(violations, []);
});

test("A second effect is the limit of repeatable where the owner died, and only there", () => {
  const second = effect({ token: 2, attempt: 2 });
  const died = { mode: "repeatable", point: "after-effect", fault: "kill" } as const;
  const fine = good(died);
  assert.deepEqual(properties({ ...fine, entries: [...fine.entries, second] }), []);
  const third = effect({ token: 3, attempt: 3 });
  assert.deepEqual(properties({ ...fine, entries: [...fine.entries, second, third] }), ["G1"]);
});

test("A machine that holds an owner up excuses repeatable, and nobody else", () => {
  const more: Entry[] = [
    effect({ token: 2, attempt: 2, derived: "other" }),
    { ...NOTED, what: "lease-lost", at: 3 },
  ];
  assert.deepEqual(properties(withEntries("repeatable", ...more)), []);
  assert.deepEqual(properties(withEntries("unrepeatable", ...more)), ["G1"]);
});

test("Half of an effect is found", () => {
  const legs = once("transactional").legs.slice(1);
  assert.deepEqual(properties(once("transactional", { legs })), ["G1"]);
});

test("An effect that never happened is found", () => {
  const legs = once("transactional").legs.filter(({ guest }) => guest === "bob");
  assert.ok(properties(once("transactional", { legs })).includes("G2"));
});

test("A key that never comes to an answer is found", () => {
  const finals = five(problem("idempotency_in_flight"));
  assert.deepEqual(properties(once("repeatable", { finals })), ["G2"]);
  assert.deepEqual(properties(once("unrepeatable", { finals })), ["G8"]);
});

test("Two answers for one key are found, be it in one header", () => {
  const other = { ...answer(), bytes: "201\nLink: other" } as Reply;
  const sightings = [seen(answer({ replayed: false })), seen(other)];
  assert.deepEqual(properties(once("unrepeatable", { sightings })), ["G3"]);
});

test("An answer that crosses a scope is found", () => {
  const stranger = { guest: "bob", reply: answer() };
  assert.deepEqual(properties(once("unrepeatable", { stranger })), ["G4"]);
});

test("Another request under the key that is answered, or executed, is found", () => {
  const mismatch = { amount: 1_005, reply: answer() };
  assert.deepEqual(properties(once("unrepeatable", { mismatch })), ["G5"]);
  const executed = effect({ guest: "eve", token: 7, amount: 1_005 });
  assert.deepEqual(properties(withEntries("unrepeatable", executed)), ["G5"]);
});

test("An answer that left before it was recorded is found", () => {
  const entries = once("unrepeatable").entries.filter(({ what }) => what !== "kept");
  const late = { ...once("unrepeatable"), entries: [...entries, kept(1, 11)] };
  assert.deepEqual(properties(late), ["G6"]);
});

test("A dead owner that blocks its key for too long is found", () => {
  const sightings = [seen(problem("idempotency_in_flight"), 100), seen(answer(), 20_000)];
  assert.deepEqual(properties(once("repeatable", { sightings })), ["G7"]);
});

test("Doubt that is not listed, not settled or not answered as settled is found", () => {
  const died = { mode: "unrepeatable", point: "after-effect", fault: "kill" } as const;
  const doubt = { sightings: [seen({ kind: "cut" }), seen(IN_DOUBT)], finals: five(IN_DOUBT) };
  const settled = {
    kind: "answer",
    status: 200,
    bytes: "200",
    body: "{}",
    replayed: true,
  } as const;
  const right = { wasListed: true, wasSettled: true, body: "{}", replies: five(settled) };
  const of = (change: Partial<typeof right>) =>
    properties(good(died, { ...doubt, settling: { ...right, ...change } }));
  assert.deepEqual(of({}), []);
  assert.deepEqual(of({ wasListed: false }), ["G8"]);
  assert.deepEqual(of({ wasSettled: false }), ["G8"]);
  assert.deepEqual(of({ replies: five(IN_DOUBT) }), ["G8"]);
});

test("Two owners that complete, or an answer of one that had no effect, are found", () => {
  const twice = [effect({ token: 2, attempt: 2 }), kept(2)];
  assert.deepEqual(properties(withEntries("deduplicated", ...twice)), ["G10"]);
  const finals = five(answer({ token: 4 }));
  const sightings = [seen({ kind: "cut" }), seen(answer({ token: 4 }))];
  assert.deepEqual(properties(once("unrepeatable", { sightings, finals })), ["G10"]);
  assert.ok(
    properties(withEntries("deduplicated", effect({ attempt: 2 }))).includes("G10"),
    "one token for two attempts",
  );
});

test("A round in which the fault never struck proves nothing, and says so", () => {
  const entries = once("unrepeatable").entries.filter(({ what }) => what !== "hit");
  assert.deepEqual(properties(once("unrepeatable", { entries })), ["harness"]);
});

const RESTARTED = { point: "after-effect", fault: "restart" } as const;

test("A store that was away excuses whoever ran before it came back, and nobody later", () => {
  const late: Entry = { ...NOTED, what: "lease-lost", at: 15 };
  const second = effect({ token: 2, attempt: 2, pid: 2, at: 25 });
  const third = effect({ token: 3, attempt: 3, pid: 3, at: 28 });
  const fine = good({ mode: "repeatable", ...RESTARTED });
  const of = (...more: Entry[]) => ({ ...fine, entries: [...fine.entries, ...more] });
  assert.equal(judge(of(late)).disturbed, false);
  assert.deepEqual(properties(of(late, second)), []);
  assert.deepEqual(properties(of(late, second, third)), ["G1"]);
  assert.equal(judge(of(second, { ...late, pid: 2, at: 26 })).disturbed, true);
});

test("A second effect after a restart is found, where the first was recorded or in doubt", () => {
  const second = effect({ token: 2, attempt: 2, derived: "other" });
  const recorded = good({ mode: "repeatable", point: "after-complete", fault: "restart" });
  assert.deepEqual(properties({ ...recorded, entries: [...recorded.entries, second] }), ["G1"]);
  const owned = good({ mode: "unrepeatable", ...RESTARTED });
  assert.deepEqual(properties({ ...owned, entries: [...owned.entries, second] }), ["G1"]);
});

test("A record that was lost with the store is found: its next attempt is the first again", () => {
  const again = effect({ token: 2, attempt: 1 });
  const fine = good({ mode: "repeatable", ...RESTARTED });
  assert.deepEqual(properties({ ...fine, entries: [...fine.entries, again] }), ["G10"]);
});

test("A key that is blocked long after the store has come back is found", () => {
  const sightings = [seen(problem("idempotency_in_flight"), 8_000), seen(answer(), 20_000)];
  const change = (healedAt: number) =>
    properties(good({ mode: "repeatable", ...RESTARTED }, { sightings, healedAt }));
  assert.deepEqual(change(8), ["G7"]);
  assert.deepEqual(change(19_000), []);
});
