/**
 * What a cell may end as. The application lives on, so each key comes to an answer in the end: what
 * differs is whether the effect may have happened twice, and what the caller must have been told.
 *
 * A network that is cut is for the record what a process is that stands still: the cells of the
 * chaos harness say how often an effect may have happened, and its judge counts.
 */
import type { Cell as ChaosCell } from "../chaos/cell.ts";
import type { Cell } from "./cell.ts";

/** The cell of the chaos harness that expects the same. */
export function likeStopped(cell: Cell): ChaosCell {
  const { store, mode } = cell;
  // An attempt that was rolled back is released, and the next one is a first one again.
  if (mode === "transactional") return { store, mode, point: "complete-sent", fault: "throw" };
  const point = mayRunTwice(cell) ? "complete-sent" : "before-claim";
  return { store, mode, point, fault: "stop" };
}

/** No reply to the claim can come: the handler must not run, and the caller is told to come again. */
export function isClaimLost({ step, side, at, fault, reach }: Cell): boolean {
  if (fault === "delay" || reach === "connection") return false;
  if (step === "connect") return true;
  if (step !== "claim") return false;
  // A reset takes with it what is on its way. A hole in one direction lets the other one pass.
  return at !== "after" || (side === "request" && fault === "reset");
}

/** A lease may end before its owner reaches the store again, and then a repeatable one is followed. */
function mayRunTwice(cell: Cell): boolean {
  return !isClaimLost(cell) && (cell.reach === "outage" || cell.fault !== "reset");
}

/** The second effect has to be seen: completion cannot arrive for as long as two leases. */
export function isTwiceTheLimit({ mode, step, side, at, fault, reach }: Cell): boolean {
  const isCut = reach === "outage" && fault !== "delay" && side === "request" && at !== "after";
  return mode === "repeatable" && step === "complete" && isCut;
}

/**
 * COMMIT without an answer. "committed": the store had answered, and the answer met the fault. "not":
 * COMMIT itself did, and never became whole. "unknown": it left, and nothing more is known.
 */
export type CommitUnknown = "committed" | "not" | "unknown";

export function commitUnknownOf({ step, side, at, fault }: Cell): CommitUnknown | undefined {
  if (step !== "commit") return undefined;
  if (side === "reply") return "committed";
  return at === "after" || fault === "delay" ? "unknown" : "not";
}
