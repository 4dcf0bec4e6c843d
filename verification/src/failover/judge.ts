/**
 * What may be said of one key over one failover. Pure, so that it can be tested on observations
 * known to be bad: a judge that acquits everybody is worse than none.
 */
import type { Reply } from "../chaos/client.ts";
import type { Effect } from "../chaos/ledger.ts";
import { isConfirmed } from "./cell.ts";
import { expectationOf } from "./expectation.ts";
import type { Observation } from "./observation.ts";

export interface Violation {
  /** `durability`: what was said to be confirmed was not. `harness`: nothing was shown. */
  readonly property: "G1" | "G2" | "G3" | "G8" | "G10" | "durability" | "harness";
  readonly what: string;
}

export interface Judgement {
  readonly effects: number;
  /** Somebody was answered before the failover, and the record of that answer is gone. */
  readonly lost: boolean;
  /** How the key ended, in a word. */
  readonly end: string;
  readonly violations: readonly Violation[];
}

type Answer = Extract<Reply, { kind: "answer" }>;

export function judge(observation: Observation): Judgement {
  const effects = effectsOf(observation);
  const violations = [
    ...staged(observation),
    ...confirmed(observation),
    ...counted(observation, effects),
    ...ended(observation),
    ...sameAnswers(observation),
    ...oneOwner(observation),
    ...oneHistory(observation),
  ];
  const end = [...new Set(observation.finals.map(endOf))].join(" and ");
  return { effects, lost: isLost(observation), end, violations };
}

const answersOf = (replies: readonly Reply[]): Answer[] =>
  replies.filter((reply) => reply.kind === "answer");

const runsOf = ({ entries }: Observation): Effect[] =>
  entries.filter((entry) => entry.what === "effect");

const isLost = ({ before, promoted }: Observation): boolean =>
  answersOf(before).length > 0 && promoted !== "completed";

/** Where the effect is a row, the promoted server's rows count; where downstream knows keys, they. */
function effectsOf(observation: Observation): number {
  const runs = runsOf(observation);
  switch (observation.cell.mode) {
    case "unrepeatable":
    case "repeatable":
      return runs.length;
    case "deduplicated":
      return new Set(runs.map(({ derived }) => derived)).size;
    case "transactional":
      return observation.legs.filter(({ leg }) => leg === "credit").length;
  }
}

/** A drill that was not where it claims to have been shows nothing. */
function staged({ cell, before, promoted, swallowed, entries }: Observation): Violation[] {
  const found: string[] = [];
  const expected = expectationOf(cell);
  if (cell.scenario !== "healthy" && swallowed === 0) found.push("the link swallowed nothing");
  if (expected.promoted !== "any" && expected.promoted !== promoted) {
    found.push(`promoted with the record ${promoted}, expected ${expected.promoted}`);
  }
  const told = before.map(endOf);
  const isAnswered = told.at(-1) === "answered";
  const isRefused = told[0] === "idempotency_store_unavailable";
  const isAsExpected = {
    any: true,
    answered: isAnswered,
    refused: isRefused && !told.includes("answered"),
    "refused, then answered": isRefused && isAnswered,
  }[expected.first];
  if (!isAsExpected) found.push(`told ${told.join(", ")}, expected ${expected.first}`);
  if (cell.scenario === "stale-owner" && !entries.some(({ what }) => what === "superseded")) {
    found.push("the stale owner was not heard of");
  }
  return found.map((what) => ({ property: "harness", what }));
}

/** The whole of what is promised where an acknowledgement waits for another server. */
function confirmed(observation: Observation): Violation[] {
  const { cell, before, entries, entriesBefore } = observation;
  if (!isConfirmed(cell.durability) || cell.scenario === "cancelled") return [];
  const found: Violation[] = [];
  if (isLost(observation)) {
    found.push({ property: "durability", what: "an answer was given, and its record is lost" });
  }
  const ran = entries.slice(0, entriesBefore).some(({ what }) => what === "effect");
  const wasRefused = expectationOf(cell).first === "refused";
  if (wasRefused && (ran || answersOf(before).length > 0)) {
    found.push({ property: "durability", what: "a claim that nobody confirmed was run" });
  }
  return found;
}

function counted({ cell, legs }: Observation, effects: number): Violation[] {
  const found: Violation[] = [];
  const { effects: allowed } = expectationOf(cell);
  if (effects > Math.max(...allowed)) found.push({ property: "G1", what: `${effects} effects` });
  else if (!allowed.includes(effects)) {
    found.push({ property: "G2", what: `${effects} effects, expected ${allowed.join(" or ")}` });
  }
  const debits = legs.filter(({ leg }) => leg === "debit").length;
  if (cell.mode === "transactional" && debits !== effects) {
    found.push({ property: "G1", what: `half an effect: ${debits} debits, ${effects} credits` });
  }
  return found;
}

/** Everybody says the same in the end, and the promoted server's own list says so too. */
function ended({ cell, finals, ending }: Observation): Violation[] {
  const { end } = expectationOf(cell);
  const ends = new Set(finals.map(endOf));
  const [only] = ends;
  const isEnd = only === "answered" || only === "in-doubt";
  const property = cell.mode === "unrepeatable" ? "G8" : "G2";
  if (ends.size !== 1 || !(only === end || (end === "either" && isEnd))) {
    return [{ property, what: `ended as ${[...ends].join(" and ")}, expected ${end}` }];
  }
  const listed = only === "answered" ? "completed" : "in-doubt";
  if (ending?.state === listed) return [];
  return [{ property, what: `ended as ${only}, and is listed as ${ending?.state ?? "absent"}` }];
}

function endOf(reply: Reply): string {
  if (reply.kind === "answer") return "answered";
  if (reply.kind === "cut") return "cut";
  return reply.code === "idempotency_outcome_unknown" ? "in-doubt" : reply.code;
}

/** One answer before, one after; and the same one, unless its record is gone. */
function sameAnswers(observation: Observation): Violation[] {
  const { before, after, finals } = observation;
  const later = [...after, ...finals];
  const spans = isLost(observation) ? [before, later] : [[...before, ...later]];
  const different = Math.max(
    ...spans.map((replies) => new Set(answersOf(replies).map(({ bytes }) => bytes)).size),
  );
  if (different <= 1) return [];
  return [{ property: "G3", what: `${different} different answers for one key` }];
}

/** Tokens grow and do not repeat, whatever was lost, and the last answer is of one that ran. */
function oneOwner(observation: Observation): Violation[] {
  const found: Violation[] = [];
  const tokens = runsOf(observation).map(({ token }) => token);
  const isGrowing = tokens.every((token, index) => token > (tokens[index - 1] ?? 0));
  if (!isGrowing) found.push({ property: "G10", what: `the tokens ${tokens.join(", ")}` });
  const told = new Set(answersOf(observation.finals).map(tokenIn));
  for (const token of told) {
    if (!tokens.includes(token)) {
      found.push({ property: "G10", what: "an answer of an attempt that had no effect" });
    }
    if (token !== observation.ending?.token) {
      found.push({ property: "G10", what: "an answer of another attempt than the record's" });
    }
  }
  return found;
}

const tokenIn = ({ body }: Answer): number => (JSON.parse(body) as { token: number }).token;

/** The timeline that was lost stays lost: who comes back has what the promoted one has. */
function oneHistory({ ending, copy }: Observation): Violation[] {
  if (copy === undefined) return [];
  const isSame = copy.record?.token === ending?.token && copy.record?.state === ending?.state;
  return isSame ? [] : [{ property: "G10", what: "the old primary came back with its own record" }];
}
