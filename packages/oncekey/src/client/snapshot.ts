/** What a page is shown of a submit: a union that TypeScript narrows by `status`, or by `phase`. */
import type { Problem } from "./finding.ts";
import { type Messages, messageOf } from "./messages.ts";
import { type Event, phaseOf, type Reason, type State, type Status } from "./reduce.ts";

export interface SubmitError {
  readonly status?: number;
  readonly problem?: Problem | undefined;
  /** The body of the answer: parsed if it is JSON, else as text. */
  readonly data?: unknown;
  readonly cause?: unknown;
}

/** What the last send, or the application, has told. */
export interface Told {
  readonly replayed: boolean | null;
  readonly data: unknown;
  readonly error: SubmitError | null;
}

export const NOTHING: Told = { replayed: null, data: null, error: null };

/** The last 50 events, oldest first. */
export type History = readonly {
  readonly type: Event["type"];
  readonly status: Status;
  readonly at: number;
}[];

interface Common {
  readonly key: string | null;
  readonly attempt: number;
  readonly replayed: boolean | null;
  readonly message: string;
  readonly canSubmit: boolean;
  readonly history: History;
}

export type Snapshot<Data = unknown> = Common &
  (
    | {
        readonly phase: "READY";
        readonly status: "ready";
        readonly reason: null;
        readonly nextRetryAt: null;
        readonly data: null;
        readonly error: null;
      }
    | {
        readonly phase: "SUBMIT";
        readonly status: "submitting" | "retrying" | "waiting" | "offline";
        readonly reason: null;
        readonly nextRetryAt: number | null;
        readonly data: null;
        readonly error: null;
      }
    /** `data` is `null` where the answer was not kept, or after a reload. */
    | {
        readonly phase: "SUCCESS";
        readonly status: "success";
        readonly reason: null;
        readonly nextRetryAt: null;
        readonly data: Data | null;
        readonly error: null;
      }
    | {
        readonly phase: "FAIL";
        readonly status: "rejected" | "failed" | "unknown" | "conflict";
        readonly reason: Reason | null;
        readonly nextRetryAt: null;
        readonly data: null;
        readonly error: SubmitError | null;
      }
  );

/** `cannotCheck`: a person has asked what came of it, and there is no way to find out. */
export function snapshotOf(
  { status, reason, key, attempt, nextRetryAt }: State,
  told: Told,
  history: History,
  cannotCheck: boolean,
  messages: Messages,
): Snapshot {
  const phase = phaseOf(status);
  return {
    ...{ phase, status, reason, key, attempt, nextRetryAt, history },
    replayed: told.replayed,
    message: cannotCheck ? messages.cannotCheck : messageOf(messages, status, reason),
    canSubmit: phase !== "SUBMIT" && phase !== "SUCCESS",
    data: phase === "SUCCESS" ? told.data : null,
    error: phase === "FAIL" ? told.error : null,
  } as Snapshot;
}

/** The names that people know from other libraries. A failure is never one whose outcome is unknown. */
export interface Flags {
  readonly isPending: boolean;
  readonly isSuccess: boolean;
  readonly isError: boolean;
  readonly isUnknown: boolean;
}

export const flagsOf = ({ phase, status }: Snapshot): Flags => ({
  isPending: phase === "SUBMIT",
  isSuccess: phase === "SUCCESS",
  isError: phase === "FAIL" && status !== "unknown",
  isUnknown: status === "unknown",
});
