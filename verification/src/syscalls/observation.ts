/** All that was seen of one key whose owner met a fault: what the judge decides on. */
import type { Mode } from "../chaos/cell.ts";
import type { Reply } from "../chaos/client.ts";
import type { Leg } from "../chaos/ground.ts";
import type { Entry } from "../chaos/ledger.ts";

export interface Observation {
  readonly mode: Mode;
  /** The fault has struck, by the word of whoever dealt it. */
  readonly isStruck: boolean;
  /** The fault was to kill the owner. */
  readonly isKilled: boolean;
  /** The owner's process was there after its reply. */
  readonly isAlive: boolean;
  readonly ownerPid: number;
  /** What the one who met the fault was told. */
  readonly reply: Reply;
  /** The first that anybody else was told after that. */
  readonly look: Reply;
  /** The rows that were committed just before `look` was asked for. */
  readonly legsThen: readonly Leg[];
  /** What everybody says in the end, before a person has settled anything. */
  readonly finals: readonly Reply[];
  readonly settling: Settling | undefined;
  /** The ledger's lines. */
  readonly entries: readonly Entry[];
  /** The rows that are committed in the end. */
  readonly legs: readonly Leg[];
  /** What the database found wrong with its own file, each time that it was asked. */
  readonly damage: readonly string[];
}

/** What became of a key in doubt in the hands of a person who reads the ledger. */
export interface Settling {
  readonly isListed: boolean;
  /** The person found that it had happened. */
  readonly happened: boolean;
  readonly isSettled: boolean;
  /** The body that it was settled with, where it had happened. */
  readonly body: string;
  readonly reply: Reply;
}
