/** For who looks at records: where those of a key lie, and which answer one keeps. */
import { type Address, addressOf } from "../core/address.ts";
import { unwrap } from "../core/envelope.ts";
import { RecordCorrupt } from "../core/errors.ts";
import { platform } from "../core/ports.ts";
import type { Completed } from "../core/record.ts";
import { parseKey } from "../protocol/header.ts";
import type { Principal } from "./options.ts";
import { GLOBAL } from "./scope.ts";
import { decodeSnapshot, type Snapshot } from "./snapshot.ts";

/** What a completed record keeps. `value`: of `run`, in the bytes of its codec. */
export type Kept = Snapshot | { readonly kind: "value"; readonly bytes: Uint8Array };

/**
 * Every place where a record of this scope and key may lie: one that a guard made, and one that
 * `run` made. The scope is what the application's `scope` function gives, or `"global"`. The key is
 * read as a guard reads the header, so it may be quoted.
 */
export function addressesOf(scope: Principal, key: string): readonly Address[] {
  const parsed = parseKey(key);
  const sent = parsed.kind === "key" ? parsed.key : key;
  const principals = scope === "global" ? [GLOBAL, scope] : [scope];
  return [
    ...principals.map((principal) => addressOf(platform, "http", principal, sent)),
    addressOf(platform, "run", scope, key),
  ];
}

/** Throws `RecordCorrupt` when the bytes are not those that were kept for this record. */
export function keptBy(record: Completed): Kept {
  const bytes = unwrap(platform, record.id, record.result);
  try {
    return decodeSnapshot(bytes);
  } catch (error) {
    // The digest has told that they are whole: so they are no answer, but a value of `run`.
    if (error instanceof RecordCorrupt) return { kind: "value", bytes };
    throw error;
  }
}
