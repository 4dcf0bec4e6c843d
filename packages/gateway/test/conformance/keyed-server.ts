/**
 * A small server of idempotency keys before the restaurant, and everything that can be wrong with
 * one. Without a fault it does right; with one it is wrong in that way alone.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, type Field, field } from "../../src/conformance/answer.ts";
import { exchange } from "../../src/conformance/wire.ts";
import { DIALECTS, type Dialect, type Word } from "./dialect.ts";
import { fingerprint } from "./fingerprint.ts";
import { openRestaurant } from "./restaurant.ts";
import { type Serving, serve } from "./serving.ts";

export type Fault =
  | "forgets everything"
  | "refuses every retry"
  | "replays with status 200"
  | "has no marker"
  | "marks the first"
  | "ignores another body"
  | "lets another body take over the record"
  | "ignores the path"
  | "ignores the query"
  | "looks up, then runs"
  | "keeps the refusal of a duplicate"
  | "has no Retry-After"
  | "runs one key at a time"
  | "says wait before mismatch"
  | "keeps the quotes"
  | "takes a blank key"
  | "takes several keys"
  | "takes a key of any length"
  | "takes 100 characters"
  | "folds the case of keys"
  | "has no echo"
  | "drops a 5xx"
  | "drops a 4xx"
  | "replays Retry-After"
  | "joins the lines of a field"
  | "replays cookies"
  | "keeps text"
  | "keeps no fields"
  | "keeps the beginning"
  | "compares Accept"
  | "compares bytes"
  | "drops nulls"
  | "ignores who asks"
  | "covers GET"
  | "covers PUT"
  | "refuses in plain text"
  | "has a code of its own"
  | "lets a missing key through"
  | "claims before the body"
  | "forgets whom the client left"
  | "remembers without a key"
  | "refuses quotes"
  | "refuses escapes"
  | "takes parameters for the key"
  | "takes any field"
  | "knows one spelling of its field"
  | "takes letters and digits alone"
  | "returns a marker"
  | "keeps the answer late"
  | "runs again what it did not keep"
  | "rounds numbers"
  | "compares the media type as text"
  | "compares the query as text"
  | "takes a request of any length"
  | "forgets what was cut"
  | "refuses early data"
  | "reads the body first"
  | "writes past the end"
  | "takes two framings"
  | "ignores Connection";

type Has = (fault: Fault) => boolean;

interface Kept {
  readonly print: string;
  answer: Answer | undefined;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly body: Uint8Array;
  readonly has: Has;
  readonly dialect: Dialect;
}

/** Of one exchange, and so no part of the result. */
const NOT_KEPT = /^(?:set-cookie|x-request-id|retry-after|date|connection|keep-alive)$/i;
/** Most of a request, and most of an answer that is kept. */
const BYTES_MAX = 1024 * 1024;
/** Later than a client needs to ask again. */
const LATE_MS = 3_000;

export async function serveKeyed(
  fault?: Fault,
  dialect: Dialect = DIALECTS.oncekey,
): Promise<Serving> {
  const has = (asked: Fault): boolean => asked === fault;
  const restaurant = openRestaurant();
  const inner = await serve((request, response) => void restaurant.handle(request, response));
  const records = new Map<string, Kept>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/runs") {
      return void response.end(JSON.stringify({ runs: restaurant.runs() }));
    }
    const refuse = (word: Word): void => {
      const body = dialect.refuse(response, word, has);
      if (has("writes past the end")) request.socket.write(body);
    };
    const covered = ["POST", ...(has("covers PUT") ? ["PUT"] : [])];
    if (has("covers GET")) covered.push("GET", "HEAD");
    const early = has("reads the body first") ? await whole(request) : undefined;
    const lines = keyLines(request, dialect, has);
    const passes = !covered.includes(request.method ?? "");
    if (passes || (lines === undefined && has("lets a missing key through"))) {
      return send(response, await forward(request, await whole(request)));
    }
    if (lines === undefined) return refuse("missing");
    const key = keyIn(lines, has);
    if (!has("has no echo")) response.setHeader(dialect.header, lines);
    const hops = has("ignores Connection") ? "" : (request.headers.connection ?? "");
    if (key === undefined || hops.includes(dialect.header)) return refuse("invalid");
    const user = has("ignores who asks") ? "anyone" : request.headers["x-user"];
    if (user === undefined) return refuse("invalid");
    const id = JSON.stringify([user, has("folds the case of keys") ? key.toLowerCase() : key]);
    if (has("claims before the body")) {
      if (records.has(id)) return refuse("inFlight");
      records.set(id, { print: "", answer: undefined });
    }
    const body = early ?? (await whole(request));
    if (has("claims before the body")) records.delete(id);
    const tooLarge = body.length > BYTES_MAX && !has("takes a request of any length");
    if (tooLarge) return void response.writeHead(413).end();
    await keyed({ request, response, id, body, has, dialect }, refuse);
  }

  async function keyed(call: Call, refuse: (word: Word) => void): Promise<void> {
    const print = fingerprint(call.request, call.body, has);
    const kept = records.get(call.id);
    if (kept === undefined || has("forgets everything")) return first(call, print);
    const differs = kept.print !== print;
    if (kept.answer === undefined && (!differs || has("says wait before mismatch"))) {
      if (has("keeps the refusal of a duplicate")) records.set(call.id, REFUSED(print));
      return refuse("inFlight");
    }
    if (differs && has("lets another body take over the record")) {
      records.set(call.id, { print, answer: kept.answer });
    }
    if (differs && !has("ignores another body")) return refuse("conflict");
    if (has("refuses every retry")) return refuse("inFlight");
    if (kept.answer === undefined) return;
    if (kept.answer.body.length > BYTES_MAX) {
      return has("runs again what it did not keep") ? first(call, print) : refuse("inFlight");
    }
    if (has("refuses early data") && call.request.headers["early-data"] !== undefined) {
      return void call.response.writeHead(425).end();
    }
    replay(call, kept.answer);
  }

  async function first(call: Call, print: string): Promise<void> {
    const { request, response, id } = call;
    if (has("runs one key at a time") && [...records.values()].some(isRunning)) {
      return void response.writeHead(429).end();
    }
    const record: Kept = { print, answer: undefined };
    if (!has("looks up, then runs")) records.set(id, record);
    let gone = false;
    response.once("close", () => {
      gone = !response.writableFinished;
    });
    // Whoever cuts the connection leaves the record as it is: nobody knows what came of it.
    const result = await forward(request, call.body).catch((error: unknown) => {
      if (has("forgets what was cut")) records.delete(id);
      throw error;
    });
    if (has("keeps the answer late")) setTimeout(() => (record.answer ??= result), LATE_MS).unref();
    else record.answer ??= result;
    if (!has("keeps the refusal of a duplicate")) records.set(id, record);
    const dropped = { 4: has("drops a 4xx"), 5: has("drops a 5xx") }[(result.status / 100) | 0];
    if (dropped || (gone && has("forgets whom the client left"))) records.delete(id);
    const returned = has("returns a marker") && request.headers[dialect.marker.toLowerCase()];
    if (has("marks the first") || returned) response.setHeader(dialect.marker, "true");
    send(response, result);
  }

  function replay({ response }: Call, kept: Answer): void {
    if (!has("has no marker")) response.setHeader(dialect.marker, "true");
    const fields = kept.fields.filter(([name]) => isReplayed(name, has));
    const joined = has("joins the lines of a field") ? join(kept) : fields;
    const status = has("replays with status 200") ? 200 : kept.status;
    send(response, {
      status,
      fields: has("keeps no fields") ? [] : joined,
      body: keptBody(kept.body, has),
    });
  }

  function forward(request: IncomingMessage, body: Uint8Array): Promise<Answer> {
    const url = new URL(request.url ?? "/", inner.url);
    const outgoing = { url, method: request.method ?? "", fields: [], body };
    return exchange(outgoing, { timeoutMs: 10_000 });
  }

  const outer = await serve(
    (request, response) => {
      answer(request, response).catch(() => request.socket.destroy());
    },
    { insecureHTTPParser: has("takes two framings") },
  );
  return {
    url: outer.url,
    close: async () => void (await Promise.all([outer.close(), inner.close()])),
  };
}

