/** What the small server compares of two requests. */
import type { IncomingMessage } from "node:http";
import type { Fault } from "./keyed-server.ts";

export function fingerprint(
  { method, url = "", headers }: IncomingMessage,
  body: Uint8Array,
  has: (fault: Fault) => boolean,
): string {
  const [path = "", query = ""] = url.split("?");
  return JSON.stringify([
    method,
    has("ignores the path") ? "" : path,
    queryOf(query, has),
    has("compares Accept") ? (headers.accept ?? "") : "",
    has("compares the media type as text") ? (headers["content-type"] ?? "") : "",
    compared(Buffer.from(body).toString("utf8"), has),
  ]);
}

function queryOf(query: string, has: (fault: Fault) => boolean): string {
  if (has("ignores the query")) return "";
  return has("compares the query as text") ? query : decodeURIComponent(query);
}

/** Canonical JSON, near enough. */
function compared(text: string, has: (fault: Fault) => boolean): string {
  if (has("compares bytes")) return text;
  try {
    return JSON.stringify(
      sorted(JSON.parse(has("rounds numbers") ? text : exact(text)), has("drops nulls")),
    );
  } catch {
    return text;
  }
}

function sorted(value: unknown, dropsNulls: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => sorted(each, dropsNulls));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, each]) => !(dropsNulls && each === null))
    .map(([name, each]) => [name, sorted(each, dropsNulls)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const STRING_OR_NUMBER = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** Numbers that a double cannot hold become texts before anybody parses them. */
const exact = (text: string): string =>
  text.replaceAll(STRING_OR_NUMBER, (all, string?: string) =>
    string !== undefined || Number.isSafeInteger(Number(all)) ? all : `"number ${all}"`,
  );
