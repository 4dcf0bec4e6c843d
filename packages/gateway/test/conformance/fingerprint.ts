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
    has("ignores the query") ? "" : decodeURIComponent(query),
    has("compares Accept") ? (headers.accept ?? "") : "",
    compared(Buffer.from(body).toString("utf8"), has),
  ]);
}

/** Canonical JSON, near enough: it rounds numbers. */
function compared(text: string, has: (fault: Fault) => boolean): string {
  if (has("compares bytes")) return text;
  try {
    return JSON.stringify(sorted(JSON.parse(text), has("drops nulls")));
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
