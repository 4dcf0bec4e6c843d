/**
 * The outside world, as small as the core can bear: clock, timers, randomness and hash.
 *
 * The simulator brings its own, so that a seed gives a history. Nothing in the core touches the
 * platform but through here. The clock only paces this process (how old a lease is, when to ask
 * again); who owns a record is decided by the store's clock alone.
 */
import { type Hash, platformHash } from "./hash.ts";

export interface Ports {
  /** Milliseconds that never run backwards. Its zero means nothing. */
  now(): number;
  /** Calls once after `ms`. The returned function cancels. */
  after(ms: number, call: () => void): Cancel;
  /** As `after`, but does not keep the process alive: for what nobody waits for. */
  later(ms: number, call: () => void): Cancel;
  /** 16 random bytes as 32 hex digits, from a cryptographic source. */
  nonce(): string;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** SHA-256 over the parts, one after the other, text as UTF-8. 64 lower-case hex digits. */
  readonly sha256: Hash;
}

export type Cancel = () => void;

/** What a timer is on this platform: Node's has `unref`, a browser's is a number. */
type Timer = number | { unref?(): void };

/** AES-256-GCM under one key. No types of the DOM's: a server's program may not have them. */
export interface Cipher {
  encrypt(nonce: Uint8Array, bound: Uint8Array, bytes: Uint8Array): Promise<Uint8Array>;
  /** Rejects when anything is not as it was when it was encrypted. */
  decrypt(nonce: Uint8Array, bound: Uint8Array, bytes: Uint8Array): Promise<Uint8Array>;
}

/** For a seal alone, and so no port: what is encrypted is random, and is no history of a seed. */
export async function webCipher(bytes: Uint8Array): Promise<Cipher> {
  const { subtle } = crypto;
  const key = await subtle.importKey("raw", owned(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
  const parameters = (nonce: Uint8Array, bound: Uint8Array) => ({
    name: "AES-GCM",
    iv: owned(nonce),
    additionalData: owned(bound),
  });
  return {
    encrypt: async (nonce, bound, plain) =>
      new Uint8Array(await subtle.encrypt(parameters(nonce, bound), key, owned(plain))),
    decrypt: async (nonce, bound, sealed) =>
      new Uint8Array(await subtle.decrypt(parameters(nonce, bound), key, owned(sealed))),
  };
}

export const randomBytes = (count: number): Uint8Array =>
  crypto.getRandomValues(new Uint8Array(count));

/** Web Crypto takes no bytes that another thread may change meanwhile. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

export const platform: Ports = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  later: (ms, call) => {
    const timer = setTimeout(call, ms) as Timer;
    if (typeof timer === "object") timer.unref?.();
    return () => clearTimeout(timer as number);
  },
  nonce: () => crypto.randomUUID().replaceAll("-", ""),
  random: () => Math.random(),
  sha256: platformHash(),
};
