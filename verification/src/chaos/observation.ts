/** All that was seen of one round, from outside: what the judge decides on. */
import type { Cell } from "./cell.ts";
import type { Reply, Sighting } from "./client.ts";
import type { Leg } from "./ground.ts";
import type { Entry } from "./ledger.ts";

export interface Observation {
  readonly cell: Cell;
  readonly round: string;
  readonly guest: string;
  readonly amount: number;
  /** What the one who met the fault was told, and all duplicates, in the order of the answers. */
  readonly sightings: readonly Sighting[];
  /** What every process says when all is over. */
  readonly finals: readonly Reply[];
  /** When all was well again, by the ledger's clock: the process is back, or the store is. */
  readonly healedAt: number;
  /** The ledger's lines of this round. */
  readonly entries: readonly Entry[];
  /** The rows of this round that were committed. */
  readonly legs: readonly Leg[];
  /** The same key of another principal, sent once all was over. */
  readonly stranger: { readonly guest: string; readonly reply: Reply };
  /** The same key for another amount, sent once all was over. */
  readonly mismatch: { readonly amount: number; readonly reply: Reply };
  /** Where the key ended in doubt: what became of it in the hands of a person. */
  readonly settling: Settling | undefined;
}

export interface Settling {
  readonly wasListed: boolean;
  readonly wasSettled: boolean;
  /** The body that it was settled with. */
  readonly body: string;
  /** What every process says after that. */
  readonly replies: readonly Reply[];
}
