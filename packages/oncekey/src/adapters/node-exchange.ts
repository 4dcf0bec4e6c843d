/** Node's request seen as an exchange: the head as it is, the body read ahead and put back. */
import { joined } from "../http/chunks.ts";
import type { CapturedBody, Exchange } from "../http/exchange.ts";
import { keepReadable, type NodeSocket } from "./node-departure.ts";

/** The part of Node's `IncomingMessage` that we use, in our own words. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly complete: boolean;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  readonly readableLength: number;
  readonly readableDidRead?: boolean;
  readonly socket: NodeSocket;
  read(): unknown;
  unshift(chunk: Uint8Array): void;
  destroy(error?: Error): unknown;
  resume(): unknown;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

interface Closable {
  once(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

interface Parts<Request> {
  /** What the application's functions are given. */
  readonly request: Request;
  readonly raw: NodeRequest;
  readonly response: Closable;
  /** The whole target; a router may have cut `url`. */
  readonly target?: string | undefined;
  /** What a parser that came first has made of the body. */
  readonly parsed?: unknown;
  /** The body, where it was read at another time. */
  body?(limit: number): Promise<CapturedBody>;
}

export function nodeExchange<Request>(parts: Parts<Request>): Exchange<Request> {
  const { request, raw, response, parsed } = parts;
  return {
    request,
    method: raw.method ?? "GET",
    target: parts.target ?? raw.url ?? "/",
    header: (name) => headerOf(raw, name),
    body: parts.body ?? ((limit) => readAhead(raw, limit, parsed)),
    onGone(call) {
      response.once("close", call);
      return () => response.off("close", call);
    },
  };
}

/** Node joins the lines of a field itself, by ", ", except for the few it keeps as a list. */
export function headerOf(raw: Pick<NodeRequest, "headers">, name: string): string | undefined {
  const field = raw.headers[name];
  return Array.isArray(field) ? field.join(", ") : field;
}

const EMPTY: CapturedBody = { kind: "bytes", bytes: new Uint8Array(0) };

/**
 * Reads the whole body and puts it back, so that the framework's parser finds it untouched.
 *
 * The trick is never to read past the last byte: that would announce the end, and what has ended
 * cannot be read again. `complete` tells that the parser has seen the end of the message before
 * the stream announces it; until then a `read()` only empties the buffer.
 */
export function readAhead(
  raw: NodeRequest,
  limit: number,
  parsed?: unknown,
): Promise<CapturedBody> {
  const framing = raw.headers["transfer-encoding"];
  const declared = raw.headers["content-length"];
  const isFramed = raw.httpVersionMajor < 2;
  if (isFramed && framing === undefined && (declared ?? "0") === "0") return Promise.resolve(EMPTY);
  if (raw.readableEnded) return Promise.resolve(consumed(parsed));
  if (raw.destroyed) return Promise.resolve({ kind: "cut" });
  if (Number(declared) > limit) return Promise.resolve({ kind: "too-large" });
  // All has come, and none of it is here. Whoever listened now would be told of the end, which the
  // handler is to hear of, and never that there is something to read.
  if (raw.complete && raw.readableLength === 0) {
    return Promise.resolve(raw.readableDidRead === true ? consumed(parsed) : EMPTY);
  }

  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const settle = (body: CapturedBody) => {
      raw.off("readable", onReadable);
      raw.off("close", onCut);
      raw.off("error", onCut);
      resolve(body);
    };
    const onCut = () => settle({ kind: "cut" });
    const onReadable = () => {
      while (raw.readableLength > 0) {
        const chunk = raw.read();
        if (!(chunk instanceof Uint8Array)) break;
        chunks.push(chunk);
        length += chunk.length;
      }
      if (length > limit) {
        settle({ kind: "too-large" });
        // The rest is read and dropped, so that the connection stays in step for its next request.
        raw.resume();
      } else if (raw.complete && raw.readableLength === 0) {
        const bytes = joined(chunks);
        // In the same turn as the read: the end that it announced is then taken back.
        if (length > 0) {
          raw.unshift(bytes);
          keepReadable(raw);
        }
        settle({ kind: "bytes", bytes });
      }
    };
    raw.on("readable", onReadable);
    raw.on("close", onCut);
    raw.on("error", onCut);
  });
}

/** What is left of a body that somebody else has read. */
function consumed(parsed: unknown): CapturedBody {
  if (parsed instanceof Uint8Array) return { kind: "bytes", bytes: parsed };
  return parsed === undefined ? { kind: "unreadable" } : { kind: "parsed", value: parsed };
}
