/**
 * The handler behind the guard: sends a request on, and its answer back (RFC 9110, section 7.6).
 *
 * The guard keeps what comes back. What this file adds is the upstream's silence, in the protocol's
 * words: never sent (P-129, released), or unknown (P-127, in doubt; P-128, released).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type HttpContext, optionalIdempotencyOf, type ProblemCode, problem } from "oncekey";
import { type Line, linesOf, passedOn, VIA, valuesOf } from "./fields.ts";
import { onLost } from "./lost.ts";
import { createOverhearing } from "./overhear.ts";
import type { Ask, Ended, Upstream } from "./upstream.ts";

export interface Way {
  readonly upstream: Upstream;
  readonly timeoutMs: number;
  readonly effects: "unrepeatable" | "repeatable";
  /** Names, in lower case, that are not sent on: what a stranger says about whose key it is. */
  readonly distrusted: readonly string[];
  /** What the upstream is told by the gateway alone. */
  readonly added: readonly Line[];
  /** The key's own names, in lower case. */
  readonly keyNames: readonly string[];
  readonly isTrusted: boolean;
  readonly docs: string | undefined;
}

export type Forwarded = Ended & { readonly status?: number };

/** Never rejects. The answer, whole or cut, is under way when it resolves. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  way: Way,
): Promise<Forwarded> {
  const context = optionalIdempotencyOf(request);
  // With a key the answer is wanted though the client has left: by the retry.
  const onLeft = context === undefined ? leavingOf(request, response) : undefined;
  const ended = await sendOn(request, response, way, { context, onLeft });
  if (ended.kind !== "whole") fail(response, ended, context, way);
  return { ...ended, status: response.statusCode };
}

interface Asking {
  readonly context: HttpContext | undefined;
  readonly onLeft: Ask["onLeft"];
}

/** Behind another request on a connection that is lost, the response never hears of its end. */
const leavingOf =
  (request: IncomingMessage, response: ServerResponse): Ask["onLeft"] =>
  (call) => {
    response.once("close", call);
    const unheard = onLost(request.socket, call);
    return () => {
      response.off("close", call);
      unheard();
    };
  };

async function sendOn(
  request: IncomingMessage,
  response: ServerResponse,
  way: Way,
  { context, onLeft }: Asking,
): Promise<Ended> {
  const isKeyed = context !== undefined;
  const overhearing = createOverhearing();
  let body: Ask["body"];
  try {
    body = wholeBody(request) ?? (isKeyed ? await buffer(request) : bodyOf(request));
  } catch (error) {
    return { kind: "never-sent", error };
  }
  const ask: Ask = {
    method: request.method ?? "GET",
    target: request.url ?? "/",
    lines: requestLines(request, way, isKeyed),
    body,
    timeoutMs: way.timeoutMs,
    onLeft,
  };
  return way.upstream.send(ask, {
    information: (status, lines) => inform(response, status, lines),
    head(status, reason, lines) {
      if (isKeyed) overhearing.head(lines);
      response.writeHead(status, reason, responseLines(request, status, lines).flat() as never);
      // A stream may have nothing to say for long after its head. An answer with a key goes with
      // its first byte: until one has left, the guard can say that the record is not safe.
      if (!isKeyed || isEventStream(lines)) response.flushHeaders();
    },
    chunk(bytes, resume) {
      overhearing.chunk(bytes);
      if (response.write(bytes)) return true;
      // Whoever does not read holds a connection of the upstream, and a key in flight. With an error,
      // so that it counts as the client's leaving: what it asked for goes on, and is kept.
      const leave = () => request.socket.destroy(new Error("The client does not read."));
      const stalled = setTimeout(leave, way.timeoutMs);
      const over = () => clearTimeout(stalled);
      response.once("drain", () => {
        over();
        response.off("close", over);
        resume();
      });
      response.once("close", over);
      return false;
    },
    whole(trailers) {
      if (overhearing.speaksOfTheKey()) context?.release();
      const last = passedOn(trailers, isFraming);
      if (last.length > 0 && mayTrail(request)) response.addTrailers(last as [string, string][]);
      response.end();
    },
  });
}

const isEventStream = (lines: readonly Line[]): boolean =>
  valuesOf(lines, "content-type").some((type) => /^text\/event-stream\b/i.test(type));

