/**
 * Requests as bytes to a gateway: those of raw-requests.ts, and what two parsers in a row could read
 * in two ways. A gateway has one reading of each, or refuses it, so nothing here is `loose`.
 *
 * Each one carries its place on the connection in `X-At`, by which the upstream's bytes are told
 * apart. A request that reached it without a place was never sent as one.
 */
import {
  CHUNKED,
  chunks,
  HIDDEN,
  KINDS as KINDS_OF_SERVER,
  type Kind as KindOfServer,
  keyLine,
  type Framing as OfServer,
  framingOf as ofServer,
  sized,
} from "./raw-requests.ts";

/** One of them, with the number that its key, its path and its body are made of. */
export interface Sent {
  readonly kind: Kind;
  readonly number: number;
}

interface Framing {
  /** What stands behind the lines that all of them have. */
  readonly text: (key: string, body: string) => string;
  /**
   * `accepted`: it is one request, and the next one is behind it. `last`: it is one, and nothing
   * behind it is read. `invalid`: its key is refused, and the next one is read. `refused`: it is
   * answered, and nothing behind it is read. `torn`: it goes wrong in a body that is under way.
   * `open`: it never ends.
   */
  readonly verdict: "accepted" | "last" | "invalid" | "refused" | "torn" | "open";
  readonly method?: "GET";
  readonly version?: "1.0";
  /** False: no guard counts its key, or it has none. */
  readonly isKeyed?: false;
  /** Instead of the body that goes with the number. */
  readonly body?: string;
  /** What stands before the path: the scheme and the host of an absolute form. */
  readonly authority?: string;
  /** Instead of one line `Host`. */
  readonly host?: string;
  /** Behind the path. */
  readonly suffix?: string;
}

const lines =
  (more: string) =>
  (key: string, body: string): string =>
    sized(key, body, more);
const broken = (more: string) => ({ verdict: "refused", text: lines(more) }) as const;
const keyless = (body: string, more = ""): string => sized("", body, more).slice(KEYLESS_LENGTH);
const KEYLESS_LENGTH = keyLine("").length;

const OWN_FRAMINGS = {
  "no key": { verdict: "accepted", isKeyed: false, text: (_, body) => keyless(body) },
  "no key, in chunks": {
    ...{ verdict: "accepted", isKeyed: false },
    text: (_, body) => `${CHUNKED}\r\n${chunks(body)}0\r\n\r\n`,
  },
  "no key, a request in the body": {
    ...{ verdict: "accepted", isKeyed: false, body: HIDDEN },
    text: () => keyless(HIDDEN),
  },
  "no key, a request in a trailer": {
    ...{ verdict: "accepted", isKeyed: false },
    text: (_, body) => `${CHUNKED}\r\n${chunks(body)}0\r\nX-Sum: ${HIDDEN.slice(0, 14)}\r\n\r\n`,
  },
  "an absolute target": {
    ...{ verdict: "accepted", authority: "http://evil.example:81" },
    text: (key, body) => sized(key, body),
  },
  "a length with zeros": {
    verdict: "accepted",
    text: (key, body) => `${keyLine(key)}Content-Length: 000${body.length}\r\n\r\n${body}`,
  },
  "a coding in capitals": {
    verdict: "accepted",
    text: (key, body) =>
      `${keyLine(key)}Transfer-Encoding: CHUNKED\r\n\r\n${chunks(body)}0\r\n\r\n`,
  },
  "a connection that names the length": {
    verdict: "accepted",
    text: lines("Connection: content-length, transfer-encoding\r\n"),
  },
  "a connection that names the host, no key": {
    ...{ verdict: "accepted", isKeyed: false },
    text: (_, body) => keyless(body, "Connection: Host, Content-Length\r\n"),
  },
  "fields of one hop": {
    verdict: "accepted",
    text: lines("TE: trailers, gzip\r\nTrailer: X-Sum\r\nKeep-Alive: timeout=9\r\nVia: 1.0 a\r\n"),
  },
  "a connection that names the key": {
    ...{ verdict: "invalid", body: HIDDEN },
    text: (key) => sized(key, HIDDEN, "Connection: Idempotency-Key\r\n"),
  },
  "two hosts": broken("Host: other\r\n"),
  "no host": { verdict: "refused", host: "", text: (key, body) => sized(key, body) },
  "two types": broken("Content-Type: a/b\r\nContent-Type: c/d\r\n"),
  "a target with a fragment": {
    ...{ verdict: "refused", suffix: "#x" },
    text: (key, body) => sized(key, body),
  },
  "a target that is no path": {
    ...{ verdict: "refused", authority: "evil.example:81" },
    text: (key, body) => sized(key, body),
  },
  "a bare line feed": broken("X-A: a\nX-B: b\r\n"),
  "a bare carriage return": broken("X-A: a\rX-B: b\r\n"),
  "a NUL": broken("X-A: a\0b\r\n"),
  "a folded field": broken("X-A: a\r\n b\r\n"),
  "a name with a space": broken("X A: a\r\n"),
  "101 lines": broken("X: 1\r\n".repeat(101)),
  "a head of 20 KiB": broken(`X-A: ${"a".repeat(20_000)}\r\n`),
  "a quoted coding": {
    verdict: "refused",
    text: (key, body) =>
      `${keyLine(key)}Transfer-Encoding: "chunked"\r\n\r\n${chunks(body)}0\r\n\r\n`,
  },
  "a coding in HTTP/1.0": {
    ...{ verdict: "refused", version: "1.0" },
    text: (key, body) => `${keyLine(key)}${CHUNKED}\r\n${chunks(body)}0\r\n\r\n`,
  },
  "a length in a trailer": {
    verdict: "refused",
    text: (key, body) =>
      `${keyLine(key)}${CHUNKED}\r\n${chunks(body)}0\r\nContent-Length: 9\r\n\r\n`,
  },
  "a chunk that ends in line feeds": {
    verdict: "refused",
    text: (key) => `${keyLine(key)}${CHUNKED}\r\n3\nabc\n0\n\n`,
  },
  "a chunk with a sign": {
    verdict: "refused",
    text: (key) => `${keyLine(key)}${CHUNKED}\r\n+3\r\nabc\r\n0\r\n\r\n`,
  },
  "an expectation that nobody meets": broken("Expect: 200-ok\r\n"),
  "an expectation, and two hosts": broken("Expect: 200-ok\r\nHost: other\r\n"),
  "a wait for 100, and two hosts": broken("Expect: 100-continue\r\nHost: other\r\n"),
  "no key, and a chunk that is no number": {
    ...{ verdict: "torn", isKeyed: false },
    text: (_, body) => `${CHUNKED}\r\n${chunks(body)}xyz\r\n${HIDDEN}`,
  },
  "no key, and a chunk that is longer than it says": {
    ...{ verdict: "torn", isKeyed: false },
    text: (_, body) => `${CHUNKED}\r\n1\r\n${body}${HIDDEN}\r\n0\r\n\r\n`,
  },
  "no key, and a body without an end": {
    ...{ verdict: "open", isKeyed: false },
    text: (_, body) => `Content-Length: 100000\r\n\r\n${body}`,
  },
} as const satisfies Readonly<Record<string, Framing>>;

