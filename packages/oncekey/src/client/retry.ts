/**
 * Which failure keeps which key, and how long it waits. Pure: no clock, no randomness, no I/O.
 *
 * One rule: a key is given up only when nothing is open. A request is open once a send of it may
 * have been executed without a definite answer. A new key then would be a second order.
 */
import type { Finding, UnknownReason } from "./finding.ts";

export type Verdict =
  /** The key is used up. */
  | { readonly kind: "success" }
  /** A definite no, and nothing is open: the key is retired. */
  | { readonly kind: "rejected" }
  /** The key is kept from here on. */
  | { readonly kind: "failed" }
  | { readonly kind: "conflict" }
  | { readonly kind: "unknown"; readonly reason: UnknownReason }
  | Again;

export type Again = Extract<Finding, { kind: "again" }>;

/** What a finding means for a request, some earlier send of which is open or not. */
export function judge(finding: Finding, open: boolean, resend: boolean): Verdict {
  switch (finding.kind) {
    case "done":
      return { kind: "success" };
    case "refused":
      // Whatever spoke now may never have seen the record of the earlier send.
      return open && !finding.proven
        ? { kind: "unknown", reason: finding.reason }
        : { kind: "rejected" };
    case "failed":
    case "conflict":
      return { kind: finding.kind };
    case "again":
      return resend ? finding : { kind: "unknown", reason: finding.reason };
    case "unclear":
      return { kind: "unknown", reason: finding.reason };
  }
}

/**
 * Whether an answer ends a request that waits in a queue, so that it may go. A recorded answer does,
 * a failure and a conflict among them: it is what every later send would get, and meanwhile the
 * request would stand in the way of all behind it. "Sign in" does not, since after that it can be done.
 */
export function isDefinite(finding: Finding, open: boolean): boolean {
  if (finding.kind === "refused") return finding.reason !== "auth" && (finding.proven || !open);
  return finding.kind !== "again" && finding.kind !== "unclear";
}

export interface RetrySettings {
  /** Sends in all. What was in flight elsewhere does not count. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
}

export interface Spent {
  /** Sends that were not answered with "in flight". */
  readonly tries: number;
  readonly elapsedMs: number;
}

/** A server that asks for more is asked again all the same: nobody looks at a page for longer. */
const RETRY_AFTER_MAX_MS = 60_000;
/** A first request that runs is not asked after in a tight loop, whatever the server says. */
const IN_FLIGHT_MIN_MS = 1_000;

/** How long to wait before the next send; `undefined` ends the attempts. `chance` is in [0, 1). */
export function pause(
  { reason, waitMs }: Again,
  { tries, elapsedMs }: Spent,
  { attempts, baseMs, capMs, budgetMs }: RetrySettings & { readonly budgetMs: number },
  chance: number,
): number | undefined {
  const inFlight = reason === "in_flight";
  if (!inFlight && tries >= attempts) return undefined;
  // The server's word goes first. Else full jitter: those who failed together come back apart.
  const wished = waitMs ?? chance * Math.min(capMs, baseMs * 2 ** Math.max(0, tries - 1));
  const ms = Math.max(inFlight ? IN_FLIGHT_MIN_MS : 0, Math.min(wished, RETRY_AFTER_MAX_MS));
  return elapsedMs + ms > budgetMs ? undefined : ms;
}

/** The server's clock and ours differ, and a record that is gone means a second run. */
const RETENTION_MARGIN_MS = 3_600_000;

/** Whether a request first sent so long ago may find no record any more. It is not sent again. */
export const isExpired = (firstSentAt: number, now: number, retentionMs: number): boolean =>
  now - firstSentAt > retentionMs - RETENTION_MARGIN_MS;

/** `Retry-After` in ms from now (RFC 9110, section 10.2.3): seconds, or a date. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // `Date.parse` finds a date in "1.5" and "-1" as well; an HTTP date begins with a weekday.
  if (!/^[A-Z]/.test(value)) return undefined;
  // Against the server's own clock where it says it: ours may be hours off.
  const from = Date.parse(headers.get("date") ?? "");
  const ms = Date.parse(value) - (Number.isNaN(from) ? now : from);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
