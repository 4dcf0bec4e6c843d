/** What the guard says itself: problems, replays, and what an owner is told that was overtaken. */
import type { Found } from "../core/attempt.ts";
import { RecordCorrupt } from "../core/errors.ts";
import { type Listener, shortened } from "../core/events.ts";
import type { Digest } from "../core/record.ts";
import { IDEMPOTENT_REPLAYED } from "../protocol/header.ts";
import { type ProblemCode, type ProblemFacts, problem } from "../protocol/problem.ts";
import type { WholeAnswer } from "./exchange.ts";
import type { HeaderLine } from "./headers.ts";
import { nameOf } from "./key.ts";
import type { GuardSettings } from "./options.ts";
import { decodeSnapshot, type Snapshot } from "./snapshot.ts";

/** A request whose key, owner and content are known. */
export interface Asked {
  readonly id: Digest;
  readonly key: string;
  /** Method and path, for people. */
  readonly label: string;
  /** Lines that prove that the key was looked at. */
  readonly echo: readonly HeaderLine[];
}

export interface Answers {
  problem(code: ProblemCode, echo?: readonly HeaderLine[], facts?: ProblemFacts): WholeAnswer;
  /** For a request that found the record taken. */
  toDuplicate(found: Found, asked: Asked): WholeAnswer;
  /** For an owner that ran, and then found that the record was not its own any more. */
  toOwner(found: Found, asked: Asked): WholeAnswer;
}

/** Statuses that never have a body, nor a length (RFC 9110, sections 15.3.5 and 15.4.5). */
const BODILESS = new Set([204, 304]);

export function createAnswers(settings: GuardSettings, report: Listener): Answers {
  const { docs, headers, maxRequestBytes } = settings;
  const common: ProblemFacts = { docs, header: nameOf(headers), maxBytes: maxRequestBytes };

  function say(
    code: ProblemCode,
    echo: readonly HeaderLine[] = [],
    facts?: ProblemFacts,
  ): WholeAnswer {
    const said = problem(code, facts === undefined ? common : { ...common, ...facts });
    return echo.length === 0 ? said : { ...said, headers: [...said.headers, ...echo] };
  }

  function toOwner(found: Found, asked: Asked): WholeAnswer {
    switch (found.kind) {
      case "in-flight":
        return say("idempotency_in_flight", asked.echo);
      case "in-doubt":
        return say("idempotency_outcome_unknown", asked.echo);
      case "mismatch":
        return say("idempotency_conflict", asked.echo);
      case "replay":
        return replay(found.result, asked);
    }
  }

  function replay(result: Uint8Array, { id, label, echo }: Asked): WholeAnswer {
    try {
      const snapshot = decodeSnapshot(result);
      if (snapshot.kind === "answer") return replayOf(snapshot, echo);
      return say("idempotency_response_not_kept", echo, { original: snapshot });
    } catch (error) {
      if (!(error instanceof RecordCorrupt)) throw error;
      report({ type: "record-corrupt", record: shortened(id), label, error });
      return say("idempotency_store_unavailable", echo);
    }
  }

  return {
    problem: say,
    toOwner,
    toDuplicate(found, asked) {
      // The deck's rule: one gets through, and every other is told so, whatever became of the one.
      if (settings.refusesDuplicates && found.kind !== "mismatch") {
        return say("idempotency_key_registered", asked.echo);
      }
      return toOwner(found, asked);
    },
  };
}

/** The kept answer, its length counted anew, with the marker and the echo. */
function replayOf(
  { status, headers, body }: Extract<Snapshot, { kind: "answer" }>,
  echo: readonly HeaderLine[],
): WholeAnswer {
  const length: readonly HeaderLine[] = BODILESS.has(status)
    ? []
    : [["Content-Length", String(body.length)]];
  return {
    status,
    headers: [...headers, ...length, [IDEMPOTENT_REPLAYED, "true"], ...echo],
    body,
  };
}
