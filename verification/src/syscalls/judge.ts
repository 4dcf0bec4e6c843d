/**
 * The fault matrix over one observed key. Pure, so that it can be tried on what is known to be bad.
 *
 * Properties are named as in the guarantees; P-105 (what is refused at the claim does not run) and
 * P-109 (what is not recorded has run) as in the protocol.
 */
import type { Reply } from "../chaos/client.ts";
import type { Leg } from "../chaos/ground.ts";
import type { Effect } from "../chaos/ledger.ts";
import type { Observation } from "./observation.ts";

/** What a run has to have seen, or it has not been where it claims to have been. */
export const SIGHTS = [
  "failed closed at the claim",
  "not recorded",
  "answered in spite of the fault",
  "in doubt",
  "rolled back, and run again",
  "a second effect of a repeatable key",
] as const;
export type Sight = (typeof SIGHTS)[number];

export interface Judgement {
  readonly effects: number;
  readonly violations: readonly string[];
  readonly sights: readonly Sight[];
}

type Answer = Extract<Reply, { kind: "answer" }>;

export function judge(observation: Observation): Judgement {
  const effects = effectsOf(observation);
  return {
    effects,
    violations: [
      ...wasHit(observation),
      ...repliedRight(observation),
      ...countedRight(observation, effects),
      ...wholeEffects(observation),
      ...recordedFirst(observation),
      ...endedRight(observation),
      ...sameAnswers(observation),
      ...settledRight(observation),
      ...observation.damage.map((what) => `file: ${what}`),
    ],
    sights: sightsOf(observation, effects),
  };
}

const isEffect = (entry: { readonly what: string }): entry is Effect => entry.what === "effect";
const runsOf = ({ entries }: Observation): Effect[] => entries.filter(isEffect);
const ownRunsOf = (observation: Observation): Effect[] =>
  runsOf(observation).filter(({ pid }) => pid === observation.ownerPid);

/** Where the effect is a row, the rows count; where downstream deduplicates, its keys do. */
function effectsOf(observation: Observation): number {
  const runs = runsOf(observation);
  switch (observation.mode) {
    case "unrepeatable":
    case "repeatable":
      return runs.length;
    case "deduplicated":
      return new Set(runs.map(({ derived }) => derived)).size;
    case "transactional":
      return observation.legs.filter(({ leg }) => leg === "credit").length;
  }
}

/** The handler's own answer: kept, and so the answer for ever. */
const isKept = (reply: Reply): reply is Answer => reply.kind === "answer" && reply.status === 201;
const isProblem = (reply: Reply, code: string): boolean =>
  reply.kind === "problem" && reply.code === code;
const isRefused = (reply: Reply): boolean => isProblem(reply, "idempotency_store_unavailable");
const isNotRecorded = (reply: Reply): boolean => isProblem(reply, "idempotency_not_recorded");
const isInDoubt = (reply: Reply): boolean => isProblem(reply, "idempotency_outcome_unknown");

function wasHit({ isStruck }: Observation): string[] {
  return isStruck ? [] : ["harness: the fault never struck"];
}

function repliedRight(observation: Observation): string[] {
  const { mode, reply, isKilled, isAlive } = observation;
  const found: string[] = [];
  const ran = ownRunsOf(observation).length;
  if (!isKilled && !isAlive) found.push("P-105: the process died of it");
  if (isRefused(reply) && ran > 0) found.push("P-105: refused at the claim, and run all the same");
  if (isNotRecorded(reply) && ran === 0) found.push("P-109: not recorded, and it never ran");
  if (reply.kind === "problem" && reply.status === 503 && !reply.retryAfter) {
    found.push("P-105: a refusal that does not say when to come again");
  }
  // The handler's own write was refused, and it threw.
  const threw = mode === "transactional" && reply.kind === "answer" && reply.status === 500;
  const died = isKilled && reply.kind === "cut";
  if (!isKept(reply) && !isRefused(reply) && !isNotRecorded(reply) && !threw && !died) {
    found.push(`P-105: the owner was told ${told(reply)}`);
  }
  return found;
}

