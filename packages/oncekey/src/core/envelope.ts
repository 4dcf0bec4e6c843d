/**
 * A result as a store keeps it: a version, a digest, and the bytes; or a version, and them sealed.
 *
 * The digest binds the bytes to their record, so that a flipped bit or a result moved from another
 * row is found when it is read, instead of being replayed as the truth. A seal does that as well.
 * A result from before there was a seal is still read: otherwise to switch it on would lose every
 * record.
 */
import { bytesOf, framed, hex } from "./bytes.ts";
import { RecordCorrupt } from "./errors.ts";
import type { Ports } from "./ports.ts";
import type { Digest } from "./record.ts";
import { same } from "./same.ts";

const VERSION = 1;
const SEALED = 2;
/** 128 bits: chance will not pass it, and it guards against damage, not against forgery. */
const DIGEST_BYTES = 16;
const HEAD_BYTES = 1 + DIGEST_BYTES;

/** Encrypts what a store keeps. `aesGcm` of `oncekey/seal` makes one. */
export interface Seal {
  /** What `open` of the same id makes `result` of again. Called anew for each try to store it. */
  seal(id: Digest, result: Uint8Array): Promise<Uint8Array>;
  /** Throws for anything that was not sealed for this id, and for a key that it does not have. */
  open(id: Digest, sealed: Uint8Array): Promise<Uint8Array>;
}

/** Bytes at once where nothing is sealed: a store call must not wait a turn for nothing. */
type Bytes = Uint8Array | Promise<Uint8Array>;

/** What every result goes through on its way to a store, and on its way back. */
export interface Envelope {
  wrap(id: Digest, result: Uint8Array): Bytes;
  /** Throws `RecordCorrupt`, or rejects with it: what cannot be opened is never absent. */
  unwrap(id: Digest, bytes: Uint8Array): Bytes;
  /** The call that writes a result. A failure to seal is then a failure of the call. */
  writing<T>(
    id: Digest,
    result: Uint8Array,
    write: (bytes: Uint8Array) => Promise<T>,
  ): () => Promise<T>;
}

export function createEnvelope(ports: Ports, seal: Seal | undefined): Envelope {
  if (seal === undefined) {
    return {
      wrap: (id, result) => wrap(ports, id, result),
      unwrap: (id, bytes) => unwrap(ports, id, bytes),
      writing(id, result, write) {
        const bytes = wrap(ports, id, result);
        return () => write(bytes);
      },
    };
  }

  async function close(sealing: Seal, id: Digest, result: Uint8Array): Promise<Uint8Array> {
    const sealed = await sealing.seal(id, result);
    const bytes = new Uint8Array(1 + sealed.length);
    bytes[0] = SEALED;
    bytes.set(sealed, 1);
    return bytes;
  }

  async function open(sealing: Seal, id: Digest, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      return await sealing.open(id, bytes.subarray(1));
    } catch (cause) {
      if (cause instanceof RecordCorrupt) throw cause;
      throw new RecordCorrupt("The kept result could not be opened by `seal`.", { cause });
    }
  }

  return {
    wrap: (id, result) => close(seal, id, result),
    unwrap: (id, bytes) => (bytes[0] === SEALED ? open(seal, id, bytes) : unwrap(ports, id, bytes)),
    writing: (id, result, write) => async () => write(await close(seal, id, result)),
  };
}

export function wrap(ports: Ports, id: Digest, result: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + result.length);
  bytes[0] = VERSION;
  bytes.set(bytesOf(digestOf(ports, id, result)), 1);
  bytes.set(result, HEAD_BYTES);
  return bytes;
}

/** Throws `RecordCorrupt` for anything that `wrap` did not make for this record. */
export function unwrap(ports: Ports, id: Digest, bytes: Uint8Array): Uint8Array {
  if (bytes[0] === SEALED) {
    throw new RecordCorrupt(
      "The kept result is sealed: give the option `seal` the keys that open it.",
    );
  }
  if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION) {
    throw new RecordCorrupt("The kept result is of a version that this release cannot read.");
  }
  const result = bytes.subarray(HEAD_BYTES);
  if (!same(hex(bytes.subarray(1, HEAD_BYTES)), digestOf(ports, id, result))) {
    throw new RecordCorrupt("The kept result does not match its digest: it was damaged or moved.");
  }
  return result;
}

function digestOf(ports: Ports, id: Digest, result: Uint8Array): string {
  return ports.sha256(framed(["oncekey result", id]), result).slice(0, 2 * DIGEST_BYTES);
}
