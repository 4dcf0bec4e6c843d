/**
 * What happened, in the order in which it did: all that the page shows, and nothing that it has not
 * been told. Types only, since the page speaks them too.
 */

import type { Wish } from "./wish.ts";

/** What a process, the balancer or a guard saw. Keys are shortened to their first 8 characters. */
export type Happening =
  /** The ledger is empty again, and what was before is forgotten. */
  | { readonly what: "cleared" }
  | {
      readonly what: "started" | "killed" | "frozen" | "woken";
      readonly instance: number | "gateway";
      readonly pid: number;
    }
  /** At the front, which asks the balancer, or the gateway before it. */
  | {
      readonly what: "arrived";
      readonly request: number;
      readonly key: string;
      readonly via: "balancer" | "gateway";
      readonly effects: Wish["effects"];
    }
  /** From the balancer to a process. */
  | {
      readonly what: "sent";
      readonly request: number;
      readonly instance: number;
      readonly pid: number;
    }
  /** What a guard reported; the deck's lock uses the same words. */
  | {
      readonly what: "engine";
      readonly request: number;
      readonly instance: number | "gateway";
      readonly event: string;
      /** How long it waited for a running owner, in ms. */
      readonly waitedMs?: number;
      /** Which owner it is, counted from 1. */
      readonly attempt?: number;
    }
  /** A handler started. Without protection there is no token. */
  | {
      readonly what: "run" | "effect";
      readonly request: number;
      readonly instance: number;
      readonly token: number | null;
      readonly dish: string;
    }
  /** The effect is in a transaction, and nobody else can see it before the commit. */
  | {
      readonly what: "written";
      readonly request: number;
      readonly instance: number;
      readonly token: number;
      readonly dish: string;
    }
  /** Its process is gone, and what it had written is not in the database. */
  | { readonly what: "rolled-back"; readonly request: number }
  /** The whole answer has gone out. */
  | {
      readonly what: "answered";
      readonly request: number;
      readonly status: number;
      readonly replayed: boolean;
      /** Of the body's bytes, in hex. */
      readonly sha256: string;
      /** As text, cut after 2,000 characters. */
      readonly body: string;
    }
  | { readonly what: "unanswered"; readonly request: number; readonly why: string };

/** `seq` counts from 1 and never restarts; `at` is ms since the restaurant opened. */
export type Stamped = Happening & { readonly seq: number; readonly at: number };
