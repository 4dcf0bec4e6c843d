/**
 * A record in words, for people and for programs. The kept answer is not among them: only its
 * length, because who may look at records may not be who may read what was answered.
 */
import { type IdempotencyRecord, keptBy, RecordCorrupt, type Seal } from "oncekey";
import { legible, table } from "./printer.ts";

/** As many digits of an id as the logs have. */
export const SHORT_ID = 12;

const shortId = (id: string): string => id.slice(0, SHORT_ID);

/** Of the store's clock. */
export const instant = (ms: number): string => new Date(ms).toISOString();

/** For programs: every field but the kept answer. */
export function portrait(record: IdempotencyRecord): Readonly<Record<string, unknown>> {
  const { id, state, label, effects, attempt, token, scope, fingerprint, claimedAt } = record;
  const common = { id, state, label, effects, attempt, token, scope, fingerprint };
  const claimed = { ...common, claimedAt: instant(claimedAt) };
  if (record.state !== "completed") {
    return { ...claimed, leaseEndsAt: instant(record.leaseEndsAt) };
  }
  return {
    ...claimed,
    completedAt: instant(record.completedAt),
    expiresAt: instant(record.expiresAt),
    resultBytes: record.result.length,
  };
}

/** For people: a line a field. */
export const portraitInLines = (record: IdempotencyRecord): string => inLines(portrait(record));

export const inLines = (fields: Readonly<Record<string, unknown>>): string =>
  table(Object.entries(fields).map(([name, value]) => [name, legible(String(value))]));

/** What the seal finds in a completed record, without what it says: whether these keys open it. */
export async function keptInWords(
  record: IdempotencyRecord,
  seal: Seal,
): Promise<string | undefined> {
  if (record.state !== "completed") return undefined;
  try {
    const kept = await keptBy(record, { seal });
    return kept.kind === "value" ? kept.kind : `${kept.kind} ${kept.status}`;
  } catch (error) {
    if (error instanceof RecordCorrupt) return "unreadable";
    throw error;
  }
}

const HEADINGS = ["ID", "STATE", "LABEL", "ATTEMPT", "TOKEN", "CLAIMED", "LEASE ENDS", "EXPIRES"];

/** For people: a line a record. */
export function gallery(records: readonly IdempotencyRecord[]): string {
  const rows = records.map((record) => [
    shortId(record.id),
    record.state,
    legible(record.label),
    String(record.attempt),
    String(record.token),
    instant(record.claimedAt),
    record.state === "completed" ? "-" : instant(record.leaseEndsAt),
    record.state === "completed" ? instant(record.expiresAt) : "-",
  ]);
  return table([HEADINGS, ...rows]);
}