function countedRight({ mode, reply }: Observation, effects: number): string[] {
  const may = mode === "repeatable" && !isKept(reply) ? 2 : 1;
  if (effects > may) return [`G1: ${effects} effects`];
  return effects === 0 ? ["G2: no effect, and all is over"] : [];
}

/** At no time: a reader may come between any two steps. */
function wholeEffects({ mode, legsThen, legs }: Observation): string[] {
  if (mode !== "transactional") return [];
  const count = (rows: readonly Leg[], leg: Leg["leg"]) =>
    rows.filter((row) => row.leg === leg).length;
  return [legsThen, legs].flatMap((rows) => {
    const [debits, credits] = [count(rows, "debit"), count(rows, "credit")];
    return debits === credits ? [] : [`G1: half an effect, ${debits} debits, ${credits} credits`];
  });
}

/** Whoever was answered has an answer that stays. */
function recordedFirst({ mode, reply, look, legsThen }: Observation): string[] {
  if (!isKept(reply)) return [];
  const found: string[] = [];
  if (!isKept(look) || !look.replayed || look.bytes !== reply.bytes) {
    found.push(`G6: answered, and the next one was told ${told(look)}`);
  }
  if (mode === "transactional" && legsThen.length === 0) found.push("G6: answered, and no effect");
  return found;
}

function endedRight({ mode, finals }: Observation): string[] {
  const open = finals.filter((reply) => !isKept(reply));
  if (finals.length === 0) return ["harness: nobody was asked in the end"];
  if (mode === "unrepeatable" && finals.every(isInDoubt)) return [];
  return open.length === 0 ? [] : [`G7: ended as ${[...new Set(open.map(told))].join(" and ")}`];
}

function sameAnswers(observation: Observation): string[] {
  const { reply, look, finals, mode, legs } = observation;
  const answers = [reply, look, ...finals].filter(isKept);
  const found: string[] = [];
  const different = new Set(answers.map(({ bytes }) => bytes)).size;
  if (different > 1) found.push(`G3: ${different} different answers`);
  const tokens = new Set(runsOf(observation).map(({ token }) => token));
  for (const { body } of answers) {
    const { token } = JSON.parse(body) as { readonly token: number };
    if (!tokens.has(token)) found.push("G10: an answer of an attempt that had no effect");
    if (mode === "transactional" && !legs.some((leg) => leg.token === token)) {
      found.push("G10: an answer of an attempt that was rolled back");
    }
  }
  return [...new Set(found)];
}

function settledRight({ mode, finals, settling }: Observation): string[] {
  const isOpen = mode === "unrepeatable" && finals.length > 0 && finals.every(isInDoubt);
  if (!isOpen) return [];
  if (settling === undefined) return ["G8: in doubt, and nobody could settle it"];
  const { isListed, isSettled, happened, body, reply } = settling;
  const found: string[] = [];
  if (!isListed) found.push("G8: in doubt, and not listed");
  if (!isSettled) found.push("G8: in doubt, and not settled");
  const right = happened ? reply.kind === "answer" && reply.body === body : isKept(reply);
  if (!right) found.push(`G8: settled, and the next one was told ${told(reply)}`);
  return found;
}

function sightsOf(observation: Observation, effects: number): Sight[] {
  const { mode, reply, finals, legsThen } = observation;
  const ran = ownRunsOf(observation).length > 0;
  const seen: Readonly<Record<Sight, boolean>> = {
    "failed closed at the claim": isRefused(reply) && !ran,
    "not recorded": isNotRecorded(reply) && ran,
    "answered in spite of the fault": isKept(reply),
    "in doubt": finals.length > 0 && finals.every(isInDoubt),
    "rolled back, and run again": mode === "transactional" && ran && legsThen.length === 0,
    "a second effect of a repeatable key": mode === "repeatable" && effects > 1,
  };
  return SIGHTS.filter((sight) => seen[sight]);
}

function told(reply: Reply): string {
  switch (reply.kind) {
    case "answer":
      return `${reply.status}${reply.replayed ? ", replayed" : ""}`;
    case "problem":
      return `${reply.status} ${reply.code}`;
    case "cut":
      return "nothing";
  }
}
