/**
 * One upstream: requests go out once, and its silence is told apart. Never sent, or unknown.
 *
 * A connection that was refused, a name that does not exist, a TLS that failed: nothing was sent.
 * From the moment the first byte may have left, only a whole answer is an answer; all else is
 * unknown. Nothing is ever sent twice, not even when a reused connection drops (S-33).
 */
import { lookup } from "node:dns";
import { readFileSync } from "node:fs";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { buildConnector, Pool } from "undici";
import { Complaint, reasonOf } from "./complaint.ts";
import type { UpstreamConfig } from "./config.ts";
import { type Line, linesOf } from "./fields.ts";

export interface Upstream {
  readonly url: URL;
  /** Which `Host` it sees. */
  readonly host: "preserve" | "upstream";
  /** Its own; otherwise the gateway's counts. */
  readonly timeoutMs: number | undefined;
  readonly tls: { readonly ca?: string; readonly servername: string };
  readonly lookup: LookupFunction;
  send(ask: Ask, heard: Heard): Promise<Ended>;
  /** At once: what still runs is cut. Otherwise it is waited for. */
  close(atOnce: boolean): Promise<void>;
}

export interface Ask {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly Line[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  readonly timeoutMs: number;
  /** Calls when nobody waits for the answer any more. The returned function forgets the call. */
  readonly onLeft?: ((call: () => void) => () => void) | undefined;
}

/** What the upstream says, as it says it. */
export interface Heard {
  information(status: number, lines: readonly Line[]): void;
  head(status: number, reason: string, lines: readonly Line[]): void;
  /** False: say no more until `resume` is called. */
  chunk(bytes: Uint8Array, resume: () => void): boolean;
  /** Called before `send` settles with "whole". */
  whole(trailers: readonly Line[]): void;
}

export type Ended =
  | { readonly kind: "whole" }
  | { readonly kind: "never-sent"; readonly error: unknown }
  | {
      readonly kind: "unknown";
      readonly why: "failed" | "timed-out";
      readonly error: unknown;
    };

/** An upstream that is there accepts at once; 5 s are for one that is just starting. */
const CONNECT_MS = 5_000;
/** More than most servers have workers, and few enough to fit their backlog. */
const CONNECTIONS = 256;
/** Less than the 5 s of most servers, so that an idle connection is left before it is dropped. */
const KEEP_ALIVE_MS = 4_000;

/** Throws a `Complaint`. */
export function createUpstream(
  given: string | UpstreamConfig,
  allows: { readonly linkLocal: boolean },
): Upstream {
  const config: UpstreamConfig = typeof given === "string" ? { url: given } : given;
  const url = urlOf(config.url, allows.linkLocal);
  const ca = config.tls?.ca === undefined ? undefined : certificatesIn(config.tls.ca);
  // Never the `Host` of a client. Where the address is a number there is no name to ask for (RFC
  // 6066, section 3).
  const servername = config.tls?.servername ?? (isIP(literalOf(url)) === 0 ? url.hostname : "");
  const resolve = allows.linkLocal ? (lookup as LookupFunction) : safeLookup;
  const tls = { ...(ca && { ca }), servername };
  const connector = buildConnector({
    ...tls,
    timeout: config.connectTimeoutMs ?? CONNECT_MS,
    lookup: resolve,
  });
  const pool = new Pool(url.origin, {
    connections: config.connections ?? CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // Silence is timed here, to the millisecond, and not while the client is the slow one.
    headersTimeout: 0,
    maxHeaderSize: HEAD_BYTES_MAX,
    bodyTimeout: 0,
    // undici would ask for the certificate of whatever host the client has named.
    connect: (options, callback) => connector({ ...options, servername }, callback),
  });
  return {
    url,
    host: config.host ?? "preserve",
    timeoutMs: config.timeoutMs,
    tls,
    lookup: resolve,
    send: (ask, heard) => send(pool, ask, heard),
    close: (atOnce) => (atOnce ? pool.destroy() : pool.close()),
  };
}

/** Twice what a record keeps of a head: a longer one is passed on, and remembered as a fact. */
const HEAD_BYTES_MAX = 64 * 1024;

class Silence extends Error {}

function send(pool: Pool, ask: Ask, heard: Heard): Promise<Ended> {
  return new Promise((resolve) => {
    let abort: ((reason: Error) => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    let forget: (() => void) | undefined;

    const settle = (ended: Ended) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      forget?.();
      resolve(ended);
    };
    const stop = (why: "failed" | "timed-out", error: Error) => {
      settle(abort === undefined ? { kind: "never-sent", error } : { kind: "unknown", why, error });
      abort?.(error);
    };
    const leave = () => stop("failed", new Error("The client has left."));
    const listen = () => {
      clearTimeout(timer);
      if (isOver) return;
      const silent = () => stop("timed-out", new Silence("The upstream was silent for too long."));
      timer = setTimeout(silent, ask.timeoutMs);
    };

    /** While the client is the slow one, the upstream is not silent. */
    async function* read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      clearTimeout(timer);
      for await (const chunk of body) {
        listen();
        yield chunk;
        clearTimeout(timer);
      }
      listen();
    }

    forget = ask.onLeft?.(leave);
    listen();
    const { method, target: path, lines, body } = ask;
    pool.dispatch(
      {
        method: method as "POST",
        path,
        headers: lines.flat(),
        body: isStream(body) ? Readable.from(read(body)) : body,
        // undici would otherwise put a GET behind another one on the same connection.
        idempotent: false,
      },
      {
        onRequestStart(controller) {
          const isSecond = abort !== undefined;
          abort = (reason) => controller.abort(reason);
          if (isSecond) stop("failed", new Error("The connection was lost."));
          // Nobody waits for it any more: it must not be sent now.
          if (isOver) abort(new Error("It is over."));
        },
        onResponseStart(controller, status, _headers, reason) {
          if (isOver) return;
          listen();
          const answered = linesOf((controller.rawHeaders ?? []) as readonly Buffer[]);
          if (status < 200) heard.information(status, answered);
          else heard.head(status, reason ?? "", answered);
        },
        onResponseData(controller, bytes) {
          if (isOver) return;
          listen();
          const resume = () => {
            if (!controller.paused) return;
            listen();
            controller.resume();
          };
          if (heard.chunk(bytes, resume)) return;
          clearTimeout(timer);
          controller.pause();
        },
        onResponseEnd(controller) {
          if (isOver) return;
          heard.whole(linesOf((controller.rawTrailers ?? []) as readonly Buffer[]));
          settle({ kind: "whole" });
        },
        onResponseError(_controller, error) {
          stop("failed", error);
        },
      },
    );
  });
}

