/** One event of each type, and of each form that a type has: nothing is left unmeasured unseen. */
import type { OncekeyEvent } from "oncekey";

const about = { record: "0123456789ab", label: "POST /payments" };
const error = new Error("secret");
/** One event of each type, so that a type without a metric is seen. */
export const EVENTS: { readonly [Type in OncekeyEvent["type"]]: OncekeyEvent & { type: Type } } = {
  claimed: { type: "claimed", ...about, attempt: 2, waitedMs: 20 },
  renewed: { type: "renewed", ...about },
  replayed: { type: "replayed", ...about, waitedMs: 0 },
  "in-flight": { type: "in-flight", ...about, waitedMs: 0 },
  "in-doubt": { type: "in-doubt", ...about, waitedMs: 0 },
  mismatch: { type: "mismatch", ...about, waitedMs: 0 },
  completed: { type: "completed", ...about, ranMs: 1 },
  released: { type: "released", ...about, ranMs: 1 },
  "gave-up": { type: "gave-up", ...about, ranMs: 1 },
  "rolled-back": { type: "rolled-back", ...about, ranMs: 1 },
  superseded: { type: "superseded", ...about, ranMs: 1 },
  "not-recorded": { type: "not-recorded", ...about, ranMs: 1 },
  reconciled: { type: "reconciled", ...about, happened: true },
  "lease-lost": { type: "lease-lost", ...about, reason: "`maxRunMs` has passed" },
  "store-failed": { type: "store-failed", ...about, call: "claim", error },
  "store-called": { type: "store-called", call: "claim", tookMs: 1, failed: false },
  "record-corrupt": { type: "record-corrupt", ...about, error },
  recovered: { type: "recovered", ...about, call: "complete" },
  abandoned: { type: "abandoned", ...about, call: "complete" },
  "reconcile-failed": { type: "reconcile-failed", ...about, error },
  "handler-failed": { type: "handler-failed", ...about, error },
  "ran-unprotected": { type: "ran-unprotected", label: about.label, error },
  "scope-unresolved": { type: "scope-unresolved", label: about.label, error },
};

/** With each value that a label can have. */
export function everyForm(): readonly OncekeyEvent[] {
  const calls = ["renew", "complete", "release", "resolve", "get"].flatMap((call) => [
    { ...EVENTS["store-called"], call },
    { ...EVENTS["store-failed"], call },
  ]);
  return [
    ...Object.values(EVENTS),
    { ...EVENTS.reconciled, happened: false },
    { ...EVENTS["store-called"], failed: true },
    ...calls,
    { ...EVENTS["store-failed"], call: "transaction" },
  ];
}
