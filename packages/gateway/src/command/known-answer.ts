/**
 * The answer that a person attaches to a record in doubt: data and plain text within limits.
 *
 * Every duplicate gets it from now on, in the application's name, so nothing is taken that could
 * act in a browser, log somebody in, or break the connection (S-25).
 */
import { readFileSync } from "node:fs";
import type { KnownAnswer } from "oncekey";
import { Complaint, reasonOf } from "../complaint.ts";

/** As much as the library keeps of an answer, unless it is told otherwise. */
const BODY_BYTES_MAX = 1_048_576;

export interface AnswerFlags {
  readonly status?: string;
  readonly header?: readonly string[];
  readonly body?: string;
}

/** Of one connection, one person, one moment or one origin: never part of a kept answer. */
const REFUSED =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|alt-svc|content-length|content-encoding|set-cookie2?|clear-site-data|www-authenticate|authentication-info|date|age|via|access-control-.*|timing-allow-origin|retry-after|idempotency-key|idempotent-replayed)$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HARMLESS = /^(?:application\/(?:[\w.+-]+\+)?json|text\/plain)(?:\s*;|$)/i;

/** RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5. */
const BODILESS = new Set([204, 205, 304]);

/** Throws a `Complaint`. */
export function knownAnswerOf({ status, header = [], body }: AnswerFlags): KnownAnswer {
  if (!/^[2-5]\d\d$/.test(status ?? "")) {
    throw new Complaint("Expected --status to be the answer's status, from 200 to 599.");
  }
  const headers: Record<string, string> = {};
  for (const line of header) {
    const [name, value] = headerOf(line);
    if (headers[name] !== undefined) throw new Complaint(`Expected --header ${name} only once.`);
    headers[name] = value;
  }
  const bytes = body === undefined ? new Uint8Array() : bytesOf(body);
  if (bytes.length > 0 && BODILESS.has(Number(status))) {
    throw new Complaint(`Expected no --body with --status ${status}: such an answer has none.`);
  }
  if (bytes.length > 0) headers["content-type"] ??= typeOf(bytes);
  const type = headers["content-type"];
  if (type !== undefined && !HARMLESS.test(type)) {
    throw new Complaint(
      "Expected --header content-type to be JSON or text/plain: what a person attaches is data.",
    );
  }
  return { status: Number(status), headers, body: bytes };
}

function headerOf(line: string): readonly [name: string, value: string] {
  const at = line.indexOf(":");
  const name = line.slice(0, Math.max(at, 0)).toLowerCase();
  const value = line.slice(at + 1).trim();
  // The line is not shown: its value may be somebody's.
  if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) {
    throw new Complaint("Expected --header to be a line of HTTP, such as 'location: /payments/7'.");
  }
  if (!REFUSED.test(name)) return [name, value];
  throw new Complaint(
    `Expected --header without ${name}: it belongs to one exchange, and not into a kept answer.`,
  );
}

/** `-` is stdin. */
function bytesOf(body: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(body === "-" ? 0 : body);
  } catch (error) {
    throw new Complaint(`Could not read the file of --body: ${reasonOf(error)}.`);
  }
  if (bytes.length <= BODY_BYTES_MAX) return bytes;
  throw new Complaint(`Expected --body to be at most ${BODY_BYTES_MAX} bytes.`);
}

function typeOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return isJson(text) ? "application/json" : "text/plain; charset=utf-8";
  } catch {
    throw new Complaint("Expected --body to be text in UTF-8: what a person attaches is data.");
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
