/**
 * What happened to one key, in order: what its record says, and the events of this process.
 *
 * The two have different clocks. An entry says which one, because an order of two instants of two
 * clocks is a guess.
 */
import type { AuditEntry } from "./audit.ts";
import type { EventMemory, SeenEvent } from "./event-memory.ts";
import { filled, type Messages } from "./messages.ts";
import type { RecordView } from "./record-view.ts";

export interface TimelineEntry {
  readonly at: number;
  readonly clock: "store" | "process";
  readonly type: string;
  /** Of the record as it stands; an event does not carry one. */
  readonly token?: number;
  readonly attempt?: number;
  readonly detail?: string;
}

export function timelineOf(
  record: RecordView,
  events: ReturnType<EventMemory["about"]>,
  settled: readonly AuditEntry[],
  messages: Messages,
): readonly TimelineEntry[] {
  const told = events.filter((event) => !isStanding(event, record));
  const [claim, ...endings] = standing(record);
  const entries = [
    // First: what is told in its millisecond came after it.
    claim,
    ...told.map((event) => entryOf(event, messages)),
    ...settled.map((entry) => settledEntry(entry, messages)),
    ...endings,
  ].filter((entry) => entry !== undefined);
  return entries.sort((one, other) => one.at - other.at);
}

/** What the record itself tells of: its claim, its lease and its ending. */
function standing(record: RecordView): TimelineEntry[] {
  const { token, attempt, claimedAt, leaseEndsAt, completedAt, expiresAt } = record;
  const known = { clock: "store", token, attempt } as const;
  const entries: TimelineEntry[] = [{ ...known, at: claimedAt, type: "record-claimed" }];
  if (leaseEndsAt !== undefined) {
    const isOver = record.state === "in-doubt";
    entries.push({ ...known, at: leaseEndsAt, type: isOver ? "became-in-doubt" : "lease-ends" });
  }
  if (completedAt !== undefined) {
    entries.push({ ...known, at: completedAt, type: "record-completed" });
  }
  if (expiresAt !== undefined) entries.push({ ...known, at: expiresAt, type: "expires" });
  return entries;
}

/** The record tells of its own claim and ending, and better: with the token, by the store's clock. */
function isStanding({ type, attempt }: SeenEvent, record: RecordView): boolean {
  if (type === "claimed") return attempt === record.attempt;
  return type === "completed" && record.state === "completed";
}

function settledEntry(entry: AuditEntry, messages: Messages): TimelineEntry {
  const { at, operator, happened, reason, token } = entry;
  const text = happened ? messages.asHappened : messages.asNotHappened;
  const detail = filled(text, { operator, reason });
  return { at: Date.parse(at), clock: "process", type: "resolved", token, detail };
}

function entryOf(event: SeenEvent, messages: Messages): TimelineEntry {
  const { at, type, attempt } = event;
  const detail = [
    event.reason,
    event.call === undefined ? undefined : filled(messages.call, { call: event.call }),
    event.happened === undefined
      ? undefined
      : event.happened
        ? messages.itHappened
        : messages.itDidNot,
    event.ranMs === undefined ? undefined : filled(messages.ran, { span: spanOf(event.ranMs) }),
    // A duplicate that found the answer there did not wait.
    event.waitedMs === undefined || event.waitedMs === 0
      ? undefined
      : filled(messages.waited, { span: spanOf(event.waitedMs) }),
    event.error,
  ].filter((part) => part !== undefined);
  return {
    at,
    type,
    clock: "process",
    ...(attempt === undefined ? {} : { attempt }),
    ...(detail.length === 0 ? {} : { detail: detail.join("; ") }),
  };
}

const spanOf = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
