/** A primary, the one that follows it, and the two relays: what a failover is made of. */
import type { Inspector } from "oncekey";
import type { Leg } from "../chaos/ground.ts";
import type { Durability, StoreName } from "./cell.ts";
import type { Relay } from "./relay.ts";

export interface Pair {
  /** The URL that applications know: of the primary and, later, of the one that was promoted. */
  readonly address: string;
  /** Between the two. */
  readonly link: Relay;
  /** Before both. */
  readonly door: Relay;
  /** Resolves when the follower has everything that the primary has. */
  caughtUp(): Promise<void>;
  /** Whether completions of so many rounds were written at the primary, confirmed or not. */
  isWritten(rounds: ReadonlySet<string>): Promise<boolean>;
  /** Ends the waiting for confirmation as an operator would, for all who wait now. */
  cancelWaits(): Promise<void>;
  /** Kills the primary at once. */
  kill(): Promise<void>;
  /** Makes the follower the primary. Nobody is led to it yet. */
  promote(): Promise<Side>;
  /** The old primary comes back, and follows. Undefined: this store's does not, in this drill. */
  readonly rejoin: (() => Promise<Follower>) | undefined;
  /** Leads the applications to the promoted one. */
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** One server, looked at directly. */
export interface Side {
  readonly records: Pick<Inspector, "list">;
  /** What was committed there beside the records. */
  legs(round: string): Promise<readonly Leg[]>;
}

export interface Follower extends Side {
  /** Resolves when it has everything that the promoted one has. */
  caughtUp(): Promise<void>;
}

/** How long a server may take to follow, or to be promoted: long, on a machine that is busy. */
export const PATIENCE_MS = 30_000;

export async function openPair(store: StoreName, durability: Durability): Promise<Pair> {
  switch (store) {
    case "redis":
      return (await import("./redis-pair.ts")).redisPair();
    case "postgres":
      return (await import("./postgres-pair.ts")).postgresPair(durability === "synchronous");
  }
}
