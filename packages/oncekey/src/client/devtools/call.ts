/**
 * A call of `createIdempotentFetch`, told to the machine of a submit. The wrapper has no machine of
 * its own, and makes the same decisions with the same functions: so what it did can be said in the
 * machine's events, and be looked at in the same way.
 */
import type { Finding, UnknownReason } from "../finding.ts";
import { type Event, initial, phaseOf, type ServerFacts, type State } from "../reduce.ts";

/** It gives up when the wrapper does, and never before. */
const PATIENT = {
  attempts: Number.POSITIVE_INFINITY,
  baseMs: 0,
  capMs: 0,
  budgetMs: Number.POSITIVE_INFINITY,
  offline: "wait",
  asks: false,
} as const;

export const calling = (key: string): State => ({ ...initial(PATIENT), key });

type Bare = Event extends infer Each
  ? Each extends Event
    ? Omit<Each, "at" | "key" | "chance">
    : never
  : never;

/** Of a call that is going to send now. */
export function leaving({ doing, status }: State, server: ServerFacts): Bare[] {
  if (doing === "pausing") return [{ type: "due" }];
  const sent: Bare = { type: "sent", edited: false, server };
  return phaseOf(status) === "SUBMIT" ? [sent] : [{ type: "submit" }, sent];
}

/** Of a send that brought something which ends the call, or may be followed by another one. */
export const landing = (finding: Finding): Bare => ({ type: "answered", finding });

/** Of a call that waits for so long, or, without `ms`, has given up. */
export function resting({ doing }: State, reason: UnknownReason, ms: number | undefined): Bare[] {
  if (ms !== undefined) {
    const again = reason as Extract<Finding, { kind: "again" }>["reason"];
    return [{ type: "answered", finding: { kind: "again", reason: again, waitMs: ms } }];
  }
  if (doing === "sending") return [{ type: "answered", finding: { kind: "unclear", reason } }];
  if (doing !== "pausing") return [];
  return reason === "aborted" ? [{ type: "aborted" }] : [{ type: "due" }];
}
