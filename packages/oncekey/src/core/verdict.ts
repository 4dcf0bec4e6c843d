/** Turns a claim into what must happen next. Pure: no clock, no I/O, no HTTP. */
import type { Digest } from "./record.ts";
import { same } from "./same.ts";
import type { Claim, Lease } from "./store.ts";

export type Verdict =
  | {
      readonly kind: "run";
      readonly lease: Lease;
      readonly attempt: number;
      readonly claimedAt: number;
    }
  | { readonly kind: "replay"; readonly result: Uint8Array }
  | { readonly kind: "in-doubt"; readonly lease: Lease }
  | { readonly kind: "in-flight" | "mismatch" };

export function judge(claim: Claim, fingerprint: Digest): Verdict {
  if (claim.outcome === "claimed") {
    const { lease, attempt, claimedAt } = claim;
    return { kind: "run", lease, attempt, claimedAt };
  }
  const { record } = claim;

  // Before the state: a reused key is the client's bug even while the first request runs,
  // and waiting would only teach it to retry a request that can never succeed.
  if (!same(record.fingerprint, fingerprint)) return { kind: "mismatch" };

  switch (record.state) {
    case "completed":
      return { kind: "replay", result: record.result };
    case "in-doubt":
      return { kind: "in-doubt", lease: { id: record.id, token: record.token } };
    case "in-flight":
      return { kind: "in-flight" };
  }
}