/** P-127 to P-129: what is said of an upstream that gave no whole answer. */
function fail(
  response: ServerResponse,
  ended: Exclude<Ended, { kind: "whole" }>,
  context: HttpContext | undefined,
  { effects, docs }: Way,
): void {
  if (response.headersSent) {
    // A part has left. The guard hears that there is no whole answer, and the client sees it.
    response.destroy();
    return;
  }
  // What the upstream began to say, and could not be sent.
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const upstream = ended.kind === "never-sent" ? undefined : ended.why;
  if (context === undefined) {
    response.writeHead(upstream === "timed-out" ? 504 : 502, { "Content-Type": "text/plain" });
    response.end(
      ended.kind === "never-sent" ? "Upstream unreachable." : "No answer from upstream.",
    );
    return;
  }
  if (ended.kind === "never-sent") context.release();
  else context.giveUp();
  const { status, headers, body } = problem(codeOf(ended, effects), { docs, upstream });
  response.writeHead(status, headers.flat() as never);
  response.end(body);
}

function codeOf(ended: Ended, effects: Way["effects"]): ProblemCode {
  if (ended.kind === "never-sent") return "idempotency_upstream_unreachable";
  return effects === "repeatable" ? "idempotency_upstream_failed" : "idempotency_outcome_unknown";
}

/** The head that the upstream gets: framing made new, and who asked. */
function requestLines(request: IncomingMessage, way: Way, isKeyed: boolean): Line[] {
  const { upstream, distrusted, added, keyNames, isTrusted } = way;
  const all = linesOf(request.rawHeaders);
  const isReplaced = (name: string) =>
    name === "expect" ||
    name === "trailer" ||
    (name === "content-length" && isKeyed) ||
    (name === "host" && upstream.host === "upstream") ||
    (name === "accept-encoding" && isKeyed) ||
    // A marker is an answer's. No request's can be believed (S-21).
    (name.startsWith("idempotent-") && !keyNames.includes(name)) ||
    distrusted.includes(name) ||
    name.startsWith("x-forwarded-");
  const lines = passedOn(all, isReplaced);
  if (upstream.host === "upstream") lines.unshift(["Host", upstream.url.host]);
  // The kept answer has to suit every client (P-134).
  if (isKeyed) lines.push(["Accept-Encoding", "identity"]);
  lines.push(...added, ...forwardedLines(request, all, isTrusted), VIA);
  return lines;
}

/** Who asked, added to what a trusted proxy says and in place of what a stranger does. */
function forwardedLines(
  request: IncomingMessage,
  lines: readonly Line[],
  isTrusted: boolean,
): Line[] {
  const said = (name: string) => (isTrusted ? valuesOf(lines, name) : []);
  const hops = [...said("x-forwarded-for"), request.socket.remoteAddress ?? "unknown"];
  const host = said("x-forwarded-host")[0] ?? request.headers.host;
  const others = isTrusted
    ? lines.filter(([name]) => /^x-forwarded-(?!for$|host$|proto$)/i.test(name))
    : [];
  return [
    ["X-Forwarded-For", hops.join(", ")],
    ["X-Forwarded-Proto", said("x-forwarded-proto")[0] ?? "http"],
    ...(host === undefined ? [] : [["X-Forwarded-Host", host] as const]),
    ...others,
  ];
}

/**
 * A body that has come already, which most are that fit one packet: as bytes, since a stream of them
 * costs more than all else here.
 */
function wholeBody(request: IncomingMessage): Uint8Array | undefined {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  const isHere = request.complete && request.readableLength === Number(length);
  if (coding !== undefined || !isHere || request.readableLength === 0) return undefined;
  return request.read() ?? undefined;
}

/** A body without a key streams through. Nothing is read of a request that has none. */
function bodyOf(request: IncomingMessage): Ask["body"] {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding === undefined && (length ?? "0") === "0" ? null : request;
}

/** RFC 9112, section 6.3: with a coding the length means nothing, and the coding stays behind. */
function responseLines(request: IncomingMessage, status: number, lines: readonly Line[]): Line[] {
  const isCoded = valuesOf(lines, "transfer-encoding").length > 0;
  const hasTrailers = isCoded && mayTrail(request) && status !== 204 && status !== 304;
  const passed = passedOn(
    lines,
    (name) => (name === "content-length" && isCoded) || (name === "trailer" && !hasTrailers),
  );
  return [...passed, VIA];
}

const mayTrail = (request: IncomingMessage): boolean =>
  request.httpVersion === "1.1" && request.method !== "HEAD";

/** RFC 9110, section 6.5.1: what a trailer must not change after the fact. */
const FRAMING = new Set(["content-length", "host", "trailer", "content-encoding", "content-type"]);
const isFraming = (name: string): boolean => FRAMING.has(name);

/** Early hints pass; others of the 100s are between two neighbours, or Node's own. */
function inform(response: ServerResponse, status: number, lines: readonly Line[]): void {
  if (status !== 103 || response.headersSent || response.destroyed) return;
  const hints: Record<string, string[]> = {};
  for (const [name, value] of passedOn(lines, isFraming)) {
    const lower = name.toLowerCase();
    hints[lower] = [...(hints[lower] ?? []), value];
  }
  if (hints.link !== undefined) response.writeEarlyHints(hints);
}
