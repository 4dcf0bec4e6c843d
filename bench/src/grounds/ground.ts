/** A database with stores of any number of records, made by the database itself: by the million. */
import { createHash } from "node:crypto";
import type { Digest, Inspector, Store } from "oncekey";

export type GroundKind = "sqlite" | "postgres" | "redis";

export interface Ground {
  /** Of the database's process, where it is one of its own. */
  readonly pid: number | undefined;
  /** A store of its own, with so many completed records of `RESULT_BYTES` in it. */
  fill(size: number): Promise<Filled>;
  /** Our store, where calls that come together share no write. Absent where none ever do. */
  twin?(): Promise<Store>;
  /** A call of two plain statements under a new key: what takes it, and what keeps an answer. */
  plain(): Promise<(key: string) => Promise<unknown>>;
  stop(): Promise<void>;
}

export interface Filled {
  readonly size: number;
  readonly store: Store & Pick<Inspector, "reap">;
  /** What the database keeps for each record, indexes included; NaN without records. */
  readonly bytes: number;
  /** Ids of records that are there, from all over the store. */
  sample(count: number): Promise<readonly Digest[]>;
}

/** What each record keeps as its answer: small, so that ten million of them fit anywhere. */
export const RESULT_BYTES = 64;
/** How many scopes the records belong to. */
export const SCOPES = 40;
export const LABEL = "POST /payments";
export const PLAIN_ANSWER = "y".repeat(RESULT_BYTES);
export const RETENTION_MS = 86_400_000;

/**
 * Ids are written in their order, because a table of ten million in disorder takes an hour to fill.
 * New ones, which are random, still fall between them anywhere.
 */
export const stepOf = (size: number): number => Math.floor(2 ** 48 / Math.max(size, 1));

/** `count` different numbers from 1 to `size`, or all of them. */
export function numbers(size: number, count: number): readonly number[] {
  const step = Math.max(1, Math.floor(size / count));
  return Array.from({ length: Math.min(size, count) }, (_, index) => index * step + 1);
}

export const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

const OPENERS: Readonly<Record<GroundKind, () => Promise<Ground>>> = {
  sqlite: async () => (await import("./sqlite.ts")).open(),
  postgres: async () => (await import("./postgres.ts")).open(),
  redis: async () => (await import("./redis.ts")).open(),
};

export const openGround = (kind: GroundKind): Promise<Ground> => OPENERS[kind]();

/** Those that are named, or all. */
export function kindsOf(
  only: readonly string[] | undefined,
  among: readonly GroundKind[],
): readonly GroundKind[] {
  const unknown = only?.find((name) => !among.some((kind) => kind === name));
  if (unknown !== undefined) {
    throw new TypeError(`Expected --only to be one of ${among.join(", ")}, got ${unknown}.`);
  }
  return among.filter((kind) => only === undefined || only.includes(kind));
}
