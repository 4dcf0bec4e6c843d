/** A row of the records table, read back. Whatever cannot be read is corrupt, and never absent. */
import { RecordCorrupt } from "../../core/errors.ts";
import type { Effects, IdempotencyRecord } from "../../core/record.ts";
import type { Row } from "./sqlite-client.ts";

/** What a row says, the part included that only the store needs. */
export interface Kept {
  readonly record: IdempotencyRecord;
  readonly nonce: string;
  /** The lease has ended, and whoever comes with the same fingerprint may take over. */
  readonly isFollowable: boolean;
}

/** The columns that `readRow` wants, the result apart. */
export const COLUMNS =
  "token, id, scope, fingerprint, effects, label, nonce, attempt, claimed_at, lease_ends_at, completed_at, expires_at";

const EVERY_EFFECTS: readonly unknown[] = [
  "unrepeatable",
  "repeatable",
  "transactional",
] satisfies readonly Effects[];

/** What the row reads as at `now`. Undefined once it has expired, whether it was reaped or not. */
export function readRow(row: Row, now: number): Kept | undefined {
  const expiresAt = row.expires_at === null ? undefined : instant(row, "expires_at");
  if (expiresAt !== undefined && expiresAt <= now) return undefined;
  const remembered = {
    id: text(row, "id"),
    scope: text(row, "scope"),
    fingerprint: text(row, "fingerprint"),
    effects: effectsOf(row),
    label: text(row, "label"),
    token: instant(row, "token"),
    attempt: instant(row, "attempt"),
    claimedAt: instant(row, "claimed_at"),
  };
  const nonce = text(row, "nonce");

  if (row.completed_at !== null) {
    if (expiresAt === undefined) throw corrupt(row, "expires_at");
    const completedAt = instant(row, "completed_at");
    const result = bytes(row, "result");
    const record = { ...remembered, state: "completed", completedAt, expiresAt, result } as const;
    return { record, nonce, isFollowable: false };
  }

  const leaseEndsAt = instant(row, "lease_ends_at");
  const hasEnded = leaseEndsAt <= now;
  const isUnrepeatable = remembered.effects === "unrepeatable";
  // Only an unrepeatable record may stay for ever, and it must: nobody knows what came of it.
  if (isUnrepeatable !== (expiresAt === undefined)) throw corrupt(row, "expires_at");
  const state = isUnrepeatable && hasEnded ? "in-doubt" : "in-flight";
  const record = { ...remembered, state, leaseEndsAt } as const;
  return { record, nonce, isFollowable: hasEnded && !isUnrepeatable };
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw corrupt(row, column);
  return value;
}

/** Tokens, attempts and instants alike: whole numbers from 1. */
function instant(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw corrupt(row, column);
  }
  return value;
}

function effectsOf(row: Row): Effects {
  if (!EVERY_EFFECTS.includes(row.effects)) throw corrupt(row, "effects");
  return row.effects as Effects;
}

/** Clients give a Buffer, a Uint8Array or an ArrayBuffer; out goes always the same kind. */
function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) throw corrupt(row, column);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function corrupt(row: Row, column: string): RecordCorrupt {
  return new RecordCorrupt(
    `Expected the column \`${column}\` of the record with token ${String(row.token)} to be ` +
      "readable: the row is damaged, or of a newer version of oncekey.",
  );
}
