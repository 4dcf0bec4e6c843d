/**
 * Which header lines a record keeps, so that a replay can send them again.
 *
 * A deny list: a list of what to keep would lose the headers that nobody thought of. What stands
 * on it belongs to one connection, one person, one moment or one request, and would be false, or
 * a leak, in any other answer.
 */
import { refuse } from "../core/check.ts";
import { IDEMPOTENT_REPLAYED } from "../protocol/header.ts";

/** Order and doubles count: `Link` and `Set-Cookie` may come more than once. */
export type HeaderLine = readonly [name: string, value: string];

/** Changes to the list below, made by the application. Names match in any case. */
export interface ReplayHeaders {
  readonly drop?: readonly string[] | undefined;
  readonly keep?: readonly string[] | undefined;
}

/** Says of a name, in lower case, whether a replay may carry it. */
export type HeaderPolicy = (name: string) => boolean;

/** More lines than any honest answer has; Node's own parser stops its reader far above it. */
export const KEPT_LINES_MAX = 128;
/** Twice what Node's parser reads of a whole head: a client would refuse the replay. */
export const KEPT_BYTES_MAX: number = 32 * 1024;

/** Sent again, these would break the framing or the connection. No option can keep them. */
const FRAMING = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "alt-svc",
  "content-length",
];

/** The rest of the list, by reason. A star stands for any ending. */
const NEVER_REPLAYED = {
  "state and proof of one person": [
    "set-cookie",
    "set-cookie2",
    "clear-site-data",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "proxy-authentication-info",
  ],
  "time and path of one exchange": [
    "date",
    "age",
    "via",
    "server-timing",
    "cache-status",
    "proxy-status",
  ],
  "one origin": ["access-control-*", "timing-allow-origin"],
  "one request's identity": [
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-trace-id",
    "traceparent",
    "tracestate",
    "traceresponse",
    "b3",
    "x-b3-*",
    "x-amzn-trace-id",
    "x-amzn-requestid",
    "x-cloud-trace-context",
    "cf-ray",
  ],
  "one moment's allowance": ["ratelimit", "ratelimit-*", "x-ratelimit-*"],
  // A kept answer does not change, however long the client waits.
  "an invitation that would be false": ["retry-after"],
} as const;

const ONE_EXCHANGE: readonly string[] = Object.values(NEVER_REPLAYED).flat();
const NAMES = new Set(ONE_EXCHANGE.filter((name) => !name.endsWith("*")));
const PREFIXES = ONE_EXCHANGE.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));

const KEEP = "replayHeaders.keep";

/**
 * The list with the application's changes. `keyHeaders` are the names of the key field: they and
 * the marker are oncekey's own, and made new for each answer. Throws a `TypeError`.
 */
export function compilePolicy(
  { drop = [], keep = [] }: ReplayHeaders,
  keyHeaders: readonly string[],
): HeaderPolicy {
  const own = [IDEMPOTENT_REPLAYED, ...keyHeaders].map(lowerCase);
  const dropped = namesIn("drop", drop);
  const kept = namesIn("keep", keep);
  for (const name of kept) {
    if (FRAMING.includes(name)) refuse(KEEP, "free of fields about one connection", name);
    if (own.includes(name)) refuse(KEEP, "free of fields that each answer has its own of", name);
    if (dropped.includes(name)) refuse(KEEP, "free of what `replayHeaders.drop` holds", name);
  }
  const never = new Set([...FRAMING, ...own, ...dropped]);
  const always = new Set(kept);
  return (name) => {
    if (never.has(name)) return false;
    if (always.has(name)) return true;
    return !NAMES.has(name) && !PREFIXES.some((prefix) => name.startsWith(prefix));
  };
}

/**
 * The lines that a record keeps of an answer, in their order. What stood `outside` unchanged, the
 * same name with the same values, belongs to each answer and is set anew for a replay.
 */
export function keptHeaders(
  lines: readonly HeaderLine[],
  outside: readonly HeaderLine[],
  policy: HeaderPolicy,
): HeaderLine[] {
  const named = namedByConnection(lines);
  const unchanged = unchangedNames(lines, outside);
  return lines.filter((line) => {
    const name = lowerCase(line[0]);
    return isLegal(line) && policy(name) && !named.has(name) && !unchanged.has(name);
  });
}

/** Whether the lines are few and short enough for a record; otherwise it takes a tombstone. */
export function fitsRecord(lines: readonly HeaderLine[]): boolean {
  if (lines.length > KEPT_LINES_MAX) return false;
  let bytes = 0;
  for (const [name, value] of lines) bytes += name.length + value.length + ": \r\n".length;
  return bytes <= KEPT_BYTES_MAX;
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** One byte a character, but no controls: CR, LF and NUL would end the line, or begin another. */
const ILLEGAL_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** RFC 9110, section 5.1. */
export const isFieldName = (name: unknown): name is string =>
  typeof name === "string" && NAME.test(name);

/** Whether a line can be sent as it is. Asked before it is written, and after it was read. */
export const isLegal = ([name, value]: HeaderLine): boolean =>
  isFieldName(name) && !ILLEGAL_IN_VALUE.test(value);

function namesIn(option: "drop" | "keep", names: readonly string[]): string[] {
  if (Array.isArray(names) && names.every(isFieldName)) return names.map(lowerCase);
  return refuse(`replayHeaders.${option}`, "a list of field names", names);
}

/** RFC 9110, section 7.6.1: fields that the sender itself declares to be about the connection. */
function namedByConnection(lines: readonly HeaderLine[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [name, value] of lines) {
    if (lowerCase(name) !== "connection") continue;
    for (const option of value.split(",")) named.add(lowerCase(option.trim()));
  }
  return named;
}

function unchangedNames(
  lines: readonly HeaderLine[],
  outside: readonly HeaderLine[],
): ReadonlySet<string> {
  const unchanged = new Set<string>();
  if (outside.length === 0) return unchanged;
  const inside = valuesByName(lines);
  for (const [name, values] of valuesByName(outside)) {
    const now = inside.get(name);
    const same = now?.length === values.length && now.every((value, at) => value === values[at]);
    if (same) unchanged.add(name);
  }
  return unchanged;
}

function valuesByName(lines: readonly HeaderLine[]): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of lines) {
    const key = lowerCase(name);
    const values = byName.get(key);
    if (values === undefined) byName.set(key, [value]);
    else values.push(value);
  }
  return byName;
}

const lowerCase = (name: string): string => name.toLowerCase();
