/** The failover drill itself: its judge, what it finds in what is broken, and a sample of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Completed } from "oncekey";
import { MODES } from "../src/chaos/cell.ts";
import type { Reply } from "../src/chaos/client.ts";
import type { Leg } from "../src/chaos/ground.ts";
import type { Effect } from "../src/chaos/ledger.ts";
import { type Cell, DURABILITIES, drillsOf, SCENARIOS, sampleOf } from "../src/failover/cell.ts";
import { failover as play } from "../src/failover/failover.ts";
import { judge } from "../src/failover/judge.ts";
import type { Observation } from "../src/failover/observation.ts";
import { failover } from "../src/failover/program.ts";
import { limitsOf, sectionsOf } from "../src/failover/told.ts";

const ROUND = "round";

const effect = (token: number, derived = "d"): Effect => ({
  ...{ round: ROUND, pid: 1, at: token, what: "effect", guest: "ann", amount: 5 },
  ...{ token, attempt: 1, derived },
});
const legsOf = (token: number): Leg[] =>
  (["debit", "credit"] as const).map((leg) => ({ round: ROUND, guest: "ann", token, leg }));

function answer(token: number): Reply {
  const body = JSON.stringify({ token });
  return { kind: "answer", status: 201, bytes: `201\n\n${body}`, body, replayed: true };
}
const problem = (code: string): Reply => ({
  ...{ kind: "problem", status: 503, code, retryAfter: true },
});
const REFUSED = problem("idempotency_store_unavailable");
const IN_DOUBT = problem("idempotency_outcome_unknown");

const record = (token: number): Completed => ({
  ...{ id: "id", scope: "s", fingerprint: "f", effects: "repeatable", label: "l" },
  ...{ token, attempt: 1, claimedAt: 1, state: "completed", completedAt: 2, expiresAt: 3 },
  result: new Uint8Array(),
});

/** As it should be where the record is kept: answered once, and replayed by the promoted one. */
function kept(change: Partial<Observation> = {}, cell: Partial<Cell> = {}): Observation {
  return {
    cell: {
      ...{ store: "postgres", durability: "synchronous", scenario: "healthy", mode: "repeatable" },
      ...cell,
    },
    ...{ round: ROUND, before: [answer(1)], after: [answer(1)], finals: [answer(1), answer(1)] },
    ...{ entries: [effect(1)], entriesBefore: 1, legs: legsOf(1), promoted: "completed" },
    ...{ ending: record(1), copy: undefined, swallowed: 0, ...change },
  };
}

/** As it should be where the record was lost with its primary. */
function lost(change: Partial<Observation> = {}, cell: Partial<Cell> = {}): Observation {
  return kept(
    {
      ...{ after: [answer(2)], finals: [answer(2), answer(2)], promoted: "absent" },
      ...{ entries: [effect(1), effect(2)], legs: legsOf(2), ending: record(2), swallowed: 9 },
      ...change,
    },
    { durability: "asynchronous", scenario: "before-claim", ...cell },
  );
}

const properties = (observation: Observation) =>
  judge(observation).violations.map(({ property }) => property);

test("What is kept is acquitted in every mode, and so is what may be lost", () => {
  for (const mode of MODES) {
    assert.deepEqual(properties(kept({}, { mode })), [], mode);
    assert.deepEqual(properties(lost({}, { mode })), [], mode);
  }
  assert.equal(judge(lost({}, { mode: "repeatable" })).effects, 2);
  assert.equal(judge(lost({}, { mode: "deduplicated" })).effects, 1);
  assert.equal(judge(lost({}, { mode: "transactional" })).effects, 1);
});

test("A second effect is found where nothing may be lost, although every answer is the same", () => {
  for (const mode of ["unrepeatable", "repeatable"] as const) {
    const entries = [effect(1), effect(2)];
    assert.deepEqual(properties(kept({ entries }, { mode })), ["G1"], mode);
  }
  const derived = [effect(1), effect(2, "other")];
  assert.deepEqual(properties(kept({ entries: derived }, { mode: "deduplicated" })), ["G1"]);
  const legs = [...legsOf(1), ...legsOf(1)];
  assert.deepEqual(properties(kept({ legs }, { mode: "transactional" })), ["G1"]);
});

test("A third effect is more than the limit, and half an effect is not one", () => {
  const entries = [effect(1), effect(2), effect(3)];
  const thrice = lost({ entries, finals: [answer(3)], after: [], ending: record(3) });
  assert.deepEqual(properties(thrice), ["G1"]);
  const half = legsOf(2).slice(0, 1);
  const found = judge(lost({ legs: half }, { mode: "transactional" })).violations;
  assert.ok(found.some(({ what }) => what.includes("half an effect")));
});

test("An answer that was confirmed and is gone breaks what is promised of confirmation", () => {
  for (const promoted of ["absent", "unsettled"] as const) {
    assert.ok(properties(kept({ promoted })).includes("durability"), promoted);
  }
});

