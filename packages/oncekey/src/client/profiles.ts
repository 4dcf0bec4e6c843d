/**
 * What the client knows of servers: how a key is written, and how each reads as an answer.
 *
 * "oncekey" is a promise that the server remembers keys. Nothing is re-sent on a server that has
 * not promised that: it would run again.
 */
import { IDEMPOTENT_REPLAYED } from "../protocol/header.ts";
import type { Finding, Problem, Told } from "./finding.ts";
import { retryAfter } from "./retry.ts";

export interface Profile {
  /** As a structured-field string (RFC 9651, section 3.3.3), or as it is. */
  readonly keyFormat: "bare" | "quoted";
  /** Methods that carry a key; all others pass untouched. */
  readonly methods: readonly string[];
  /** Whether the client may send again by itself: only where the server remembers keys. */
  readonly resend: boolean;
  /** Whether the server refuses other bytes under a key. Else the client does not send them. */
  readonly comparesBody: boolean;
  /** Whether each answer carries the key back, so that one without it deserves a warning. */
  readonly echoes?: boolean;
  /** How long the server remembers. */
  readonly retentionMs: number;
  /** What an answer means. Its body must stay unread: read a clone. */
  classify(response: Response, sent: Sent): Finding | Promise<Finding>;
}

/** What a profile is told about the request. */
export interface Sent {
  readonly key: string;
  /** The name of the field that the key went out in. */
  readonly header: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const DAY_MS = 86_400_000;
/** What may pass by itself (protocol.md P-140). */
export const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
export const SIGN_IN: readonly number[] = [401, 403, 407];
/** In the place of a status: whoever signs in gets the same answer again. */
export const RECORDED = 0;
const UNFIT = /^idempotency_(key_required|key_invalid|request_too_large|scope_unresolved)$/;

export const oncekeyServer: Profile = {
  keyFormat: "bare",
  methods: ["POST", "PATCH"],
  resend: true,
  comparesBody: true,
  echoes: true,
  retentionMs: DAY_MS,
  async classify(response, sent) {
    const { status, headers } = response;
    if (isDone(response)) return { kind: "done" };
    const marked = isMarked(response);
    const again = { kind: "again", waitMs: retryAfter(headers, sent.now) } as const;
    const problem = await readJson(response, "application/problem+json");
    const code = problem?.code;
    if (typeof code === "string" && code.startsWith("idempotency_")) {
      const reason = code === "idempotency_in_flight" ? "in_flight" : "unavailable";
      if (problem?.retryable === true && !marked) return { ...again, reason, problem };
      return ofCode(code, problem);
    }
    if (status > 499 && marked) return { kind: "failed", problem };
    if (PASSING.includes(status) && !marked) return { ...again, reason: "unavailable", problem };
    if (!isRefusal(status)) return { kind: "unclear", reason: "unavailable", problem };
    // Only what stands behind the record echoes the key: a proxy or a rate limit does not.
    const echoed = headers.get(sent.header)?.includes(sent.key) ?? false;
    return refused(marked ? RECORDED : status, marked || echoed, { problem });
  },
};

function ofCode(code: string, problem: Problem | undefined): Finding {
  if (code === "idempotency_conflict") return { kind: "conflict", problem };
  if (code === "idempotency_response_not_kept") return ofOriginal(problem);
  if (UNFIT.test(code)) {
    const reason = code.endsWith("unresolved") ? "auth" : "unproven";
    return { kind: "refused", proven: false, reason, unfit: true, problem };
  }
  if (code === "idempotency_too_late") return { kind: "unclear", reason: "expired", problem };
  const reason = code === "idempotency_key_registered" ? "registered" : "in_doubt";
  return { kind: "unclear", reason, problem };
}

/** It ran. An answer that was not kept counts as what it was. */
function ofOriginal(problem: Problem | undefined): Finding {
  const original = problem?.original as Told["original"];
  const status = original?.status ?? 0;
  if (status > 499) return { kind: "failed", problem, original };
  if (isRefusal(status)) return refused(RECORDED, true, { problem, original });
  if (status > 199) return { kind: "done", problem, original };
  return { kind: "unclear", reason: "in_doubt", problem };
}

/** A server of which nothing is known but HTTP. Nothing is sent to it twice by itself. */
export const unknownServer: Profile = {
  ...oncekeyServer,
  resend: false,
  comparesBody: false,
  echoes: false,
  classify(response) {
    const { status } = response;
    if (isDone(response)) return { kind: "done" };
    const open = [401, 408, 409, 425, 429].includes(status);
    if (isRefusal(status) && !open) return refused(status, false);
    return { kind: "unclear", reason: status === 401 ? "auth" : "unavailable" };
  },
};

export const isRefusal = (status: number): boolean => status > 399 && status < 500;

export const isMarked = ({ headers }: Response): boolean =>
  headers.get(IDEMPOTENT_REPLAYED) === "true";

export function refused(status: number, proven: boolean, told: Told = {}): Finding {
  const reason = SIGN_IN.includes(status) ? "auth" : "unproven";
  return { kind: "refused", proven, reason, ...told };
}

/** A redirect that the caller wanted to see, and not to follow, is an answer as well. */
export const isDone = ({ status, type }: Response): boolean =>
  (status > 199 && status < 400) || type === "opaqueredirect";

/** More than any problem has; less than what would hurt to hold twice. */
const PROBLEM_BYTES_MAX = 65_536;

/**
 * The members of an answer of this type, read from a copy; `undefined` for any other answer.
 * Rejects when the answer is cut off: without its code, "still running" would read as a definite no.
 */
export async function readJson(response: Response, type: string): Promise<Problem | undefined> {
  const [given = ""] = (response.headers.get("content-type") ?? "").split(";");
  if (given.trim().toLowerCase() !== type) return undefined;
  const reader = response.clone().body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    length += chunk.value.length;
    if (length > PROBLEM_BYTES_MAX) {
      void reader?.cancel().catch(() => {});
      return undefined;
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Problem) : undefined;
  } catch {
    // Whole and malformed: then the status alone speaks.
    return undefined;
  }
}