const isRunning = ({ answer }: Kept): boolean => answer === undefined;

const REFUSED = (print: string): Kept => ({
  print,
  answer: { status: 409, fields: [], body: new Uint8Array() },
});

function isReplayed(name: string, has: Has): boolean {
  if (has("replays cookies") && /^set-cookie$/i.test(name)) return true;
  if (has("replays Retry-After") && /^retry-after$/i.test(name)) return true;
  return !NOT_KEPT.test(name);
}

function join(answer: Answer): Field[] {
  const names = new Set(answer.fields.map(([name]) => name).filter((name) => !NOT_KEPT.test(name)));
  return [...names].map((name) => [name, field(answer, name) ?? ""]);
}

function keptBody(body: Uint8Array, has: Has): Uint8Array {
  if (has("keeps text")) return Buffer.from(Buffer.from(body).toString("utf8"));
  return has("keeps the beginning") ? body.subarray(0, 64 * 1024) : body;
}

/** Undefined: there is no key field. */
function keyLines(
  request: IncomingMessage,
  { header }: Dialect,
  has: Has,
): readonly string[] | undefined {
  const spelled = request.rawHeaders.some((name) => name === header);
  if (has("knows one spelling of its field") && !spelled) return undefined;
  const lines = request.headersDistinct[header.toLowerCase()];
  return lines ?? (has("remembers without a key") ? ["none"] : undefined);
}

/** Undefined: not valid. As in RFC 9651, or bare. */
function keyIn(lines: readonly string[], has: Has): string | undefined {
  const line = lines.join(", ");
  if (has("takes any field")) return line;
  if (has("refuses quotes") && line.startsWith('"')) return undefined;
  if (has("refuses escapes") && line.includes("\\")) return undefined;
  if (has("takes parameters for the key") && line.includes(";")) return line;
  if (has("takes letters and digits alone") && /[^\w"-]/.test(line)) return undefined;
  if (has("takes several keys") && line.includes(",")) return line;
  if (has("keeps the quotes") && /^"[^"]+"$/.test(line)) return line;
  const string = /^"((?:[ !#-[\]-~]|\\["\\])*)"(?:; *[a-z]+=\d+)*$/.exec(line)?.[1];
  const bare = /^[!#-+\--:<-~]*$/.test(line) ? line : undefined;
  const key = string?.replaceAll(/\\(.)/g, "$1") ?? bare;
  if (key?.trim() === "" && has("takes a blank key")) return key;
  if (key === undefined || key.trim() === "") return undefined;
  const longest = has("takes 100 characters") ? 100 : 255;
  return key.length > longest && !has("takes a key of any length") ? undefined : key;
}

async function whole(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, fields, body }: Answer): void {
  const framing = /^(?:content-length|transfer-encoding|connection|keep-alive|date)$/i;
  for (const [name, value] of fields) {
    if (!framing.test(name)) response.appendHeader(name, value);
  }
  if (status !== 204) response.setHeader("Content-Length", body.length);
  response.writeHead(status).end(body);
}