test("A claim that nobody confirmed must not run", () => {
  const cell = { scenario: "before-claim" } as const;
  const refused = {
    before: [REFUSED],
    promoted: "absent",
    swallowed: 9,
    entriesBefore: 0,
  } as const;
  assert.deepEqual(properties(kept(refused, cell)), []);
  assert.deepEqual(properties(kept({ ...refused, entriesBefore: 1 }, cell)), ["durability"]);
  const answered = properties(kept({ ...refused, before: [answer(1)] }, cell));
  assert.ok(answered.includes("durability"));
});

test("Two answers for one key are found, and excused only by a record that is gone", () => {
  assert.deepEqual(properties(kept({ before: [answer(7)] })), ["G3"]);
  assert.deepEqual(properties(lost({ after: [answer(1), answer(2)] })), ["G3"]);
});

test("A token that repeats or falls is found, and so is an answer of one that is not the owner", () => {
  assert.ok(properties(lost({ entries: [effect(2), effect(2)] })).includes("G10"));
  assert.ok(properties(lost({ entries: [effect(3), effect(2)] })).includes("G10"));
  assert.deepEqual(properties(lost({ ending: record(1) })), ["G10"]);
  const stranger = [effect(1), effect(3)];
  assert.deepEqual(properties(lost({ entries: stranger })), ["G10"]);
});

test("A timeline that comes back with the old primary is found", () => {
  assert.deepEqual(properties(lost({ copy: { record: record(2) } })), []);
  assert.deepEqual(properties(lost({ copy: { record: record(1) } })), ["G10"]);
  assert.deepEqual(properties(lost({ copy: { record: undefined } })), ["G10"]);
});

test("A key must end as the matrix says, everywhere, and be listed so", () => {
  const half = { scenario: "before-complete", mode: "unrepeatable" } as const;
  const doubtful = { ...record(1), state: "in-doubt", leaseEndsAt: 1 } as const;
  const inDoubt: Partial<Observation> = {
    ...{ promoted: "unsettled", after: [], finals: [IN_DOUBT, IN_DOUBT], ending: doubtful },
    entries: [effect(1)],
  };
  assert.deepEqual(properties(lost(inDoubt, half)), []);
  assert.deepEqual(properties(lost({ ...inDoubt, ending: undefined }, half)), ["G8"]);
  assert.deepEqual(properties(lost({ ...inDoubt, finals: [IN_DOUBT, answer(1)] }, half)), ["G8"]);
  assert.deepEqual(properties(kept({ finals: [{ kind: "cut" }, answer(1)] })), ["G2"]);
});

test("A drill that was not where it claims to have been has failed", () => {
  assert.deepEqual(properties(lost({ swallowed: 0 })), ["harness"]);
  assert.deepEqual(properties(lost({ before: [REFUSED] })), ["harness"]);
  assert.ok(properties(lost({ promoted: "completed" })).includes("harness"));
  assert.ok(properties(lost({}, { scenario: "stale-owner" })).includes("harness"));
});

test("A sample meets every durability once, and in time every scenario", () => {
  const all = drillsOf();
  const met = new Set<string>();
  for (let seed = 1; seed <= 8; seed++) {
    const sample = sampleOf(all, seed);
    assert.deepEqual(new Set(sample.map(({ durability }) => durability)), new Set(DURABILITIES));
    for (const { scenario } of sample) met.add(scenario);
  }
  assert.deepEqual([...met].sort(), [...SCENARIOS].sort());
});

test("Applications that wait for no replica are found out, where the cell says that they wait", async () => {
  const { cells, violations } = await play({
    selection: { durability: "replicated", scenario: "before-claim", mode: "unrepeatable" },
    ...{ seed: 7, turns: 1, breakage: "unconfirmed" },
  });
  assert.ok(violations > 0);
  const [{ violations: found, effects } = { violations: [], effects: {} }] = cells;
  assert.ok(found.some((what) => what.includes("durability: an answer was given")));
  assert.ok(found.some((what) => what.includes("G1: 2 effects")));
  assert.ok((effects as Record<number, number>)[2] !== undefined);
});

test("A store that forgets the fence is found out by an owner of the timeline that was lost", async () => {
  const { cells } = await play({
    selection: { durability: "primary", scenario: "stale-owner", mode: "deduplicated" },
    ...{ seed: 7, turns: 1, breakage: "unfenced" },
  });
  const found = cells.flatMap((cell) => cell.violations);
  assert.ok(found.some((what) => what.includes("G3: 2 different answers")));
});

test("The table says what was counted, bold where it is a limit, and how to repeat it", async () => {
  const result = await play({
    selection: { durability: "primary", scenario: "before-claim" },
    ...{ seed: 3, turns: 1 },
  });
  assert.equal(result.violations, 0);
  const [{ text } = { text: "" }] = sectionsOf(result, 3);
  assert.match(text, /\| primary \| before-claim \| \*\*2\*\*, answer lost in 3 \|/);
  assert.match(text, /--only failover --store redis .* --seed 3/);
  assert.equal(limitsOf(result.cells).length, 1);
});

test("A sample of the drill holds", async () => {
  const { holds, summary } = await failover.run(["--sample"]);
  assert.ok(holds, summary);
  assert.match(summary, /^4 failovers, 14 cells, 42 keys, 0 violations/);
});
