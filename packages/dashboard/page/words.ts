/** What the page says of states and events: one place for all of its words about them. */

export const STATE_WORDS: Readonly<Record<string, string>> = {
  "in-flight": "in flight",
  "in-doubt": "in doubt",
  completed: "completed",
};

/** Shapes, so that no state is told by its colour alone. */
export const STATE_SIGNS: Readonly<Record<string, string>> = {
  "in-flight": "◔",
  "in-doubt": "▲",
  completed: "●",
};

const EVENT_WORDS: Readonly<Record<string, string>> = {
  "record-claimed": "Claimed: an owner began to run it",
  "record-completed": "Completed: the result is kept, and answers every duplicate",
  "lease-ends": "The lease ends, unless it is renewed",
  "became-in-doubt": "In doubt: the owner fell silent, and nobody knows whether it happened",
  resolved: "Settled by hand",
  expires: "The record expires",
  claimed: "Claimed: the handler runs",
  renewed: "The lease was renewed",
  completed: "Completed by its owner",
  released: "Released: a retry runs afresh",
  "gave-up": "Given up: the handler's outcome is not known",
  "rolled-back": "Rolled back with its transaction",
  superseded: "The owner found that the record was no longer its own",
  replayed: "Replayed: a duplicate got the kept answer",
  "in-flight": "Conflict: a duplicate came while the first request was running",
  "in-doubt": "A duplicate met the record in doubt, and was told so",
  mismatch: "Mismatch: the key came back with another request",
  reconciled: "Reconciled by the application",
  "lease-lost": "The lease was lost, and the handler's signal fired",
  "store-failed": "The store failed",
  "record-corrupt": "The record cannot be read",
  "not-recorded": "It ran, and its result could not be kept yet",
  recovered: "A late write reached the store",
  abandoned: "A late write was given up",
  "reconcile-failed": "The application could not say what became of it",
  "handler-failed": "The handler failed",
  "ran-unprotected": "Ran without protection: the store was down",
  "scope-unresolved": "Refused: nobody could tell whose key it is",
};

export const eventWords = (type: string): string => EVENT_WORDS[type] ?? type;

/** How grave an event is, for its mark. */
export function eventTone(type: string): "calm" | "good" | "grave" {
  if (
    ["completed", "record-completed", "replayed", "reconciled", "resolved", "recovered"].includes(
      type,
    )
  ) {
    return "good";
  }
  const calm = ["claimed", "record-claimed", "renewed", "released", "expires", "lease-ends"];
  return [...calm, "in-flight", "rolled-back"].includes(type) ? "calm" : "grave";
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** "3 minutes", "just now" left to who says it. */
export function spanWords(ms: number): string {
  const span = Math.abs(ms);
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(span / unitMs);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  const seconds = Math.round(span / 1000);
  return `${seconds} second${seconds === 1 ? "" : "s"}`;
}

export function bytesWords(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${Math.round(bytes / 102.4) / 10} KiB`;
}

export const shortDigest = (digest: string): string => digest.slice(0, 12);
