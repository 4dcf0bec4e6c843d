/** Bytes as hex and framed: the two forms in which anything is hashed or named here. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const encoder = new TextEncoder();

export function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += HEX[byte];
  return digits;
}

/** The bytes of a digest. `digits` are lower-case hex, two for each byte. */
export function bytesOf(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (nibble(digits, 2 * at) << 4) | nibble(digits, 2 * at + 1);
  }
  return bytes;
}

function nibble(digits: string, at: number): number {
  const code = digits.charCodeAt(at);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** UTF-8 takes at most three bytes for each unit of a JavaScript string. */
export const BYTES_PER_UNIT = 3;

/** Frames are short and soon hashed, and a new array of more than 64 bytes costs more than that. */
const scratch = new Uint8Array(4096);

/**
 * The parts, each behind its length as 32 bits: no two lists of parts give the same bytes.
 * Joined by a separator, scope `a:b` with key `c` would be scope `a` with key `b:c`.
 *
 * Good until the next call, which may write over it: to be hashed at once, or copied.
 */
export function framed(parts: readonly (string | Uint8Array)[]): Uint8Array {
  let most = 0;
  for (const part of parts) most += 4 + part.length * BYTES_PER_UNIT;
  const bytes = most > scratch.length ? new Uint8Array(most) : scratch;
  let at = 0;
  for (const part of parts) {
    const length = put(part, bytes, at + 4);
    bytes[at] = length >>> 24;
    bytes[at + 1] = length >>> 16;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
    at += 4 + length;
  }
  return bytes.subarray(0, at);
}

/** Text is put as UTF-8. Returns how many bytes it took. */
export function put(part: string | Uint8Array, into: Uint8Array, at: number): number {
  if (typeof part === "string") return encoder.encodeInto(part, into.subarray(at)).written;
  into.set(part, at);
  return part.length;
}
