/**
 * What happened to one key, in order: what its record says, and the events of this process.
 *
 * The two have different clocks. An entry says which one, because an order of two instants of two
 * clocks is a guess.
 */
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
  memory: Pick<EventMemory, "about">,
): readonly TimelineEntry[] {
  const entries = [...memory.about(record.id).map(entryOf), ...standing(record)];
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

function entryOf(event: SeenEvent): TimelineEntry {
  const { at, type, attempt } = event;
  const detail = [
    event.reason,
    event.call === undefined ? undefined : `call: ${event.call}`,
    event.happened === undefined ? undefined : event.happened ? "it happened" : "it did not happen",
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