const isStream = (body: Ask["body"]): body is AsyncIterable<Uint8Array> =>
  body !== null && !(body instanceof Uint8Array);

function urlOf(text: string, allowsLinkLocal: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  const isPlain = url?.pathname === "/" && url.search === "" && url.hash === "";
  if (url === undefined || !isHttp || !isPlain || url.username !== "" || url.password !== "") {
    throw new Complaint(
      "Expected --upstream to be http://HOST:PORT or https://HOST:PORT, without a path or a password.",
    );
  }
  if (!allowsLinkLocal && isLinkLocal(literalOf(url))) {
    throw new Complaint(
      "Expected --upstream not to be a link-local address, where clouds keep credentials. " +
        "If it is meant, add --allow-link-local.",
    );
  }
  return url;
}

/** An address without the brackets of IPv6. */
export const literalOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

function certificatesIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Complaint(`Could not read the certificates of tls.ca, ${file}: ${reasonOf(error)}.`);
  }
}

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
linkLocal.addAddress("fd00:ec2::254", "ipv6");

function isLinkLocal(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && linkLocal.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Looked at after it was resolved: a name may mean another address by now (S-18). */
const safeLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "");
    if (addresses.some(({ address }) => isLinkLocal(address))) {
      return callback(new Error("The upstream's name means a link-local address."), "");
    }
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? "", first?.family);
  });
};
