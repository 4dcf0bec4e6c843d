/**
 * Requests as bytes, in every framing that a client could choose or get wrong. What each of them
 * may come to is said beside it.
 */

/** One of them, with the number that its key, its path and its body are made of. */
export interface Raw {
  readonly kind: Kind;
  readonly number: number;
}

export interface Framing {
  /** What stands behind the path and `Host`, body and all. */
  readonly text: (key: string, body: string) => string;
  /**
   * `sound`: it is one request, and the next one is behind it. `last`: it is one, and nothing
   * behind it is read. `refused`: the parser answers 400 and closes. `invalid`: its key is refused.
   * `loose`: servers may read it as they like, as long as nothing runs twice. `open`: it never ends.
   */
  readonly verdict: "sound" | "last" | "refused" | "invalid" | "loose" | "open" | "cut";
  readonly method?: "GET";
  readonly version?: "1.0";
  /** Whether the key counts; false where it stands in a wrong place, and is none. */
  readonly isKeyed?: false;
  /** Instead of the body that goes with the number. */
  readonly body?: string;
  readonly path?: string;
}

/** Never sent as a request: whoever runs it has read a body as one. */
const SMUGGLED = "/smuggled";
/** The handler answers it with what Node refuses to send. */
export const UNSENDABLE = "/unsendable";

