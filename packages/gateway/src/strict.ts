/**
 * What Node's parser lets pass and another server may read in another way.
 *
 * Smuggling lives where two parsers disagree about where a request ends or whom it is for. So
 * everything with two readings is refused here, and its connection is closed.
 */
import type { IncomingMessage } from "node:http";
import { type Line, linesOf, valuesOf } from "./fields.ts";

/** No honest client sends more. Node would drop lines beyond its own limit without a word. */
const LINES_MAX = 100;

/** The status to refuse with, or nothing. */
export function refusedStatus(request: IncomingMessage): 400 | 417 | 431 | undefined {
  const lines = linesOf(request.rawHeaders);
  if (lines.length > LINES_MAX) return 431;
  if (!isFramedOnce(request, lines) || !isAddressedOnce(request, lines)) return 400;
  return isExpected(request, lines) ? undefined : 417;
}

/** RFC 9110, section 10.1.1: of any other expectation nobody knows whether its body follows. */
function isExpected(request: IncomingMessage, lines: readonly Line[]): boolean {
  if (request.httpVersion === "1.0") return true;
  return valuesOf(lines, "expect").every((value) => value.toLowerCase() === "100-continue");
}

/** RFC 9112, section 6: a body has one length, said in one way. */
function isFramedOnce(request: IncomingMessage, lines: readonly Line[]): boolean {
  const lengths = valuesOf(lines, "content-length");
  const codings = valuesOf(lines, "transfer-encoding");
  if (codings.length === 0) return lengths.length <= 1;
  const [coding = ""] = codings;
  const isChunked = codings.length === 1 && coding.toLowerCase() === "chunked";
  return isChunked && lengths.length === 0 && request.httpVersion === "1.1";
}

/** RFC 9112, section 3.2: one host; and one type, because the type says how a body is compared. */
function isAddressedOnce(request: IncomingMessage, lines: readonly Line[]): boolean {
  const hosts = valuesOf(lines, "host").length;
  const types = valuesOf(lines, "content-type").length;
  const fewest = request.httpVersion === "1.0" ? 0 : 1;
  return hosts >= fewest && hosts <= 1 && types <= 1 && isTarget(request.url ?? "");
}

/** A path and a query. Never a fragment, white space, or the authority of another server. */
const isTarget = (target: string): boolean => /^\/[^\s#\0]*$/.test(target);

/**
 * A target in absolute form is as good as one that is not (RFC 9112, section 3.2.2), but its host
 * never routes: the path and the query are what remains.
 */
export function originForm(target: string): string {
  const rest = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1];
  if (rest === undefined) return target;
  return rest.startsWith("/") ? rest : `/${rest}`;
}
