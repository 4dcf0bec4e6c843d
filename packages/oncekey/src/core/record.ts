/** What a store remembers about one key. Types only. Instants are of the store's clock, in ms. */

/** 64 lower-case hex digits (SHA-256). Compared for equality and never interpreted. */
export type Digest = string;

/** A fencing token: a positive integer. Tokens never repeat; a later claim carries a greater one. */
export type Token = number;

/** What the handler says about being run again. */
export type Effects = "unrepeatable" | "repeatable" | "transactional";

/** What a claim says of its request. Key and scope are not kept in the clear. */
export interface Subject {
  /** The record's address: scope and key together. */
  readonly id: Digest;
  readonly scope: Digest;
  readonly fingerprint: Digest;
  readonly effects: Effects;
  /** For people, such as "POST /payments". At most 200 characters, never a key. */
  readonly label: string;
}

interface Remembered extends Subject {
  readonly token: Token;
  /** 1 for the first owner, and one more for each that took over. */
  readonly attempt: number;
  readonly claimedAt: number;
}

/** Owned under a lease. Once that has ended: in doubt if unrepeatable, else free to follow. */
export interface Unsettled extends Remembered {
  readonly state: "in-flight" | "in-doubt";
  readonly leaseEndsAt: number;
}

/** It happened, and the result answers every duplicate until the record expires. */
export interface Completed extends Remembered {
  readonly state: "completed";
  readonly completedAt: number;
  readonly expiresAt: number;
  readonly result: Uint8Array;
}

export type IdempotencyRecord = Unsettled | Completed;
