/**
 * The contract of a store as pure functions over one key: what may be answered, and what is then.
 *
 * Written from the contract alone, for clarity, and for nothing else. Where the contract leaves
 * something open, more than one thing is possible.
 */
import type { IdempotencyRecord } from "../../src/core/record.ts";
import type { ClaimRequest } from "../../src/core/store.ts";

export type Step =
  | { readonly verb: "claim"; readonly request: ClaimRequest }
  | { readonly verb: "renew"; readonly token: number; readonly leaseMs: number }
  | { readonly verb: "complete"; readonly token: number; readonly result: Uint8Array }
  | { readonly verb: "resolve"; readonly token: number; readonly result: Uint8Array | undefined }
  | { readonly verb: "release"; readonly token: number }
  | { readonly verb: "get" };

/** What is known of a key. A new token is not known before the store has told it. */
export interface Known {
  /** The claim of the present owner. */
  readonly request: ClaimRequest;
  readonly token: number | "new";
  readonly attempt: number;
  /** Unless a claim that was made again may have changed it. */
  readonly claimedAt: number | undefined;
  readonly status:
    | { readonly kind: "owned"; readonly leaseEndsAt: number }
    | { readonly kind: "completed"; readonly completedAt: number; readonly result: Uint8Array };
}

/** Said of a claim; what a record reads as; whether a write took place. */
export type Answer =
  | { readonly outcome: "claimed"; readonly token: number | "new"; readonly attempt: number }
  | { readonly outcome: "taken"; readonly known: Known; readonly state: State }
  | { readonly outcome: "absent" }
  | boolean;

export type State = IdempotencyRecord["state"];

export interface Possible {
  readonly answer: Answer;
  readonly after: Known | undefined;
}

export function possible(known: Known | undefined, step: Step, now: number): readonly Possible[] {
  const live = known !== undefined && !isExpired(known, now) ? known : undefined;
  switch (step.verb) {
    case "claim":
      return [claim(live, step.request, now)];
    case "get":
      return [
        { answer: live === undefined ? { outcome: "absent" } : told(live, now), after: known },
      ];
    case "renew":
    case "complete":
    case "release":
    case "resolve": {
      const refused = { answer: false, after: known };
      const done = known?.token === step.token ? write(known, step, now) : undefined;
      if (done === undefined) return [refused];
      // Over, but perhaps not reaped: whether it still hears its owner is left open.
      return live === undefined ? [refused, done] : [done];
    }
  }
}

function stateOf({ request, status }: Known, now: number): State {
  if (status.kind === "completed") return "completed";
  return request.effects === "unrepeatable" && status.leaseEndsAt <= now ? "in-doubt" : "in-flight";
}

function isExpired({ request, status }: Known, now: number): boolean {
  if (status.kind === "completed") return status.completedAt + request.retentionMs <= now;
  if (request.effects === "unrepeatable") return false;
  return status.leaseEndsAt + request.retentionMs <= now;
}

function claim(live: Known | undefined, request: ClaimRequest, now: number): Possible {
  const status = { kind: "owned", leaseEndsAt: now + request.leaseMs } as const;
  if (live === undefined)
    return begun({ request, token: "new", attempt: 1, claimedAt: now, status });
  if (live.status.kind === "completed") return { answer: told(live, now), after: live };
  if (live.request.nonce === request.nonce) return begun({ ...live, claimedAt: undefined, status });

  const ended = live.status.leaseEndsAt <= now && live.request.effects !== "unrepeatable";
  if (!ended || live.request.fingerprint !== request.fingerprint) {
    return { answer: told(live, now), after: live };
  }
  return begun({ request, token: "new", attempt: live.attempt + 1, claimedAt: now, status });
}

function begun(after: Known): Possible {
  return { answer: { outcome: "claimed", token: after.token, attempt: after.attempt }, after };
}

function told(known: Known, now: number): Answer {
  return { outcome: "taken", known, state: stateOf(known, now) };
}

/** Undefined: the record is not in a state in which its owner may do that. */
function write(
  known: Known,
  step: Exclude<Step, { verb: "claim" | "get" }>,
  now: number,
): Possible | undefined {
  const state = stateOf(known, now);
  if (step.verb === "complete" && state === "completed") return { answer: true, after: known };
  if (state === "completed") return undefined;
  switch (step.verb) {
    case "renew": {
      const status = { kind: "owned", leaseEndsAt: now + step.leaseMs } as const;
      return { answer: true, after: { ...known, status } };
    }
    case "complete":
      return { answer: true, after: settled(known, step.result, now) };
    case "release":
      return { answer: true, after: undefined };
    case "resolve": {
      if (state !== "in-doubt") return undefined;
      if (step.result === undefined) return { answer: true, after: undefined };
      return { answer: true, after: { ...settled(known, step.result, now), token: "new" } };
    }
  }
}

function settled(known: Known, result: Uint8Array, now: number): Known {
  return { ...known, status: { kind: "completed", completedAt: now, result } };
}
