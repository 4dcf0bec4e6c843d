/** The checker on histories written by hand: it must reject each bad one, and explain each good one. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { contradictionsOf, RULES } from "../src/histories/checker.ts";
import type { Call, Operation, Seen } from "../src/histories/operation.ts";

type Rule = keyof typeof RULES;
/** When it was called and when it returned; without the second it is a maybe. */
type Line = readonly [calledAt: number, returnedAt: number | undefined, call: Call];

const LEASE_MS = 100;
const RETENTION_MS = 1_000;

const claim = (nonce: string, answer?: Call["answer"], effects = "repeatable" as const): Call =>
  ({
    ...{ verb: "claim", nonce, fingerprint: "f", effects, leaseMs: LEASE_MS },
    ...{ retentionMs: RETENTION_MS, answer },
  }) as Call;
const given = (token: number, attempt = 1): Call["answer"] => ({
  outcome: "claimed",
  token,
  attempt,
});
const taken = (token: number, more: Partial<Seen> = {}): Call["answer"] => ({
  outcome: "taken",
  seen: { state: "in-flight", token, attempt: 1, fingerprint: "f", ...more },
});
const unrepeatable = (call: Call): Call => ({ ...call, effects: "unrepeatable" }) as Call;
const renew = (token: number, answer?: boolean): Call =>
  ({ verb: "renew", token, leaseMs: LEASE_MS, answer }) as Call;
const complete = (token: number, result: string, answer?: boolean): Call =>
  ({ verb: "complete", token, result, answer }) as Call;
const release = (token: number, answer?: boolean): Call =>
  ({ verb: "release", token, answer }) as Call;
const resolve = (token: number, result: string, answer?: boolean): Call =>
  ({ verb: "resolve", token, result, answer }) as Call;
const forget = (token: number, answer?: boolean): Call =>
  ({ verb: "forget", token, answer }) as Call;
const get = (answer: Seen | "absent"): Call => ({ verb: "get", answer });
const completed = (token: number, result: string): Seen => ({
  ...{ state: "completed", token, attempt: 1, fingerprint: "f", result },
});

const history = (lines: readonly Line[]): Operation[] =>
  lines.map(([calledAt, returnedAt, call]) => ({
    ...{ id: "k", by: "p", calledAt, ...call },
    ...(returnedAt === undefined ? {} : { returnedAt }),
  })) as Operation[];

