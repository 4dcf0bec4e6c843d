/** What runs against what: a server that answers the same POST, and what it is compared with. */

export type PlaceKind = "none" | "sqlite" | "redis" | "postgres" | "upstream";

/** Counted inside a contestant's process, from its start. */
export interface Counts {
  /** How often the handler ran; behind a proxy, the upstream counts that. */
  executions: number;
  /** Calls to a Redis or a Postgres, each of which waits for its answer. */
  trips: number;
  /** Transactions that were committed, of a SQL store. A statement of its own is one. */
  commits: number;
}

export interface Setting {
  /** A file or a URL; empty where nothing is outside of the process. */
  readonly address: string;
  readonly counts: Counts;
}

export interface Listening {
  readonly port: number;
}

export interface Contestant {
  readonly name: string;
  /** "floor": the least code that stores an answer. It guarantees nothing, and nobody should run it. */
  readonly kind: "bare" | "oncekey" | "floor" | "peer";
  /** The name of the contestant that does the same work without keys. */
  readonly bare: string;
  /** The name of ours that does the same: over node:http, or on the same database. */
  readonly beside?: string;
  readonly place: PlaceKind;
  /** What marks a replay beside its bytes, if anything does. */
  readonly marker?: string;
  /** Starts it, in a process of its own. */
  start(setting: Setting): Promise<Listening>;
}

/** What every request asks with, and about how long every answer is. */
export const BODY = JSON.stringify({ amount: 10, note: "x".repeat(170) });
export const STATUS = 201;

/** The work of every handler. No two answers are the same, so that a replay shows in the bytes. */
export function work(counts: Counts): string {
  counts.executions += 1;
  return JSON.stringify({ id: counts.executions, note: "y".repeat(170) });
}
