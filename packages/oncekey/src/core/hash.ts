/**
 * SHA-256 (FIPS 180-4), the platform's where it answers at once, else our own.
 *
 * Web Crypto only digests asynchronously, and the detour costs thirty times the hash of a small
 * request. Node, Bun and Deno hand out a synchronous one without an import; the fallback serves
 * the rest, and is held to the same answers by a test.
 */
import { BYTES_PER_UNIT, hex, put } from "./bytes.ts";
import type { Digest } from "./record.ts";

/** Over the parts, one after the other, text as UTF-8. 64 lower-case hex digits. */
export type Hash = (...parts: readonly Part[]) => Digest;

type Part = string | Uint8Array;

interface NodeCrypto {
  /** In one call, since Node 20.12: a quarter of what an object for it costs. */
  hash?(algorithm: "sha256", bytes: Uint8Array, encoding: "hex"): string;
  createHash(algorithm: "sha256"): NodeHash;
}

interface NodeHash {
  update(part: Part): unknown;
  digest(encoding: "hex"): string;
}

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): NodeCrypto | undefined };
}

/** What is longer is not gathered first: to copy it would cost more than the object. */
const GATHERED_BYTES_MAX = 16 * 1024;

/** The fastest synchronous SHA-256 that this platform has. */
export function platformHash(): Hash {
  const native = (globalThis as Runtime).process?.getBuiltinModule?.("node:crypto");
  if (native === undefined) return ownHash;
  const step: Hash = (...parts) => {
    const hash = native.createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  };
  if (native.hash === undefined) return step;
  const gathered = new Uint8Array(GATHERED_BYTES_MAX);
  return (...parts) => {
    const length = gather(parts, gathered);
    if (length === undefined) return step(...parts);
    return native.hash?.("sha256", gathered.subarray(0, length), "hex") ?? step(...parts);
  };
}

/** The parts in a row. `undefined` when there is no room for them. */
function gather(parts: readonly Part[], into: Uint8Array): number | undefined {
  let at = 0;
  for (const part of parts) {
    const most = typeof part === "string" ? part.length * BYTES_PER_UNIT : part.length;
    if (at + most > into.length) return undefined;
    at += put(part, into, at);
  }
  return at;
}

/** Where the platform has no synchronous hash. */
export const ownHash: Hash = (...parts) =>
  hex(sha256(...parts.map((part) => (typeof part === "string" ? utf8.encode(part) : part))));

const utf8 = new TextEncoder();

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

const BLOCK_BYTES = 64;

/** Our own SHA-256, for platforms without a synchronous one. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const message = padded(parts);
  const state = new Uint32Array([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]);
  const words = new Uint32Array(64);
  for (let offset = 0; offset < message.byteLength; offset += BLOCK_BYTES) {
    compress(state, words, message, offset);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => {
    digest.setUint32(index * 4, word);
  });
  return new Uint8Array(digest.buffer);
}

/** The message, a one bit, zeros, and the length in bits as 64 bits (FIPS 180-4, 5.1.1). */
function padded(parts: readonly Uint8Array[]): DataView {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const blocks = Math.ceil((length + 9) / BLOCK_BYTES);
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes[at] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(bytes.length - 8, BigInt(length) * 8n);
  return view;
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function compress(state: Uint32Array, w: Uint32Array, message: DataView, offset: number): void {
  for (let t = 0; t < 16; t++) w[t] = message.getUint32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const early = w[t - 15] ?? 0;
    const late = w[t - 2] ?? 0;
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[t] = (w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choice + (ROUND[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t2 = (s0 + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] ?? 0) + word;
  });
}
