/** Finds the key of a request in its headers: none, one, or something that cannot be a key. */
import { IDEMPOTENCY_KEY, parseKey } from "../protocol/header.ts";
import type { HeaderLine } from "./headers.ts";

export type FoundKey =
  | { readonly kind: "none" }
  | { readonly kind: "invalid" }
  | {
      readonly kind: "key";
      readonly key: string;
      /** The fields as they were sent, for the echo. */
      readonly sent: readonly HeaderLine[];
    };

const NONE: FoundKey = { kind: "none" };
const INVALID: FoundKey = { kind: "invalid" };

/** Several names mean the same, so they may all be sent, as long as they hold one key. */
export function findKey(
  names: readonly string[],
  header: (name: string) => string | undefined,
  blankIsAbsent: boolean,
): FoundKey {
  const sent: HeaderLine[] = [];
  let key: string | undefined;
  for (const name of names) {
    const field = header(name.toLowerCase());
    if (field === undefined) continue;
    const parsed = parseKey(field);
    if (parsed.kind === "blank" && blankIsAbsent) continue;
    if (parsed.kind !== "key") return INVALID;
    if (key !== undefined && key !== parsed.key) return INVALID;
    key = parsed.key;
    sent.push([name, field]);
  }
  return key === undefined ? NONE : { kind: "key", key, sent };
}

/** RFC 9110, section 5.6.7: the one form that is still sent. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** `Repeatability-First-Sent` (OASIS Repeatable Requests 1.0) in ms; NaN when it cannot be read. */
export function firstSentAt(header: (name: string) => string | undefined): number | undefined {
  const field = header("repeatability-first-sent");
  if (field === undefined) return undefined;
  return HTTP_DATE.test(field) ? Date.parse(field) : Number.NaN;
}

/** How the key's field is called where an answer must name one. */
export const nameOf = (names: readonly string[]): string => names[0] ?? IDEMPOTENCY_KEY;
