/**
 * Every answer that oncekey makes itself, in one table (RFC 9457).
 *
 * Codes, statuses and `retryable` are stable. Titles and details are words for people. An answer
 * is retryable only when the same request under the same key can later get a better one, at no
 * risk. Nothing here ever holds a key, a scope or a body.
 */
import { IDEMPOTENCY_KEY } from "./header.ts";

export type ProblemCode =
  | "idempotency_key_required"
  | "idempotency_key_invalid"
  | "idempotency_scope_unresolved"
  | "idempotency_request_too_large"
  | "idempotency_body_unreadable"
  | "idempotency_too_late"
  | "idempotency_conflict"
  | "idempotency_in_flight"
  | "idempotency_outcome_unknown"
  | "idempotency_response_not_kept"
  | "idempotency_key_registered"
  | "idempotency_store_unavailable"
  | "idempotency_not_recorded"
  | "idempotency_upstream_failed"
  | "idempotency_upstream_unreachable";

/** What a row may name. Without it the row says less, and stays true. */
export interface ProblemFacts {
  /** Address of the application's documentation; it has an anchor for each code. */
  readonly docs?: string | undefined;
  /** The key field, as the application named it. */
  readonly header?: string | undefined;
  /** The most bytes that a request with a key may have. */
  readonly maxBytes?: number | undefined;
  /** The first answer, of which no more was kept. */
  readonly original?: { readonly status: number; readonly location?: string | undefined };
  /** For a gateway: its upstream hung up, or was silent for too long. */
  readonly upstream?: "failed" | "timed-out" | undefined;
}

/** An answer, ready to be sent. The echo of the key is the guard's to add. */
export interface Problem {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON without spaces, in UTF-8. */
  readonly body: Uint8Array;
}

interface Row {
  readonly status: number;
  readonly title: string;
  readonly detail: string | ((facts: ProblemFacts) => string);
  readonly retryable: boolean;
  /** Seconds. */
  readonly retryAfter?: number;
}

export const PROBLEMS: Readonly<Record<ProblemCode, Row>> = {
  idempotency_key_required: {
    status: 400,
    title: "Key required",
    detail: ({ header = IDEMPOTENCY_KEY }) =>
      `This operation needs ${/^[aeiox]/i.test(header) ? "an" : "a"} ${header} header.`,
    retryable: false,
  },
  idempotency_key_invalid: {
    status: 400,
    title: "Key not valid",
    detail: "The key must be one string of 1 to 255 ASCII characters.",
    retryable: false,
  },
  idempotency_scope_unresolved: {
    status: 400,
    title: "No owner",
    detail: "The server cannot tell whose key this is.",
    retryable: false,
  },
  idempotency_request_too_large: {
    status: 413,
    title: "Too large",
    detail: ({ maxBytes }) =>
      maxBytes === undefined
        ? "The request is too large to be sent with a key."
        : `A request with a key may have at most ${maxBytes} bytes.`,
    retryable: false,
  },
  idempotency_body_unreadable: {
    status: 500,
    title: "Body not readable",
    detail: "A parser took the body before it could be compared. This request was not run.",
    retryable: false,
  },
  idempotency_too_late: {
    status: 412,
    title: "Too late",
    detail: "This request was first sent longer ago than records are kept. It was not run.",
    retryable: false,
  },
  idempotency_conflict: {
    status: 422,
    title: "Key used otherwise",
    detail: "This key was used for another request.",
    retryable: false,
  },
  idempotency_in_flight: {
    status: 409,
    title: "Still running",
    detail:
      "The first request with this key is still running. Send the same request again in 1 second.",
    retryable: true,
    retryAfter: 1,
  },
  idempotency_outcome_unknown: {
    status: 409,
    title: "Outcome unknown",
    detail: ({ upstream }) =>
      upstream === undefined
        ? "The first request was interrupted. It may or may not have taken effect. " +
          "It will not be run again."
        : "The upstream gave no answer. It may or may not have acted.",
    retryable: false,
  },
  idempotency_response_not_kept: {
    status: 409,
    title: "Done, answer not kept",
    detail: ({ original }) =>
      original === undefined
        ? "The first request was answered. Its answer was not kept."
        : `The first request was answered with ${original.status}. Its body was not kept.`,
    retryable: false,
  },
  idempotency_key_registered: {
    status: 409,
    title: "Key registered",
    detail: "A request with this key was already received.",
    retryable: false,
  },
  idempotency_store_unavailable: {
    status: 503,
    title: "Not run",
    detail: "The record of this key cannot be reached or read. This request was not run.",
    retryable: true,
    retryAfter: 5,
  },
  idempotency_not_recorded: {
    status: 503,
    title: "Not recorded",
    detail:
      "The request ran, but its result could not be stored. " +
      "Sending the same request again is safe.",
    retryable: true,
    retryAfter: 1,
  },
  idempotency_upstream_failed: {
    status: 502,
    title: "No answer",
    detail: "The upstream gave no answer. Sending the same request again is safe.",
    retryable: true,
    retryAfter: 1,
  },
  idempotency_upstream_unreachable: {
    status: 502,
    title: "Not sent",
    detail: "The upstream cannot be reached. Nothing was sent.",
    retryable: true,
    retryAfter: 1,
  },
};

const utf8 = new TextEncoder();

/** The answer of a row. Members and headers always come in the same order. */
export function problem(code: ProblemCode, facts: ProblemFacts = {}): Problem {
  const row = PROBLEMS[code];
  const status = statusOf(row, facts);
  const type = typeOf(code, facts.docs);
  const body = utf8.encode(
    JSON.stringify({
      type,
      title: row.title,
      status,
      detail: typeof row.detail === "string" ? row.detail : row.detail(facts),
      code,
      retryable: row.retryable,
      original: code === "idempotency_response_not_kept" ? originalOf(facts) : undefined,
    }),
  );
  const headers: (readonly [string, string])[] = [
    ["Content-Type", "application/problem+json"],
    ["Content-Length", String(body.length)],
    // A cache that kept a refusal would go on refusing after its cause is gone.
    ["Cache-Control", "no-store"],
  ];
  if (row.retryAfter !== undefined) headers.push(["Retry-After", String(row.retryAfter)]);
  if (code === "idempotency_key_required" && facts.docs !== undefined) {
    headers.push(["Link", `<${type}>; rel="describedby"`]);
  }
  return { status, headers, body };
}

/** A gateway's answer says in its status what it saw of the upstream. */
function statusOf(row: Row, { upstream }: ProblemFacts): number {
  if (upstream === undefined) return row.status;
  return upstream === "timed-out" ? 504 : 502;
}

const typeOf = (code: ProblemCode, docs: string | undefined): string =>
  docs === undefined ? `urn:problem-type:oncekey:${code}` : `${docs}#${code}`;

/** Its members in a fixed order, whatever the order they came in. */
const originalOf = ({ original }: ProblemFacts): ProblemFacts["original"] =>
  original && { status: original.status, location: original.location };
