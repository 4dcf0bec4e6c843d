/**
 * Results encrypted at rest, bound to their record: AES-256-GCM by Web Crypto.
 *
 * For whoever finds a backup, or may read the database and not the answers. The first key seals and
 * every key opens, so a key is replaced by putting the new one in front, and dropped when the
 * records that it sealed have expired. What no key opens is `RecordCorrupt`: nothing runs under
 * that key, and a key put back heals it.
 *
 * | bytes | hold                                                        |
 * |-------|-------------------------------------------------------------|
 * | 1     | length of the key's id                                      |
 * | n     | the key's id                                                |
 * | 12    | nonce, random                                               |
 * | rest  | the result, encrypted, and the tag of 16 bytes              |
 *
 * The record's id and the key's are authenticated with it: a sealed result that was moved to another
 * record does not open there.
 */
import { framed } from "./bytes.ts";
import type { Seal } from "./envelope.ts";
import { RecordCorrupt } from "./errors.ts";
import { type Cipher, randomBytes, webCipher } from "./ports.ts";
import type { Digest } from "./record.ts";

export type { Seal } from "./envelope.ts";

export interface SealKey {
  /** Names the key in what it sealed: 1 to 32 letters, digits, `.`, `_` or `-`. Not a secret. */
  readonly id: string;
  /** 32 random bytes. */
  readonly key: Uint8Array;
}

const KEY_BYTES = 32;
/**
 * 96 bits, drawn anew each time. By NIST SP 800-38D, section 8.3, a key with random nonces may seal
 * 2^32 results: 136 a second for a year.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[\w.-]{1,32}$/;

const utf8 = new TextEncoder();

/**
 * Throws a `TypeError` for keys that cannot be used, without a word of what is in them.
 *
 * @example oncekey({ store, seal: aesGcm([{ id: "2026-11", key: newKey }, { id: "2025", key: oldKey }]) })
 */
export function aesGcm(keys: readonly SealKey[]): Seal {
  checkKeys(keys);
  const ring = new Map(keys.map(({ id, key }) => [id, imported(key)] as const));
  const sealingId = utf8.encode(keys[0]?.id);
  const sealingKey = ring.get(keys[0]?.id ?? "");

  return {
    async seal(id, result) {
      const cipher = await sealingKey?.();
      if (cipher === undefined) throw new TypeError("Expected `keys` to hold a key.");
      const nonce = randomBytes(NONCE_BYTES);
      const encrypted = await cipher.encrypt(nonce, boundTo(id, sealingId), result);
      const sealed = new Uint8Array(1 + sealingId.length + NONCE_BYTES + encrypted.length);
      sealed[0] = sealingId.length;
      sealed.set(sealingId, 1);
      sealed.set(nonce, 1 + sealingId.length);
      sealed.set(encrypted, 1 + sealingId.length + NONCE_BYTES);
      return sealed;
    },

    async open(id, sealed) {
      const nonceAt = 1 + (sealed[0] ?? 0);
      const encryptedAt = nonceAt + NONCE_BYTES;
      if (sealed.length < encryptedAt + TAG_BYTES) {
        throw new RecordCorrupt("The sealed result is too short to be one.");
      }
      const keyId = sealed.subarray(1, nonceAt);
      const named = new TextDecoder().decode(keyId);
      const cipher = await ring.get(named)?.();
      if (cipher === undefined) {
        const name = KEY_ID.test(named) ? ` "${named}"` : "";
        throw new RecordCorrupt(
          `The result was sealed by a key${name} that \`seal\` does not have.`,
        );
      }
      const nonce = sealed.subarray(nonceAt, encryptedAt);
      try {
        return await cipher.decrypt(nonce, boundTo(id, keyId), sealed.subarray(encryptedAt));
      } catch (cause) {
        const why = "it was damaged or moved, or its key is another one";
        throw new RecordCorrupt(`The sealed result does not open: ${why}.`, { cause });
      }
    },
  };
}

/** Imported at the first use, once: to import is asynchronous, and this is not. */
function imported(key: Uint8Array): () => Promise<Cipher> {
  // A copy: whoever clears the given bytes afterwards must not clear the key with them.
  const bytes = new Uint8Array(key);
  let importing: Promise<Cipher> | undefined;
  return () => {
    importing ??= webCipher(bytes);
    return importing;
  };
}

const boundTo = (id: Digest, keyId: Uint8Array): Uint8Array =>
  framed(["oncekey sealed result", id, keyId]);

function checkKeys(keys: unknown): void {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new TypeError("Expected `keys` to be a list of at least one { id, key }.");
  }
  const seen = new Set<unknown>();
  for (const [index, entry] of keys.entries()) {
    const { id, key }: Record<string, unknown> = entry ?? {};
    if (typeof id !== "string" || !KEY_ID.test(id)) {
      throw new TypeError(
        `Expected \`keys[${index}].id\` to be 1 to 32 letters, digits, ".", "_" or "-".`,
      );
    }
    if (seen.has(id)) throw new TypeError(`Expected each key to have an id of its own: "${id}".`);
    seen.add(id);
    if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES) {
      throw new TypeError(`Expected \`keys[${index}].key\` to be ${KEY_BYTES} bytes.`);
    }
  }
}