const GOOD: Readonly<Record<string, readonly Line[]>> = {
  "one runs, the other is told": [
    [0, 5, claim("a", given(1))],
    [1, 6, claim("b", taken(1))],
    [20, 25, complete(1, "x", true)],
    [30, 35, claim("c", taken(1, { state: "completed", result: "x" }))],
  ],
  "a claim that is made again is the same claim": [
    [0, undefined, claim("a")],
    [50, 55, claim("a", given(1))],
    [60, 65, complete(1, "x", true)],
  ],
  "a lease that ended is followed": [
    [0, 5, claim("a", given(1))],
    [101, 106, claim("b", given(2, 2))],
    [110, 115, complete(1, "x", false)],
    [120, 125, complete(2, "y", true)],
  ],
  "a claim may have come just as the lease ended": [
    [0, 5, claim("a", given(1))],
    [90, 101, claim("b", given(2, 2))],
  ],
  "what is released is free at once": [
    [0, 5, claim("a", given(1))],
    [10, 15, release(1, true)],
    [20, 25, claim("b", given(2))],
  ],
  "a release without an answer may have been done": [
    [0, 5, claim("a", given(1))],
    [10, undefined, release(1)],
    [20, 25, claim("b", given(2))],
  ],
  "a completion without an answer may come later": [
    [0, 5, claim("a", given(1))],
    [10, undefined, complete(1, "x")],
    [20, 25, get({ ...completed(1, "x"), state: "in-flight" })],
    [30, 35, get(completed(1, "x"))],
  ],
  "a completion again is true again": [
    [0, 5, claim("a", given(1))],
    [10, undefined, complete(1, "x")],
    [20, 25, complete(1, "x", true)],
    [30, 35, get(completed(1, "x"))],
  ],
  "what did not happen is free at once": [
    [0, 5, unrepeatable(claim("a", given(1)))],
    [110, 115, forget(1, true)],
    [120, 125, unrepeatable(claim("b", given(2)))],
    [130, 135, complete(1, "x", false)],
  ],
  "what is settled may have come to be in doubt just then": [
    [0, 5, unrepeatable(claim("a", given(1)))],
    [60, 65, renew(1, true)],
    [150, 160, forget(1, true)],
  ],
  "a renewal without an answer may never have come": [
    [0, 5, unrepeatable(claim("a", given(1)))],
    [90, undefined, renew(1)],
    [110, 115, forget(1, true)],
  ],
  "who settles is refused when the owner is back": [
    [0, 5, unrepeatable(claim("a", given(1)))],
    [105, 110, renew(1, true)],
    [115, 120, forget(1, false)],
    [130, 135, complete(1, "x", true)],
  ],
  "what has expired is free": [
    [0, 5, claim("a", given(1))],
    [10, 15, complete(1, "x", true)],
    [1_020, 1_025, get("absent")],
    [1_030, 1_035, claim("b", given(2))],
  ],
  "what is resolved stays so": [
    [0, 5, unrepeatable(claim("a", given(1)))],
    [110, 115, resolve(1, "y", true)],
    [120, 125, complete(1, "x", false)],
    [130, 135, get(completed(2, "y"))],
  ],
};

