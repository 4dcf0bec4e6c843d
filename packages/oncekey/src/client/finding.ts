/**
 * What one send brought, in words that hold for every server. A profile reads an answer into a
 * finding; what follows from it is decided in `retry.ts`, and nowhere else.
 */

/** Why nobody can say what came of a request. */
export type UnknownReason =
  /** The connection failed, or was never made. */
  | "network"
  /** No answer came in time. */
  | "timeout"
  /** The caller stopped waiting. */
  | "aborted"
  /** The server, or something in front of it, could not answer. */
  | "unavailable"
  /** The first request was still running when the budget was spent. */
  | "in_flight"
  /** The server itself does not know. */
  | "in_doubt"
  /** The server has seen the key, and keeps no answers. */
  | "registered"
  /** Sign in, as the same person, and send again. */
  | "auth"
  /** A refusal that says nothing about an earlier send. */
  | "unproven"
  /** First sent longer ago than the server remembers: sending it again could run it again. */
  | "expired";

/** The members of a problem (RFC 9457) that came in an answer. */
export type Problem = Readonly<Record<string, unknown>>;

/** What an answer told apart from its meaning. */
export interface Told {
  readonly problem?: Problem | undefined;
  /** Of an answer that was not kept: what it was. */
  readonly original?:
    | { readonly status: number; readonly location?: string | undefined }
    | undefined;
}

export type Finding = Told &
  (
    | /** It happened: a 2xx, or a redirect that was followed. */
    { readonly kind: "done" }
    /** A definite no to this send. `proven`: it is one to every earlier send as well. */
    | {
        readonly kind: "refused";
        readonly proven: boolean;
        /** What to call it when it proves nothing about an earlier send. */
        readonly reason: "auth" | "unproven";
        /** It was refused because of the key, before anything looked at the work. */
        readonly unfit?: boolean;
      }
    /** It ran and failed, and that is the recorded answer: part of it may have happened. */
    | { readonly kind: "failed" }
    /** The key stands for other bytes. */
    | { readonly kind: "conflict" }
    /** The same request can get a better answer. `waitMs`: not before. */
    | {
        readonly kind: "again";
        readonly reason: "network" | "timeout" | "unavailable" | "in_flight";
        readonly waitMs?: number | undefined;
      }
    /** Nobody can say, and sending it again by itself would not tell. */
    | { readonly kind: "unclear"; readonly reason: UnknownReason }
  );
