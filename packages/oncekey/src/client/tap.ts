/**
 * Where a tool that watches a page listens in: the panel of `oncekey/client/devtools` puts itself
 * here. Without one this is an empty object, and nothing is told to anybody.
 *
 * An object of this module and not a name of the page's: markup can define those, by an `id`.
 */
import type { UnknownReason } from "./finding.ts";
import type { Event, State } from "./reduce.ts";
import type { Ticket, transmit } from "./transmit.ts";

export interface Tap {
  /** Stands in for `transmit`: it sees each send, and may send it in another way. */
  send?: typeof transmit;
  /** A submit is told something. `submit` stands for it, and `name` is what it is kept under. */
  told?(submit: object, name: string, before: State, event: Event): void;
  /** A call of the wrapper waits for so long. Without `ms` it has given up. */
  waits?(call: Ticket, reason: UnknownReason, ms?: number): void;
}

export const tap: Tap = {};