const BAD: Readonly<Record<string, { rule: Rule; lines: readonly Line[] }>> = {
  "both are told that they own it": {
    rule: "a token is given to one claim",
    lines: [
      [0, 5, claim("a", given(1))],
      [1, 6, claim("b", given(1))],
    ],
  },
  "tokens begin again after a release": {
    rule: "tokens grow",
    lines: [
      [0, 5, claim("a", given(7))],
      [10, 15, release(7, true)],
      [20, 25, claim("b", given(1))],
    ],
  },
  "two own it at once": {
    rule: "a claim takes only what is free",
    lines: [
      [0, 5, claim("a", given(1))],
      [1, 6, claim("b", given(2))],
    ],
  },
  "a lease is followed before it ended": {
    rule: "a claim takes only what is free",
    lines: [
      [0, 5, claim("a", given(1))],
      [80, 99, claim("b", given(2, 2))],
    ],
  },
  "a lease is followed though it was renewed": {
    rule: "a claim takes only what is free",
    lines: [
      [0, 5, claim("a", given(1))],
      [60, 65, renew(1, true)],
      [110, 115, claim("b", given(2, 2))],
    ],
  },
  "a record in doubt is followed": {
    rule: "a claim takes only what is free",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [500, 505, unrepeatable(claim("b", given(2, 2)))],
    ],
  },
  "a refused release frees the record": {
    rule: "a claim takes only what is free",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, release(1, false)],
      [20, 25, claim("b", given(2))],
    ],
  },
  "a late owner completes what another owns": {
    rule: "a stale token writes nothing",
    lines: [
      [0, 5, claim("a", given(1))],
      [101, 106, claim("b", given(2, 2))],
      [110, 115, complete(1, "x", true)],
    ],
  },
  "a late owner renews what another owns": {
    rule: "a stale token writes nothing",
    lines: [
      [0, 5, claim("a", given(1))],
      [101, 106, claim("b", given(2, 2))],
      [110, 115, renew(1, true)],
    ],
  },
  "a late owner frees what another owns": {
    rule: "a stale token writes nothing",
    lines: [
      [0, 5, claim("a", given(1))],
      [101, 106, claim("b", given(2, 2))],
      [110, 115, release(1, true)],
    ],
  },
  "a late completion is refused though nobody followed": {
    rule: "a write of the owner is not refused",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [300, 305, complete(1, "x", false)],
    ],
  },
  "a claim that is made again loses to itself": {
    rule: "a write of the owner is not refused",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, renew(1, false)],
    ],
  },
  "what is in flight is forgotten by one who does not own it": {
    rule: "only what is in doubt is settled",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [10, 15, forget(1, true)],
    ],
  },
  "what is in flight again is forgotten": {
    rule: "only what is in doubt is settled",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [105, 110, renew(1, true)],
      [115, 120, forget(1, true)],
    ],
  },
  "what is in flight again is resolved": {
    rule: "only what is in doubt is settled",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [105, 110, renew(1, true)],
      [115, 120, resolve(1, "y", true)],
    ],
  },
  "what may be followed is forgotten": {
    rule: "only what is in doubt is settled",
    lines: [
      [0, 5, claim("a", given(1))],
      [110, 115, forget(1, true)],
    ],
  },
  "a late owner completes what was forgotten and claimed again": {
    rule: "a stale token writes nothing",
    lines: [
      [0, 5, unrepeatable(claim("a", given(1)))],
      [110, 115, forget(1, true)],
      [120, 125, unrepeatable(claim("b", given(2)))],
      [130, 135, complete(1, "x", true)],
    ],
  },
  "a completed record is in flight again": {
    rule: "completed is final",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, complete(1, "x", true)],
      [20, 25, claim("b", taken(1))],
    ],
  },
  "a completed record is gone": {
    rule: "completed is final",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, complete(1, "x", true)],
      [20, 25, get("absent")],
    ],
  },
  "a completed record is given away": {
    rule: "completed is final",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, complete(1, "x", true)],
      [200, 205, claim("b", given(2, 2))],
    ],
  },
  "two answers are read, one after the other": {
    rule: "completed is final",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, undefined, complete(1, "x")],
      [11, undefined, complete(1, "y")],
      [20, 25, get(completed(1, "x"))],
      [30, 35, get(completed(1, "y"))],
    ],
  },
  "an answer is read that nobody wrote": {
    rule: "nothing is read that was not written",
    lines: [
      [0, 5, claim("a", given(1))],
      [20, 25, get(completed(1, "z"))],
    ],
  },
  "an answer is read before it was written": {
    rule: "nothing is read that was not written",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, get(completed(1, "x"))],
      [20, 25, complete(1, "x", true)],
    ],
  },
  "an answer is read whose writing was refused": {
    rule: "nothing is read that was not written",
    lines: [
      [0, 5, claim("a", given(1))],
      [10, 15, complete(1, "x", false)],
      [20, 25, get(completed(1, "x"))],
    ],
  },
  "a record is read that nobody claimed": {
    rule: "nothing is read that was not written",
    lines: [
      [0, 5, get({ ...completed(1, "x"), state: "in-flight" })],
      [10, 15, claim("a", taken(1))],
    ],
  },
};

for (const [name, lines] of Object.entries(GOOD)) {
  test(`can be explained: ${name}`, () => {
    deepEqual(contradictionsOf(history(lines)), []);
  });
}

for (const [name, { rule, lines }] of Object.entries(BAD)) {
  test(`is rejected: ${name}`, () => {
    const rules = new Set(contradictionsOf(history(lines)).map((found) => found.rule));
    deepEqual(rules.has(rule), true, `found ${[...rules]}`);
  });
}

test("every rule has a bad history", () => {
  const used = new Set(Object.values(BAD).map(({ rule }) => rule));
  deepEqual([...used].sort(), Object.keys(RULES).sort());
});

test("keys are judged apart", () => {
  const lines = history([
    [0, 5, claim("a", given(1))],
    [1, 6, claim("b", given(2))],
  ]);
  const apart = lines.map((operation, index) => ({ ...operation, id: `k${index}` }));
  deepEqual(contradictionsOf(apart), []);
});
