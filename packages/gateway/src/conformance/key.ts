/** A key, and the name under which a report speaks of it: no report ever holds the key itself. */
import { randomUUID } from "node:crypto";

export interface Key {
  /** "key A". */
  readonly name: string;
  readonly value: string;
}

export const freshKey = (index: number): Key => ({
  name: `key ${String.fromCharCode(65 + (index % 26))}${index < 26 ? "" : Math.floor(index / 26)}`,
  value: randomUUID(),
});

/** As a structured-field string (RFC 9651, section 4.1.6). */
export const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
