/** A web `Request` seen as an exchange: its body read ahead, and a copy made for the handler. */
import { joined } from "../http/chunks.ts";
import type { CapturedBody, Exchange } from "../http/exchange.ts";

export interface WebExchange<Request> extends Exchange<Request> {
  /** What the handler is to be given: the body of the original was read. */
  readonly forHandler: () => globalThis.Request;
}

/**
 * `request` is what the application's functions are given; `raw` is the web's own. `used` tells
 * what is left of a body that was read before.
 */
export function webExchange<Request>(
  request: Request,
  raw: globalThis.Request,
  used: () => Promise<CapturedBody> = async () => ({ kind: "unreadable" }),
): WebExchange<Request> {
  let replacement: globalThis.Request | undefined;
  return {
    request,
    method: raw.method,
    target: targetOf(raw.url),
    header: (name) => raw.headers.get(name) ?? undefined,
    async body(limit) {
      if (raw.body === null) return EMPTY;
      if (raw.bodyUsed) return used();
      const body = await readAhead(raw.body, limit);
      if (body.kind === "bytes") replacement = withBody(raw, body.bytes);
      return body;
    },
    forHandler: () => replacement ?? raw,
    onGone(call) {
      raw.signal.addEventListener("abort", call, { once: true });
      return () => raw.signal.removeEventListener("abort", call);
    },
  };
}

const EMPTY: CapturedBody = { kind: "bytes", bytes: new Uint8Array(0) };

/** Without scheme and host, and otherwise as it stands there: parsing it again could change it. */
function targetOf(url: string): string {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  const fragment = url.indexOf("#");
  if (path === -1) return "/";
  return fragment === -1 ? url.slice(path) : url.slice(path, fragment);
}

function withBody(raw: globalThis.Request, bytes: Uint8Array): globalThis.Request {
  const body = bytes as Uint8Array<ArrayBuffer>;
  try {
    return new globalThis.Request(raw, { body });
  } catch {
    // Some servers' requests only look like the web's own, and are no input to it.
    const { method, headers, signal } = raw;
    return new globalThis.Request(raw.url, { method, headers, signal, body });
  }
}

async function readAhead(stream: ReadableStream<Uint8Array>, limit: number): Promise<CapturedBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "bytes", bytes: joined(chunks) };
      chunks.push(value);
      length += value.length;
      if (length > limit) {
        // The rest is read and dropped: told to stop, a server would cut the connection, and the
        // answer with it.
        void drain(reader);
        return { kind: "too-large" };
      }
    }
  } catch {
    return { kind: "cut" };
  }
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The client has left: there is nothing more to read.
  }
}
