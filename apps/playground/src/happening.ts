/**
 * What happened, in the order in which it did: all that the page shows, and nothing that it has not
 * been told. Types only, since the page speaks them too.
 */

/** What a process, the balancer or a guard saw. Keys are shortened to their first 8 characters. */
export type Happening =
  /** The ledger is empty again, and what was before is forgotten. */
  | { readonly what: "cleared" }
  | {
      readonly what: "started" | "killed" | "frozen" | "woken";
      readonly instance: number;
      readonly pid: number;
    }
  /** At the balancer. */
  | {
      readonly what: "arrived";
      readonly request: number;
      readonly key: string;
      readonly path: string;
    }
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
      readonly instance: number;
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