export const HIDDEN = `POST ${SMUGGLED} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;

export const keyLine = (key: string): string => `Idempotency-Key: ${key}\r\n`;
export const sized = (key: string, body: string, more = ""): string =>
  `${keyLine(key)}${more}Content-Length: ${body.length}\r\n\r\n${body}`;
export const CHUNKED = "Transfer-Encoding: chunked\r\n";
export const chunks = (body: string, extension = ""): string =>
  [...body].map((byte) => `1${extension}\r\n${byte}\r\n`).join("");
const withLines =
  (lines: string) =>
  (key: string, body: string): string =>
    `${keyLine(key)}${lines}\r\n${body}`;

const FRAMINGS = {
  plain: { verdict: "sound", text: (key, body) => sized(key, body) },
  "quoted key": { verdict: "sound", text: (key, body) => sized(`"${key}";v=1`, body) },
  chunked: {
    verdict: "sound",
    text: (key, body) => `${keyLine(key)}${CHUNKED}\r\n${chunks(body)}0\r\n\r\n`,
  },
  "chunks with extensions": {
    verdict: "sound",
    text: (key, body) => `${keyLine(key)}${CHUNKED}\r\n${chunks(body, ";a=b")}0;c\r\n\r\n`,
  },
  "chunks with trailers": {
    verdict: "sound",
    text: (key, body) =>
      `${keyLine(key)}${CHUNKED}\r\n${chunks(body)}0\r\nIdempotency-Key: other\r\nX-Sum: 1\r\n\r\n`,
  },
  "an empty body in chunks": {
    ...{ verdict: "sound", body: "" },
    text: (key) => `${keyLine(key)}${CHUNKED}\r\n0\r\n\r\n`,
  },
  "no length": { verdict: "sound", body: "", text: (key) => `${keyLine(key)}\r\n` },
  "a request in the body": {
    ...{ verdict: "sound", body: HIDDEN },
    text: (key) => sized(key, HIDDEN),
  },
  "a request in a chunk": {
    ...{ verdict: "sound", body: HIDDEN },
    text: (key) =>
      `${keyLine(key)}${CHUNKED}\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  },
  "a body that waits for 100": {
    verdict: "sound",
    text: (key, body) => sized(key, body, "Expect: 100-continue\r\n"),
  },
  // Node takes what stands behind it for the other protocol, although nobody has upgraded.
  "an offer to upgrade": {
    verdict: "last",
    text: (key, body) => sized(key, body, "Connection: upgrade\r\nUpgrade: h2c\r\n"),
  },
  "GET with a key": {
    verdict: "sound",
    method: "GET",
    isKeyed: false,
    text: (key) => sized(key, ""),
  },
  "the key in a trailer": {
    ...{ verdict: "sound", isKeyed: false },
    text: (key, body) => `${CHUNKED}\r\n${chunks(body)}0\r\n${keyLine(key)}\r\n`,
  },
  "HTTP/1.0": { verdict: "last", version: "1.0", text: (key, body) => sized(key, body) },
  "two keys": { verdict: "invalid", text: (key, body) => sized(key, body, keyLine(key)) },
  "a malformed key before a request": {
    ...{ verdict: "invalid", body: HIDDEN },
    text: (key) => sized(`"${key}`, HIDDEN),
  },
  "a malformed key in chunks": {
    verdict: "invalid",
    text: (key, body) => `${keyLine(`"${key}`)}${CHUNKED}\r\n${chunks(body)}0\r\n\r\n`,
  },
  "both lengths": {
    verdict: "refused",
    text: (key, body) => sized(key, `${chunks(body)}0\r\n\r\n${HIDDEN}`, CHUNKED),
  },
  "both lengths, the other way round": {
    verdict: "refused",
    text: withLines(`Content-Length: 5\r\n${CHUNKED}`),
  },
  "a length twice": {
    verdict: "refused",
    text: (key, body) => sized(key, body, "Content-Length: 2\r\n"),
  },
  "a list of lengths": { verdict: "refused", text: withLines("Content-Length: 2, 2\r\n") },
  "a length with a sign": { verdict: "refused", text: withLines("Content-Length: +2\r\n") },
  "a length in hexadecimals": { verdict: "refused", text: withLines("Content-Length: 0x2\r\n") },
  "a length beyond counting": {
    verdict: "refused",
    text: withLines("Content-Length: 99999999999999999999\r\n"),
  },
  "chunked, and then not": {
    verdict: "refused",
    text: withLines("Transfer-Encoding: chunked, identity\r\n"),
  },
  "an unknown coding": { verdict: "refused", text: withLines("Transfer-Encoding: xchunked\r\n") },
  "a space before the colon": {
    verdict: "refused",
    text: withLines("Content-Length: 2\r\nTransfer-Encoding : chunked\r\n"),
  },
  "a chunk that is too large to be": {
    verdict: "loose",
    text: (key) => `${keyLine(key)}${CHUNKED}\r\nfffffffffffffffff\r\n${HIDDEN}`,
  },
  "a chunk that is no number": {
    verdict: "loose",
    text: (key) => `${keyLine(key)}${CHUNKED}\r\nxyz\r\n${HIDDEN}`,
  },
  "a chunk that is longer than it says": {
    verdict: "loose",
    text: (key, body) => `${keyLine(key)}${CHUNKED}\r\n1\r\n${body}${body}\r\n0\r\n\r\n`,
  },
  "gzip and chunked": {
    verdict: "loose",
    text: (key, body) =>
      `${keyLine(key)}Transfer-Encoding: gzip, chunked\r\n\r\n${chunks(body)}0\r\n\r\n`,
  },
  "chunked twice": {
    verdict: "loose",
    text: (key, body) => `${keyLine(key)}${CHUNKED}${CHUNKED}\r\n${chunks(body)}0\r\n\r\n`,
  },
  "a folded key": { verdict: "loose", text: (key, body) => sized(`${key}\r\n `, body) },
  "a folded coding": {
    verdict: "loose",
    text: (key, body) =>
      `${keyLine(key)}Transfer-Encoding:\r\n chunked\r\n\r\n${chunks(body)}0\r\n\r\n`,
  },
  "line feeds alone": {
    verdict: "loose",
    text: (key, body) => sized(key, body).replaceAll("\r\n", "\n"),
  },
  "a key without a line": {
    verdict: "loose",
    text: (key, body) => `Idempotency-Key ${key}\r\n\r\n${body}`,
  },
  "a head without an end": { verdict: "open", text: (key) => keyLine(key) },
  // Longer than all that can stand behind it: four heads of 20 KiB would else be its body.
  "a body without an end": {
    verdict: "open",
    text: (key, body) => `${keyLine(key)}Content-Length: 100000\r\n\r\n${body}`,
  },
  "chunks without an end": {
    verdict: "open",
    text: (key, body) => `${keyLine(key)}${CHUNKED}\r\n${chunks(body)}`,
  },
  "an answer that cannot be sent": {
    ...{ verdict: "cut", path: UNSENDABLE },
    text: (key, body) => sized(key, body),
  },
} as const satisfies Readonly<Record<string, Framing>>;

export type Kind = keyof typeof FRAMINGS;
export const KINDS = Object.keys(FRAMINGS) as readonly Kind[];

export const framingOf = (kind: Kind): Framing => FRAMINGS[kind];

export const keyOf = ({ number }: Raw): string => `k${number}`;

export function pathOf({ kind, number }: Raw): string {
  return `${framingOf(kind).path ?? "/pay"}?${number}`;
}

export const bodyOf = ({ kind, number }: Raw): string => {
  const { body, method } = framingOf(kind);
  return method === "GET" ? "" : (body ?? `n=${number}`);
};

export function bytesOf(raw: Raw): string {
  const { method = "POST", version = "1.1", text } = framingOf(raw.kind);
  return `${method} ${pathOf(raw)} HTTP/${version}\r\nHost: x\r\n${text(keyOf(raw), bodyOf(raw))}`;
}
