/**
 * The submit machine as data, in the form that XState reads: from each status, what each event can
 * lead to. It is made from `reduce`, and a test holds the two together.
 */
import type { Event, Status } from "./reduce.ts";

interface Graph {
  readonly id: string;
  readonly initial: Status;
  readonly states: Readonly<
    Record<Status, { readonly on: Readonly<Partial<Record<Event["type"], readonly Status[]>>> }>
  >;
}

export const graph: Graph = {
  id: "submit",
  initial: "ready",
  states: {
    ready: {
      on: {
        observed: [
          "conflict",
          "failed",
          "offline",
          "rejected",
          "retrying",
          "submitting",
          "success",
          "unknown",
          "waiting",
        ],
        restored: ["conflict", "failed", "submitting", "success", "unknown"],
        submit: ["submitting"],
      },
    },
    submitting: {
      on: {
        aborted: ["ready", "unknown"],
        answered: ["conflict", "failed", "rejected", "retrying", "success", "unknown", "waiting"],
        due: ["unknown"],
        lost: ["offline", "retrying", "unknown"],
        observed: [
          "conflict",
          "failed",
          "offline",
          "rejected",
          "retrying",
          "success",
          "unknown",
          "waiting",
        ],
        principal: ["ready"],
        reset: ["ready"],
        sent: ["conflict", "offline", "rejected", "unknown"],
      },
    },
    retrying: {
      on: {
        aborted: ["unknown"],
        answered: ["conflict", "failed", "rejected", "success", "unknown", "waiting"],
        due: ["submitting", "unknown"],
        lost: ["offline", "unknown"],
        observed: [
          "conflict",
          "failed",
          "offline",
          "rejected",
          "submitting",
          "success",
          "unknown",
          "waiting",
        ],
        principal: ["ready"],
        reset: ["ready"],
      },
    },
    waiting: {
      on: {
        aborted: ["unknown"],
        answered: ["conflict", "failed", "rejected", "retrying", "success", "unknown"],
        due: ["submitting", "unknown"],
        lost: ["offline", "retrying", "unknown"],
        observed: [
          "conflict",
          "failed",
          "offline",
          "rejected",
          "retrying",
          "submitting",
          "success",
          "unknown",
        ],
        principal: ["ready"],
        reset: ["ready"],
      },
    },
    offline: {
      on: {
        aborted: ["ready", "unknown"],
        due: ["retrying", "submitting", "unknown"],
        observed: [
          "conflict",
          "failed",
          "rejected",
          "retrying",
          "submitting",
          "success",
          "unknown",
          "waiting",
        ],
        online: ["retrying", "submitting", "unknown"],
        principal: ["ready"],
        reset: ["ready"],
      },
    },
    success: {
      on: { edited: ["ready"], principal: ["ready"], reset: ["ready"], submit: ["submitting"] },
    },
    rejected: { on: { principal: ["ready"], reset: ["ready"], submit: ["submitting"] } },
    failed: { on: { principal: ["ready"], reset: ["ready"], submit: ["submitting", "unknown"] } },
    unknown: {
      on: {
        check: ["submitting"],
        observed: [
          "conflict",
          "failed",
          "offline",
          "rejected",
          "retrying",
          "submitting",
          "success",
          "waiting",
        ],
        principal: ["ready"],
        reset: ["ready"],
        restored: ["submitting"],
        submit: ["submitting"],
      },
    },
    conflict: {
      on: {
        check: ["submitting", "unknown"],
        observed: [
          "failed",
          "offline",
          "rejected",
          "retrying",
          "submitting",
          "success",
          "unknown",
          "waiting",
        ],
        principal: ["ready"],
        reset: ["ready"],
        restored: ["submitting", "unknown"],
        submit: ["submitting", "unknown"],
      },
    },
  },
};
