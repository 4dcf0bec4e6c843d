/**
 * The eleven properties over one observed round. Pure, so that it can be tested on rounds known to
 * be bad: a judge that acquits everybody is worse than none.
 *
 * G9 (memory is bounded) is looked at in the storms. G11 (no decision hangs on the application's
 * clock) has no line of its own: the clocks of all processes are wrong in every round.
 */
import type { Reply } from "./client.ts";
import { expectationOf } from "./expectation.ts";
import type { Effect } from "./ledger.ts";
import type { Observation } from "./observation.ts";

export interface Violation {
  readonly property: "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "G8" | "G10" | "harness";
  readonly what: string;
}

export interface Judgement {
  readonly effects: number;
  /**
   * An owner fell behind that the harness did not stop: the machine held it up for longer than a
   * lease. What is promised for a stop is all that can be asked of it.
   */
  readonly disturbed: boolean;
  readonly violations: readonly Violation[];
}

export const LEASE_MS = 300;
/** What a busy machine of two cores adds to the end of a lease. Not a matter of milliseconds. */
const GRACE_MS = 5_000;

type Answer = Extract<Reply, { kind: "answer" }>;

export function judge(observation: Observation): Judgement {
  const effects = effectsOf(observation, observation.guest);
  const late = latecomersOf(observation);
  const violations = [
    ...wasHit(observation),
    ...countedRight(observation, effects, late),
    ...endedRight(observation),
    ...sameAnswers(observation),
    ...scopesApart(observation),
    ...mismatchRefused(observation),
    ...recordedFirst(observation),
    ...freedInTime(observation),
    ...doubtSettled(observation),
    ...oneOwner(observation),
  ];
  return { effects, disturbed: late > 0, violations };
}

const isEffect = (entry: { readonly what: string }): entry is Effect => entry.what === "effect";

const answersOf = (replies: readonly Reply[]): Answer[] =>
  replies.filter((reply) => reply.kind === "answer");

/** Where the effect is a row, the rows count; where downstream deduplicates, its keys do. */
function effectsOf({ cell, entries, legs }: Observation, guest: string): number {
  const own = entries.filter(isEffect).filter((entry) => entry.guest === guest);
  switch (cell.mode) {
    case "unrepeatable":
    case "repeatable":
      return own.length;
    case "deduplicated":
      return new Set(own.map(({ derived }) => derived)).size;
    case "transactional":
      return legs.filter((row) => row.guest === guest && row.leg === "credit").length;
  }
}

/** How often an owner fell behind, other than those that the fault held up. */
function latecomersOf(observation: Observation): number {
  const late = observation.entries.filter(
    ({ what }) => what === "lease-lost" || what === "superseded",
  );
  const held = heldUp(observation);
  return late.filter(({ pid }) => !held.has(pid)).length;
}

/** The one that was stopped, or all who ran before the store was back. */
function heldUp({ cell, entries, healedAt }: Observation): ReadonlySet<number> {
  const held = entries.filter(({ what, at }) => {
    if (cell.fault === "stop") return what === "hit";
    return cell.fault === "restart" && (what === "hit" || what === "effect") && at <= healedAt;
  });
  return new Set(held.map(({ pid }) => pid));
}

function wasHit({ entries }: Observation): Violation[] {
  if (entries.some(({ what }) => what === "hit")) return [];
  return [{ property: "harness", what: "the fault never struck" }];
}

function countedRight(
  { cell, guest, legs }: Observation,
  effects: number,
  latecomers: number,
): Violation[] {
  const found: Violation[] = [];
  const allowed = expectationOf(cell).effects;
  // Each of them may have been followed, and have acted all the same.
  const more = cell.mode === "repeatable" ? latecomers : 0;
  if (effects > Math.max(...allowed) + more) {
    found.push({ property: "G1", what: `${effects} effects` });
  } else if (effects < Math.min(...allowed) || (more === 0 && !allowed.includes(effects))) {
    const property = cell.mode === "unrepeatable" ? "harness" : "G2";
    found.push({ property, what: `${effects} effects, expected ${allowed.join(" or ")}` });
  }
  const debits = legs.filter((row) => row.guest === guest && row.leg === "debit").length;
  if (cell.mode === "transactional" && debits !== effects) {
    found.push({ property: "G1", what: `half an effect: ${debits} debits, ${effects} credits` });
  }
  return found;
}

function endedRight({ cell, finals }: Observation): Violation[] {
  const { end } = expectationOf(cell);
  const ends = new Set(finals.map(endOf));
  const [only] = ends;
  if (ends.size === 1 && (only === end || (end === "either" && isEnd(only)))) return [];
  const property = cell.mode === "unrepeatable" ? "G8" : "G2";
  return [{ property, what: `ended as ${[...ends].join(" and ")}, expected ${end}` }];
}

const isEnd = (end: string | undefined): boolean => end === "answered" || end === "in-doubt";

function endOf(reply: Reply): string {
  if (reply.kind === "answer") return "answered";
  if (reply.kind === "cut") return "cut";
  return reply.code === "idempotency_outcome_unknown" ? "in-doubt" : reply.code;
}

/** A 500 that is released is the end of one attempt and not the answer to the key. */
function isKept({ cell }: Observation, { status }: Answer): boolean {
  return status < 500 || cell.mode === "unrepeatable";
}

