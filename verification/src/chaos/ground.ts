/** What the five processes stand on: a store, and the table of what transactions have done. */
import type { Inspector, Notifier, Store, TransactionalStore } from "oncekey";
import type { StoreName } from "./cell.ts";

/** One half of an effect inside a transaction: half an effect is as wrong as two. */
export interface Leg {
  readonly round: string;
  readonly guest: string;
  readonly token: number;
  readonly leg: "debit" | "credit";
}

/** Writes into the transaction that is open. */
export type Book = (leg: Leg) => Promise<void>;

export interface Ground {
  readonly store: Store & Inspector;
  /** Undefined: this store has no transactions. */
  readonly transactional: TransactionalStore<Book> | undefined;
  /** Undefined: who waits for this store asks it at intervals. */
  readonly notifier: Notifier | undefined;
  /** What was committed. */
  legs(round: string): Promise<readonly Leg[]>;
  close(): Promise<void>;
}

/** Loads the one driver that is needed: a process is started for every round that kills one. */
export async function openGround(name: StoreName, address: string): Promise<Ground> {
  switch (name) {
    case "sqlite":
      return (await import("./sqlite-ground.ts")).sqliteGround(address);
    case "redis":
      return (await import("./redis-ground.ts")).redisGround(address);
    case "postgres":
      return (await import("./postgres-ground.ts")).postgresGround(address);
  }
}
