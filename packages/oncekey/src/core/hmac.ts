/** HMAC-SHA256 (RFC 2104) over the port's hash: a digest that only who knows the key can make. */
import type { Ports } from "./ports.ts";

/** SHA-256 works on blocks of 64 bytes, and so does the padding of the key. */
const BLOCK_BYTES = 64;

/** Over the parts, one after the other. 32 bytes. No part is copied. */
export function hmac(
  key: Uint8Array,
  parts: readonly Uint8Array[],
  { sha256 }: Pick<Ports, "sha256">,
): Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  return sha256(padded(short, 0x5c), sha256(padded(short, 0x36), ...parts));
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let index = 0; index < key.length; index++) block[index] = (key[index] ?? 0) ^ pad;
  return block;
}
