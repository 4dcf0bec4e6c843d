/** Whether the lease and the time-outs go together. */
import { type Finding, ok, warning } from "./finding.ts";

export interface Durations {
  readonly leaseMs: number;
  /** How long the upstream, or a request, may take. */
  readonly timeoutMs: number;
  readonly storeTimeoutMs: number;
}

const inSeconds = (ms: number): string => `${ms / 1_000} s`;

/** A lease is renewed at a third of it, so it does not limit the work: a crash is what ends it. */
export function examineLease({ leaseMs, timeoutMs, storeTimeoutMs }: Durations): Finding {
  // The renewal that begins at a third, and hangs, has to leave time for one more.
  const least = storeTimeoutMs * 2;
  if (leaseMs < least) {
    return warning(
      "lease",
      `One store call that hangs until its time-out (${inSeconds(storeTimeoutMs)}) may cost the ` +
        `lease of ${inSeconds(leaseMs)}: honest work is then in doubt, or taken over.`,
      `Set the lease to ${inSeconds(least)} or more, or the store's time-out lower.`,
    );
  }
  if (leaseMs > timeoutMs) {
    return warning(
      "lease",
      `After a crash a key says "in flight" for up to ${inSeconds(leaseMs)}, longer than any ` +
        `request takes (${inSeconds(timeoutMs)}).`,
      "Set the lease to no more than the time-out.",
    );
  }
  return ok(
    "lease",
    `A lease of ${inSeconds(leaseMs)} is renewed while work goes on, so it may be shorter than ` +
      `the time-out of ${inSeconds(timeoutMs)}.`,
  );
}
