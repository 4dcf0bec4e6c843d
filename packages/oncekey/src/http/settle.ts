/** Settles a record in doubt: what a person, or a program that looked, knows to have happened. */
import { createEnvelope, type Seal } from "../core/envelope.ts";
import type { Inspector } from "../core/inspector.ts";
import { platform } from "../core/ports.ts";
import type { Digest, Token } from "../core/record.ts";
import { resolving } from "../core/resolve.ts";
import { type HeaderLine, isLegal } from "./headers.ts";
import { encodeSnapshot } from "./snapshot.ts";

/** An answer in the application's words: what every duplicate gets from now on. */
export interface KnownAnswer {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
}

/** The bytes that a record keeps for a known answer. Throws a `TypeError` for an impossible one. */
export function snapshotOf(answer: KnownAnswer): Uint8Array {
  const { status, headers = {}, body = "" } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError("Expected `answer.status` to be an integer from 200 to 599.");
  }
  const lines: readonly HeaderLine[] = Object.entries(headers);
  if (!lines.every(isLegal)) {
    throw new TypeError("Expected `answer.headers` to hold names and values that HTTP can carry.");
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return encodeSnapshot({ kind: "answer", status, headers: lines, body: bytes });
}

/**
 * Settles a record in doubt, under the token that it was seen with: as happened, with the answer
 * that duplicates are to get, or as not happened, which lets the next retry run.
 *
 * Say that it did not happen only of what can no longer happen. An owner that merely stands still may
 * go on, and act beside the retry. One that is back by then, its lease renewed, is left alone.
 *
 * False: it is not in doubt any more under this token, and nothing was changed. Its owner came back,
 * it was completed, or another settled it. Look again.
 *
 * Give `seal` where the guard has one: otherwise the answer is kept as it is.
 */
export async function settle(
  inspector: Pick<Inspector, "resolve">,
  record: { readonly id: Digest; readonly token: Token },
  outcome: { readonly happened: true; readonly answer: KnownAnswer } | { readonly happened: false },
  options: { readonly seal?: Seal } = {},
): Promise<boolean> {
  const lease = { id: record.id, token: record.token };
  const known = outcome.happened
    ? { happened: true as const, result: snapshotOf(outcome.answer) }
    : outcome;
  return resolving(inspector, createEnvelope(platform, options.seal), lease, known)();
}
