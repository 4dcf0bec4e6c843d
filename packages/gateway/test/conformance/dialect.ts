/** How the small server speaks: as oncekey does, as Stripe documents, or as the protocol of ACP. */
import type { ServerResponse } from "node:http";
import type { Fault } from "./keyed-server.ts";

export type Word = "missing" | "invalid" | "inFlight" | "conflict";

export interface Dialect {
  readonly header: string;
  readonly marker: string;
  /** Answers, and says with which body. */
  refuse(response: ServerResponse, word: Word, has: (fault: Fault) => boolean): string;
}

interface Refused {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

function dialect(table: Readonly<Record<Word, Refused>>): Dialect {
  return {
    header: "Idempotency-Key",
    marker: "Idempotent-Replayed",
    refuse(response, word, has) {
      const { status, type, body } = table[word];
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("Content-Type", has("refuses in plain text") ? "text/plain" : type);
      if (word === "inFlight" && !has("has no Retry-After")) response.setHeader("Retry-After", "1");
      const text = JSON.stringify(body);
      const own = text.replaceAll(/idempotency_\w+/g, "key_trouble");
      const sent = has("has a code of its own") ? own : text;
      response.setHeader("Content-Length", sent.length);
      response.writeHead(status).end(sent);
      return sent;
    },
  };
}

const problem = (status: number, code: string, retryable = false): Refused => ({
  status,
  type: "application/problem+json",
  body: { type: `urn:${code}`, title: code, status, detail: code, code, retryable },
});

const flat = (status: number, code: string): Refused => ({
  status,
  type: "application/json",
  body: { type: "invalid_request", code, message: code },
});

/** As in its API reference, under Errors. */
const stripe = (status: number, type: string, code?: string): Refused => ({
  status,
  type: "application/json",
  body: { error: { type, code, message: type } },
});

export const DIALECTS = {
  oncekey: dialect({
    missing: problem(400, "idempotency_key_required"),
    invalid: problem(400, "idempotency_key_invalid"),
    inFlight: problem(409, "idempotency_in_flight", true),
    conflict: problem(422, "idempotency_conflict"),
  }),
  acp: dialect({
    missing: flat(400, "idempotency_key_required"),
    invalid: flat(400, "invalid"),
    inFlight: flat(409, "idempotency_in_flight"),
    conflict: flat(422, "idempotency_conflict"),
  }),
  stripe: dialect({
    missing: stripe(400, "invalid_request_error"),
    invalid: stripe(400, "invalid_request_error"),
    inFlight: stripe(409, "idempotency_error", "idempotency_key_in_use"),
    conflict: stripe(400, "idempotency_error"),
  }),
} satisfies Record<string, Dialect>;
