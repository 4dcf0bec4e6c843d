/** What becomes of the record when the handler's answer ends: the table of protocol.md, section 5. */
import type { Effects } from "../core/record.ts";

export type Plan =
  /** Keep the answer. */
  | "complete"
  /** Forget the record: a retry runs. */
  | "release"
  /** Nobody knows what happened: in doubt, or released where a re-run does no harm. */
  | "give-up"
  /** The user's writes and the answer in one commit. */
  | "commit"
  /** Nothing of the user's stays; the answer is kept in a write of its own. */
  | "roll-back-and-complete"
  | "roll-back-and-release";

export interface Ended {
  readonly effects: Effects;
  /** Undefined: no whole answer was given, or the handler said that nobody knows. */
  readonly status: number | undefined;
  /** The handler called `context.release()`. */
  readonly released: boolean;
  readonly commitWhen: (status: number) => boolean;
}

export function planFor({ effects, status, released, commitWhen }: Ended): Plan {
  switch (effects) {
    case "unrepeatable":
      // The handler's word first: it alone can know that nothing happened.
      if (released) return "release";
      return status === undefined ? "give-up" : "complete";
    case "repeatable":
      if (released || status === undefined || status >= 500) return "release";
      return "complete";
    case "transactional":
      if (released || status === undefined) return "roll-back-and-release";
      if (commitWhen(status)) return "commit";
      return status >= 500 ? "roll-back-and-release" : "roll-back-and-complete";
  }
}
