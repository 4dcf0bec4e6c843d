/** What one caller saw of one call to a store: the raw material of a history. */
import type { Digest, Effects, IdempotencyRecord, Token } from "oncekey";

/** A record as it was read. */
export interface Seen {
  readonly state: IdempotencyRecord["state"];
  readonly token: Token;
  readonly attempt: number;
  readonly fingerprint: Digest;
  /** Of a completed record. Any string that is equal for equal bytes. */
  readonly result?: string;
}

export type Call =
  | {
      readonly verb: "claim";
      readonly nonce: string;
      readonly fingerprint: Digest;
      readonly effects: Effects;
      readonly leaseMs: number;
      readonly retentionMs: number;
      answer?:
        | { readonly outcome: "claimed"; readonly token: Token; readonly attempt: number }
        | { readonly outcome: "taken"; readonly seen: Seen };
    }
  | { readonly verb: "renew"; readonly token: Token; readonly leaseMs: number; answer?: boolean }
  | {
      readonly verb: "complete" | "resolve";
      readonly token: Token;
      readonly result: string;
      answer?: boolean;
    }
  /** `forget` is a resolution without a result: it did not happen. */
  | { readonly verb: "release" | "forget"; readonly token: Token; answer?: boolean }
  | { readonly verb: "get"; answer?: Seen | "absent" };

/**
 * A call with its times, on one clock that only goes forward. Without an answer it is a *maybe*:
 * it may have taken effect at any time after it was made, or never.
 */
export type Operation = Call & {
  readonly id: Digest;
  /** Who called, for the reader. */
  readonly by: string;
  readonly calledAt: number;
  returnedAt?: number;
};

export function seen(record: IdempotencyRecord): Seen {
  const { state, token, attempt, fingerprint } = record;
  const told = { state, token, attempt, fingerprint };
  return state === "completed" ? { ...told, result: textOf(record.result) } : told;
}

/** Bytes as a string of the same length: only ever compared. */
export const textOf = (result: Uint8Array): string => Buffer.from(result).toString("latin1");
