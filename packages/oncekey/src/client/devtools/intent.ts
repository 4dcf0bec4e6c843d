/** One key of the page: what its machine was told, and what was sent under it. */
import type { Finding } from "../finding.ts";
import { type Kept, phaseOf, type State, type Status } from "../reduce.ts";
import type { Parcel } from "./again.ts";
import type { Fault } from "./faults.ts";
import type { Log } from "./log.ts";

export interface Intent {
  readonly id: number;
  /** What a submit is kept under, the intent of a call, or what is asked for. */
  readonly name: string;
  readonly key: string | null;
  readonly log: Log;
  /** Where the machine stands. Its key may be the next one by now. */
  readonly state: State;
  /** What came of this key. */
  readonly status: Status;
  readonly sends: readonly Send[];
  /** What was sent last. */
  readonly parcel: Parcel | null;
  /** What a call's last send brought, until it is known whether another one follows. */
  readonly pending: Finding | null;
}

export interface Send {
  readonly at: number;
  readonly endedAt: number | null;
  /** `null`: it is on its way. */
  readonly brought: Finding["kind"] | null;
  readonly status: number | null;
  /** `null`: there is no answer, or one from another origin that hides the marker. */
  readonly replayed: boolean | null;
  readonly fault: Fault | "offline" | null;
  /** By "send it again", past the client. */
  readonly isByHand: boolean;
}

export const isBusy = ({ status }: Pick<Kept, "status">): boolean => phaseOf(status) === "SUBMIT";

/** A key is given up with the event that says so, and a definite no is the last word on it. */
export const statusFor = (intent: Intent, state: State): Status =>
  state.key === intent.key || state.status === "rejected" ? state.status : intent.status;

export const begun = (id: number, name: string, base: State): Intent => ({
  ...{ id, name, key: base.key, log: { base, events: [] }, state: base, status: base.status },
  ...{ sends: [], parcel: null, pending: null },
});
