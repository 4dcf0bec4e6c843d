/** Rows of Postgres as records, and its errors as ours: what is damaged or failed says so here. */
import { RecordCorrupt, StoreUnavailable } from "../core/errors.ts";
import type { Digest, Effects, IdempotencyRecord } from "../core/record.ts";
import type { SqlRow } from "./sql/client.ts";

const EFFECTS: readonly string[] = ["unrepeatable", "repeatable", "transactional"];

/** Throws `RecordCorrupt` for whatever the table's own checks would have refused. */
export function recordOf(row: SqlRow): IdempotencyRecord {
  const remembered = {
    id: digestOf(row, "id"),
    scope: digestOf(row, "scope"),
    fingerprint: digestOf(row, "fingerprint"),
    effects: effectsOf(row),
    label: textOf(row, "label"),
    token: integerOf(row, "token"),
    attempt: integerOf(row, "attempt"),
    claimedAt: integerOf(row, "claimed"),
  };
  switch (row.state) {
    case "in-flight":
    case "in-doubt":
      return { ...remembered, state: row.state, leaseEndsAt: integerOf(row, "ends") };
    case "completed":
      return {
        ...remembered,
        state: "completed",
        completedAt: integerOf(row, "completed"),
        expiresAt: integerOf(row, "expires"),
        result: bytesOf(row, "result"),
      };
    default:
      throw corrupt("state");
  }
}

/** Integers of 64 bits come as numbers, bigints or text. */
export function integerOf(row: SqlRow, column: string): number {
  const value = row[column];
  const integer = value === null || value === undefined ? Number.NaN : Number(value);
  if (!Number.isSafeInteger(integer)) throw corrupt(column);
  return integer;
}

export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw corrupt(column);
  return value;
}

function digestOf(row: SqlRow, column: string): Digest {
  const digest = textOf(row, column);
  if (!/^[0-9a-f]{64}$/.test(digest)) throw corrupt(column);
  return digest;
}

function effectsOf(row: SqlRow): Effects {
  const effects = textOf(row, "effects");
  if (!EFFECTS.includes(effects)) throw corrupt("effects");
  return effects as Effects;
}

/** A view without the habits of a `Buffer`, whose `slice` would share its bytes. */
function bytesOf(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw corrupt(column);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function corrupt(column: string): RecordCorrupt {
  return new RecordCorrupt(
    `A record in Postgres cannot be read: its \`${column}\` is damaged, or of a newer version.`,
  );
}

/** What Postgres calls it when there is no such schema, table or column. */
const UNDEFINED: readonly string[] = ["3F000", "42P01", "42703"];

/** Two that were in each other's way: Postgres has undone this one, so it may be said again. */
const ROLLED_BACK: readonly string[] = ["40001", "40P01"];

/** Once, at the store's door: whatever was wrapped already is thrown as it is. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const message = UNDEFINED.includes(sqlStateOf(error))
    ? "Postgres does not have the table of the store, or an older one: " +
      "call `await store.setup()` once, or run the statements of `postgresSchema()`."
    : "Postgres gave no answer, or refused: see `cause`.";
  return new StoreUnavailable(message, { cause: error });
}

export function isRolledBack(error: unknown): boolean {
  return ROLLED_BACK.includes(sqlStateOf(error));
}

/** Clients wrap what the driver said, some of them twice, and Prisma keeps it in `meta`. */
function sqlStateOf(error: unknown): string {
  let current = error as Wrapped | undefined;
  for (let depth = 0; depth < 4 && typeof current === "object" && current !== null; depth++) {
    const code = current.meta?.code ?? current.originalCode ?? current.code;
    // Prisma's own codes look alike: P2010 is no state of SQL.
    if (typeof code === "string" && /^(?!P[1-9])[0-9A-Z]{5}$/.test(code)) return code;
    current = current.cause ?? current.meta?.driverAdapterError;
  }
  return "";
}

interface Wrapped {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly meta?: { readonly code?: unknown; readonly driverAdapterError?: Wrapped };
  readonly cause?: Wrapped;
}
