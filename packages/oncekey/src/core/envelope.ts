/**
 * A result as a store keeps it: a version, a digest, and the bytes.
 *
 * The digest binds the bytes to their record, so that a flipped bit or a result moved from another
 * row is found when it is read, instead of being replayed as the truth.
 */
import { framed, hex } from "./bytes.ts";
import { RecordCorrupt } from "./errors.ts";
import type { Ports } from "./ports.ts";
import type { Digest } from "./record.ts";
import { same } from "./same.ts";

const VERSION = 1;
/** 128 bits: chance will not pass it, and it guards against damage, not against forgery. */
const DIGEST_BYTES = 16;
const HEAD_BYTES = 1 + DIGEST_BYTES;

export function wrap(ports: Ports, id: Digest, result: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + result.length);
  bytes[0] = VERSION;
  bytes.set(digestOf(ports, id, result), 1);
  bytes.set(result, HEAD_BYTES);
  return bytes;
}

/** Throws `RecordCorrupt` for anything that `wrap` did not make for this record. */
export function unwrap(ports: Ports, id: Digest, bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION) {
    throw new RecordCorrupt("The kept result is of a version that this release cannot read.");
  }
  const result = bytes.subarray(HEAD_BYTES);
  const expected = hex(digestOf(ports, id, result));
  if (!same(hex(bytes.subarray(1, HEAD_BYTES)), expected)) {
    throw new RecordCorrupt("The kept result does not match its digest: it was damaged or moved.");
  }
  return result;
}

function digestOf(ports: Ports, id: Digest, result: Uint8Array): Uint8Array {
  return ports.sha256(framed(["oncekey result", id]), result).subarray(0, DIGEST_BYTES);
}
