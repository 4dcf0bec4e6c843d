/** What the handler is given: who it is among the attempts, and how to say what it knows. */
import { derivedKey } from "./address.ts";
import type { Ports } from "./ports.ts";
import type { Digest, Token } from "./record.ts";

/** `Handle` is the store's transaction, with `effects: "transactional"`. */
export interface Context<Handle = unknown> {
  /** The fencing token of this attempt: hand it to whatever can refuse an older one. */
  readonly token: Token;
  /** 1 for the first owner. 2 or more: an earlier one fell silent, and may have acted. */
  readonly attempt: number;
  /** Fires when the lease is lost, or about to end unrenewed. Its reason is a `LeaseLost`. */
  readonly signal: AbortSignal;
  /**
   * The user's own handle, open until the answer ends. Throws a `TypeError` unless `effects` is
   * "transactional".
   */
  readonly transaction: Handle;
  /**
   * A key for a call downstream: the same in every attempt, another for every name, and not to be
   * told from it which key the client sent. 32 hex digits.
   */
  deriveKey(name: string): string;
  /** Nothing happened: whatever the answer is, forget the record, so that a retry runs afresh. */
  release(): void;
  /** Keep the fact, not the answer: a duplicate learns that it happened. For secrets shown once. */
  omit(): void;
  /**
   * Nobody knows what happened: whatever the answer is, it is not kept. In doubt at once, or, where
   * a re-run does no harm, released. For a call downstream that fell silent. `release()` wins.
   */
  giveUp(): void;
}

/** What the handler has asked for by the time its answer ends. */
export interface Wishes {
  released: boolean;
  omitted: boolean;
  gaveUp: boolean;
}

interface Attempt {
  readonly lease: { readonly id: Digest; readonly token: Token };
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** Nothing asked for yet. */
export const noWishes = (): Wishes => ({ released: false, omitted: false, gaveUp: false });

/** Methods are free of `this`, so that a handler may take them apart. */
export function createContext<Handle>(
  ports: Ports,
  attempt: Attempt,
  wishes: Wishes,
  transaction?: { readonly handle: Handle },
): Context<Handle> {
  return {
    token: attempt.lease.token,
    attempt: attempt.attempt,
    // Read late: most handlers never ask, and a signal costs more than all the rest here.
    get signal() {
      return attempt.signal;
    },
    get transaction() {
      if (transaction !== undefined) return transaction.handle;
      throw new TypeError('`transaction` is there only with `effects: "transactional"`.');
    },
    deriveKey: (name) => derivedKey(ports, attempt.lease.id, name),
    release: () => {
      wishes.released = true;
    },
    omit: () => {
      wishes.omitted = true;
    },
    giveUp: () => {
      wishes.gaveUp = true;
    },
  };
}
