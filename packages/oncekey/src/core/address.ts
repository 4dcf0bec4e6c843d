/** Where a record lives: scope and key as one digest, and the keys that are derived from it. */
import { bytesOf, framed } from "./bytes.ts";
import type { Ports } from "./ports.ts";
import type { Digest } from "./record.ts";

/** A principal: one name, or the parts of one. `"a"` and `["a"]` are the same principal. */
export type Scope = string | readonly string[];

export interface Address {
  readonly id: Digest;
  readonly scope: Digest;
}

/** HTTP and `run` are apart: a result of one is never read as an answer of the other. */
export type Door = "http" | "run";

/** Half a SHA-256: still out of anybody's reach, and short enough for downstream's limits. */
const DERIVED_HEX_DIGITS = 32;

/** The digests of a scoped key. Neither tells what it was made of. */
export function addressOf(ports: Ports, door: Door, scope: Scope, key: string): Address {
  const digest = scopeOf(ports, door, scope);
  return { id: ports.sha256(framed(["oncekey record", bytesOf(digest), key])), scope: digest };
}

/** Under which an Inspector lists what belongs to a principal. */
export function scopeOf(ports: Ports, door: Door, scope: Scope): Digest {
  const principal = typeof scope === "string" ? [scope] : scope;
  return ports.sha256(framed(["oncekey scope", door, ...principal]));
}

/** The same for each attempt, since only the record's address goes in. */
export function derivedKey(ports: Ports, id: Digest, name: string): string {
  return ports.sha256(framed(["oncekey derived key", id, name])).slice(0, DERIVED_HEX_DIGITS);
}
