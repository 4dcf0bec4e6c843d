/** Stripe's API, and those that answer as it does. A file of its own: others do not pay for it. */
import type { Problem } from "./finding.ts";
import {
  isDone,
  isMarked,
  isRefusal,
  oncekeyServer,
  PASSING,
  type Profile,
  RECORDED,
  readJson,
  refused,
  SIGN_IN,
} from "./profiles.ts";
import { retryAfter } from "./retry.ts";

/** Source: docs.stripe.com/api/idempotent_requests, and stripe-node's rules for sending again. */
export const stripeServer: Profile = {
  ...oncekeyServer,
  methods: ["POST"],
  echoes: false,
  async classify(response, { now }) {
    const { status, headers } = response;
    const should = headers.get("stripe-should-retry");
    const error = (await readJson(response, "application/json"))?.error as Problem | undefined;
    const again = { kind: "again", waitMs: retryAfter(headers, now) } as const;
    const inFlight = error?.code === "idempotency_key_in_use";
    if (should === "true") return { ...again, reason: inFlight ? "in_flight" : "unavailable" };
    if (isDone(response)) return { kind: "done" };
    if (inFlight) {
      const reason = "in_flight";
      return should === "false" ? { kind: "unclear", reason } : { ...again, reason };
    }
    if (error?.type === "idempotency_error") return { kind: "conflict" };
    if (isRefusal(status)) {
      // These come from before the record was looked at: they retire no key that is open.
      const before = SIGN_IN.includes(status) || PASSING.includes(status);
      return isMarked(response) ? refused(RECORDED, true) : refused(status, !before);
    }
    if (isMarked(response)) return { kind: "failed" };
    const reason = "unavailable";
    return should === "false" ? { kind: "unclear", reason } : { ...again, reason };
  },
};
