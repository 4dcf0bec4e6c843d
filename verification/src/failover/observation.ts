/** All that was seen of one key over one failover, from outside: what the judge decides on. */
import type { IdempotencyRecord } from "oncekey";
import type { Reply } from "../chaos/client.ts";
import type { Leg } from "../chaos/ground.ts";
import type { Entry } from "../chaos/ledger.ts";
import type { Cell } from "./cell.ts";

/** What a server has of a record. */
export type Standing = "absent" | "unsettled" | "completed";

export interface Observation {
  readonly cell: Cell;
  readonly round: string;
  /** What was told before the primary died, in order. The last is what its client went away with. */
  readonly before: readonly Reply[];
  /** What was told after it, by the promoted server's word, in order. */
  readonly after: readonly Reply[];
  /** What every process says when all is over. */
  readonly finals: readonly Reply[];
  /** The ledger's lines of this round. */
  readonly entries: readonly Entry[];
  /** How many of them were written before the primary died. */
  readonly entriesBefore: number;
  /** The rows of this round that the promoted server has in the end. */
  readonly legs: readonly Leg[];
  /** What the promoted server had before anybody was led to it. */
  readonly promoted: Standing;
  /** What the promoted server has in the end. */
  readonly ending: IdempotencyRecord | undefined;
  /** What the old primary has that came back; undefined: it did not. */
  readonly copy: { readonly record: IdempotencyRecord | undefined } | undefined;
  /** How many bytes the link has swallowed. */
  readonly swallowed: number;
}
