/** Bytes as hex and framed: the two forms in which anything is hashed or named here. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const encoder = new TextEncoder();

export function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += HEX[byte];
  return digits;
}

/**
 * The parts, each behind its length as 32 bits: no two lists of parts give the same bytes.
 * Joined by a separator, scope `a:b` with key `c` would be scope `a` with key `b:c`.
 */
export function framed(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const encoded = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const length = encoded.reduce((sum, part) => sum + 4 + part.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of encoded) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}
