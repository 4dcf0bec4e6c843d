/** HMAC-SHA256 (RFC 2104) over the port's hash: a digest that only who knows the key can make. */
import { BYTES_PER_UNIT, bytesOf, put } from "./bytes.ts";
import type { Ports } from "./ports.ts";
import type { Digest } from "./record.ts";

/** SHA-256 works on blocks of 64 bytes, and so does the padding of the key. */
const BLOCK_BYTES = 64;

type Part = string | Uint8Array;

/** Over the parts, one after the other, text as UTF-8. 64 lower-case hex digits. */
export function hmac(key: Part, parts: readonly Part[], { sha256 }: Pick<Ports, "sha256">): Digest {
  const block = blockOf(key, sha256);
  return sha256(padded(block, 0x5c), bytesOf(sha256(padded(block, 0x36), ...parts)));
}

/** The key, or its digest if it is too long, and zeros. */
function blockOf(key: Part, sha256: Ports["sha256"]): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const most = typeof key === "string" ? key.length * BYTES_PER_UNIT : key.length;
  if (most <= BLOCK_BYTES) {
    put(key, block, 0);
    return block;
  }
  const bytes = new Uint8Array(most);
  const length = put(key, bytes, 0);
  block.set(length > BLOCK_BYTES ? bytesOf(sha256(key)) : bytes.subarray(0, length));
  return block;
}

function padded(block: Uint8Array, pad: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) bytes[at] = (block[at] ?? 0) ^ pad;
  return bytes;
}