type OwnKind = keyof typeof OWN_FRAMINGS;
export type Kind = OwnKind | KindOfServer;

/** What the gateway makes of those that any server may meet; nothing of what is an answer's. */
const VERDICTS = {
  ...{ sound: "accepted", last: "last", refused: "refused", invalid: "invalid" },
  ...{ loose: "refused", open: "open", cut: undefined },
} as const satisfies Readonly<Record<OfServer["verdict"], Framing["verdict"] | undefined>>;

const verdictOfServer = (kind: KindOfServer): Framing["verdict"] | undefined =>
  kind === "an offer to upgrade" ? "refused" : VERDICTS[ofServer(kind).verdict];

export const KINDS: readonly Kind[] = [
  ...KINDS_OF_SERVER.filter((kind) => verdictOfServer(kind) !== undefined),
  ...(Object.keys(OWN_FRAMINGS) as OwnKind[]),
];

const isOwn = (kind: Kind): kind is OwnKind => kind in OWN_FRAMINGS;

export function framingOf(kind: Kind): Framing {
  if (isOwn(kind)) return OWN_FRAMINGS[kind];
  const { text, method, version, isKeyed, body } = ofServer(kind);
  return {
    ...{ text, verdict: verdictOfServer(kind) ?? "refused" },
    ...(method && { method }),
    ...(version && { version }),
    ...(isKeyed === false && { isKeyed }),
    ...(body !== undefined && { body }),
  };
}

export const keyOf = ({ number }: Sent): string => `k${number}`;

export const targetOf = ({ number }: Sent): string => `/pay?${number}`;

export function bodyOf({ kind, number }: Sent): string {
  const { body, method } = framingOf(kind);
  return method === "GET" ? "" : (body ?? `n=${number}`);
}

export function bytesOf(sent: Sent, at: number): string {
  const { method = "POST", version = "1.1", text, ...rest } = framingOf(sent.kind);
  const { authority = "", host = "Host: x\r\n", suffix = "" } = rest;
  const target = `${authority}${targetOf(sent)}${suffix}`;
  const head = `${method} ${target} HTTP/${version}\r\n${host}X-At: ${at}\r\n`;
  return head + text(keyOf(sent), bodyOf(sent));
}
