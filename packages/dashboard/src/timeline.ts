/**
 * What happened to one key, in order: what its record says, and the events of this process.
 *
 * The two have different clocks. An entry says which one, because an order of two instants of two
 * clocks is a guess.
 */
import type { AuditEntry } from "./audit.ts";
import type { EventMemory, SeenEvent } from "./event-memory.ts";
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
): readonly TimelineEntry[] {
  const told = events.filter((event) => !isStanding(event, record));
  const entries = [...told.map(entryOf), ...settled.map(settledEntry), ...standing(record)];
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

function settledEntry({ at, operator, happened, reason, token }: AuditEntry): TimelineEntry {
  const what = happened ? "as happened" : "as not happened";
  const detail = `${what}, by ${operator}: ${reason}`;
  return { at: Date.parse(at), clock: "process", type: "resolved", token, detail };
}

function entryOf(event: SeenEvent): TimelineEntry {
  const { at, type, attempt } = event;
  const detail = [
    event.reason,
    event.call === undefined ? undefined : `call: ${event.call}`,
    event.happened === undefined ? undefined : event.happened ? "it happened" : "it did not happen",
    event.ranMs === undefined ? undefined : `ran ${spanOf(event.ranMs)}`,
    // A duplicate that found the answer there did not wait.
    event.waitedMs === undefined || event.waitedMs === 0
      ? undefined
      : `waited ${spanOf(event.waitedMs)}`,
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
