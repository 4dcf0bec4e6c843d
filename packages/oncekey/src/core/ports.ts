/**
 * The outside world, as small as the core can bear: clock, timers, randomness and hash.
 *
 * The simulator brings its own, so that a seed gives a history. Nothing in the core touches the
 * platform but through here. The clock only paces this process (how old a lease is, when to ask
 * again); who owns a record is decided by the store's clock alone.
 */
import { platformHash } from "./hash.ts";

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
  /** SHA-256 over the parts, one after the other. 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
}

export type Cancel = () => void;

/** What a timer is on this platform: Node's has `unref`, a browser's is a number. */
type Timer = number | { unref?(): void };

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
