/** What a person is told. Every text is an option; "unknown" is never worded as "failed". */
import type { Reason, Status } from "./reduce.ts";

/** By status; where a reason has a text of its own, that one. */
export type Messages = Readonly<
  Record<Status | "expired" | "edited" | "auth" | "cannotCheck", string>
>;

export const MESSAGES: Messages = {
  ready: "",
  submitting: "Sending…",
  retrying: "No answer yet. Trying again…",
  waiting: "Your request is being worked on…",
  offline: "There is no connection. It will be sent when the connection is back.",
  success: "Done.",
  rejected: "This was not accepted.",
  failed: "Something went wrong, and part of it may have happened.",
  unknown: "We could not confirm that this went through. Check again before you send anything new.",
  conflict: "Your earlier request was received. Check again to see what came of it.",
  expired: "This was first sent long ago. Find out what became of it before you send anything new.",
  edited:
    "This was changed after it was sent, so it was not sent again. Check the earlier request first.",
  auth: "We could not confirm that this went through. Sign in again, and then check again.",
  cannotCheck: "This page cannot find out by itself. Look it up before you send anything new.",
};

export function messageOf(messages: Messages, status: Status, reason: Reason | null): string {
  const own = reason as keyof Messages | null;
  return (own !== null && Object.hasOwn(messages, own) && messages[own]) || messages[status];
}
