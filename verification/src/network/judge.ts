/**
 * One observed round against the properties. Effects, answers and owners are judged as in the chaos
 * harness; what is added is what only a network does: an answer that never comes, a process that
 * does not recover, a COMMIT of which nobody knows.
 */
import type { Sighting } from "../chaos/client.ts";
import { judge as judgeRound } from "../chaos/judge.ts";
import type { Effect } from "../chaos/ledger.ts";
import { IDLE_MS, LEASE_MS } from "./drivers.ts";
import { commitUnknownOf, isClaimLost } from "./expectation.ts";
import type { Observation } from "./observation.ts";

export interface Judgement {
  readonly effects: number;
  /** How often the handler has begun. */
  readonly runs: number;
  /** An owner lost its lease or was overtaken: by the fault, or because the machine was busy. */
  readonly disturbed: boolean;
  readonly violations: readonly string[];
}

/** What a busy machine of two cores adds. Not a matter of milliseconds. */
const GRACE_MS = 5_000;

export function judge(observation: Observation): Judgement {
  const { effects, disturbed, violations } = judgeRound(observation.round);
  const found = violations.map(({ property, what }) => `${property}: ${what}`);
  return {
    effects,
    runs: runsOf(observation).length,
    disturbed,
    violations: [
      ...found,
      ...answered(observation),
      ...notRun(observation),
      ...freedInTime(observation),
      ...listed(observation),
      ...bothOrNone(observation),
    ],
  };
}

const runsOf = ({ round }: Observation): readonly Effect[] =>
  round.entries.flatMap((entry) =>
    entry.what === "effect" && entry.guest === round.guest ? [entry] : [],
  );

/** Both applications live: none of them may cut a caller off, or let it wait for ever. */
function answered({ round }: Observation): string[] {
  const cut = round.sightings.filter(({ reply }) => reply.kind === "cut").length;
  return cut === 0 ? [] : [`P-105: ${cut} callers were never answered`];
}

/** Fails closed: who cannot claim does not run, and says when to come again. */
function notRun({ cell, first }: Observation): string[] {
  if (!isClaimLost(cell)) return [];
  const { reply } = first;
  const isRight =
    reply.kind === "problem" && reply.code === "idempotency_store_unavailable" && reply.retryAfter;
  return isRight ? [] : [`P-105: without a claim the caller was told ${toldOf(first)}`];
}

/** What a caller was told, in a word. */
export function toldOf({ reply }: Sighting): string {
  if (reply.kind === "cut") return "nothing";
  if (reply.kind === "problem") return reply.code.replace("idempotency_", "");
  return `${reply.status}${reply.replayed ? " replayed" : ""}`;
}

/**
 * An owner that is cut off blocks its key for a lease, for everybody else as for itself. In the
 * middle of a transaction its row is held as well, until the server ends the silent session.
 */
function freedInTime({ struckAt, witnessed }: Observation): string[] {
  if (struckAt === undefined) return [];
  const ends = witnessed.filter(({ reply }) =>
    reply.kind === "problem" ? reply.code === "idempotency_outcome_unknown" : reply.kind !== "cut",
  );
  const freedAt = Math.min(...ends.map(({ at }) => at));
  if (freedAt - struckAt <= LEASE_MS + IDLE_MS + GRACE_MS) return [];
  return [`G7: blocked for ${Math.round(freedAt - struckAt)} ms`];
}

function listed({ isMissed }: Observation): string[] {
  return isMissed ? ["G8: in doubt, and not listed"] : [];
}

/** The engine has read again, and knows which it was: never twice, and never lost. */
function bothOrNone(observation: Observation): string[] {
  const unknown = commitUnknownOf(observation.cell);
  const runs = runsOf(observation);
  const [run] = runs;
  if (unknown === undefined || unknown === "unknown" || run === undefined) return [];
  const legs = observation.round.legs.filter(({ token }) => token === run.token).length;
  if (unknown === "not") {
    return legs === 0 ? [] : [`G1: ${legs} legs of a transaction that was never committed`];
  }
  const found = legs === 2 ? [] : [`G2: ${legs} legs of a transaction that was committed`];
  return runs.length === 1 ? found : [...found, `P-111: committed, and run ${runs.length} times`];
}