function sameAnswers(observation: Observation): Violation[] {
  const { sightings, finals } = observation;
  const replies = [...sightings.map(({ reply }) => reply), ...finals];
  const kept = answersOf(replies).filter((answer) => isKept(observation, answer));
  const different = new Set(kept.map(({ bytes }) => bytes)).size;
  if (different <= 1) return [];
  return [{ property: "G3", what: `${different} different answers for one key` }];
}

function scopesApart(observation: Observation): Violation[] {
  const { stranger, guest, sightings, finals } = observation;
  const found: Violation[] = [];
  const { reply } = stranger;
  const own = reply.kind === "answer" && guestIn(reply) === stranger.guest;
  if (!own) found.push({ property: "G4", what: "another principal did not get its own answer" });
  const strangers = effectsOf(observation, stranger.guest);
  if (strangers !== 1)
    found.push({ property: "G4", what: `another principal's effects: ${strangers}` });
  const answers = answersOf([...sightings.map((sighting) => sighting.reply), ...finals]);
  const foreign = answers.filter((answer) => answer.status === 201 && guestIn(answer) !== guest);
  if (foreign.length > 0) found.push({ property: "G4", what: "an answer of another principal" });
  return found;
}

const guestIn = (answer: Answer): unknown => bodyOf(answer)?.guest;

function bodyOf({ status, body }: Answer): { guest: string; token: number } | undefined {
  return status === 201 ? (JSON.parse(body) as { guest: string; token: number }) : undefined;
}

function mismatchRefused({ mismatch, entries }: Observation): Violation[] {
  const found: Violation[] = [];
  const { reply, amount } = mismatch;
  if (reply.kind !== "problem" || reply.code !== "idempotency_conflict") {
    found.push({ property: "G5", what: "another request under the key was not refused" });
  }
  if (entries.some((entry) => isEffect(entry) && entry.amount === amount)) {
    found.push({ property: "G5", what: "another request under the key was executed" });
  }
  return found;
}

/** An owner's own answer: the store had said that it is kept before the last byte left. */
function recordedFirst(observation: Observation): Violation[] {
  const { sightings, entries } = observation;
  const early = sightings.filter(({ reply, at }) => {
    if (reply.kind !== "answer" || reply.replayed || !isKept(observation, reply)) return false;
    const token = bodyOf(reply)?.token;
    return !entries.some(
      (entry) =>
        entry.what === "kept" && entry.at <= at && (token === undefined || entry.token === token),
    );
  });
  return early.length === 0 ? [] : [{ property: "G6", what: "an answer before it was recorded" }];
}

/** From the death of the owner, or the return of the store, to the first word that is final. */
function freedInTime({ cell, sightings, entries, healedAt }: Observation): Violation[] {
  const hit = entries.find(({ what }) => what === "hit");
  if (hit === undefined || cell.fault === "stop" || cell.fault === "throw") return [];
  const since = cell.fault === "restart" ? healedAt : hit.at;
  const later = sightings.filter(({ sentAt, reply }) => sentAt > since && isEnd(endOf(reply)));
  const freedAt = Math.min(...later.map(({ at }) => at));
  if (freedAt - since <= LEASE_MS + GRACE_MS) return [];
  return [{ property: "G7", what: `blocked for ${Math.round(freedAt - since)} ms` }];
}

function doubtSettled({ settling }: Observation): Violation[] {
  if (settling === undefined) return [];
  const found: Violation[] = [];
  if (!settling.wasListed) found.push({ property: "G8", what: "in doubt, and not listed" });
  if (!settling.wasSettled) found.push({ property: "G8", what: "in doubt, and not settled" });
  const right = answersOf(settling.replies).filter(({ body }) => body === settling.body);
  if (right.length !== settling.replies.length || right.length === 0) {
    found.push({ property: "G8", what: "settled, and not answered so everywhere" });
  }
  return found;
}

/** One token completes, it is the one that everybody is told of, and attempts are told apart. */
function oneOwner({ cell, guest, sightings, finals, entries, legs }: Observation): Violation[] {
  const found: Violation[] = [];
  const answers = answersOf([...sightings.map(({ reply }) => reply), ...finals]);
  const told = new Set(answers.flatMap((answer) => bodyOf(answer)?.token ?? []));
  const runs = entries.filter(isEffect).filter((entry) => entry.guest === guest);
  const kept = new Set(entries.flatMap((entry) => (entry.what === "kept" ? [entry.token] : [])));
  const owners = runs.filter(({ token }) => kept.has(token));
  if (owners.length > 1) found.push({ property: "G10", what: "two attempts were completed" });
  const attempts = new Set(runs.map(({ attempt }) => attempt));
  // Work whose transaction lost its connection has failed, and such an attempt is released as well.
  const isReleased =
    cell.fault === "throw" || (cell.fault === "restart" && cell.mode === "transactional");
  if (new Set(runs.map(({ token }) => token)).size !== runs.length) {
    found.push({ property: "G10", what: "two attempts under one token" });
  }
  if (!isReleased && attempts.size !== runs.length) {
    found.push({ property: "G10", what: "two attempts of one number" });
  }
  for (const token of told) {
    if (!runs.some((run) => run.token === token)) {
      found.push({ property: "G10", what: "an answer of an attempt that had no effect" });
    }
    if (cell.mode === "transactional" && !legs.some((leg) => leg.token === token)) {
      found.push({ property: "G10", what: "an answer of an attempt that was rolled back" });
    }
  }
  return found;
}
