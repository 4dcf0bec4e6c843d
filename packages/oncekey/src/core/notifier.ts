/** Wakes waiters early. A hint only: whoever is woken claims again, and a lost hint costs time. */
import type { Digest } from "./record.ts";

export interface Notifier {
  /**
   * Resolves when the record may have changed (completed, released, resolved), when the signal
   * fires, or when the notifier cannot tell. Listening has begun before the returned `ready`
   * resolves: a change after that is never missed while the connection lives.
   */
  watch(id: Digest, signal: AbortSignal): Watch;
}

export interface Watch {
  /** Listening has begun: claim once more, in case the change came before. */
  readonly ready: Promise<void>;
  /** The record may have changed. Never rejects; a broken connection is a change too. */
  readonly changed: Promise<void>;
}
