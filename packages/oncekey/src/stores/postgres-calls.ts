/** What the batched verbs of the Postgres store share: lists, replies by id, checks, and reading. */
import { refuse } from "../core/check.ts";
import { StoreUnavailable } from "../core/errors.ts";
import type { Digest, IdempotencyRecord } from "../core/record.ts";
import { recordOf } from "./postgres-rows.ts";
import { createBatch, type Reply } from "./sql/batch.ts";
import type { SqlRow, SqlValue } from "./sql/client.ts";

/** One statement, said with these values. Rejects with `StoreUnavailable`. */
export type Ask = (values: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** Three hundred years: whatever is added to an instant must stay an exact number. */
export const DURATION_MAX_MS = 1e13;

export function createGet(ask: Ask): (id: Digest) => Promise<IdempotencyRecord | undefined> {
  const get = createBatch<Digest, { readonly record: IdempotencyRecord | undefined }>({
    idOf: (id) => id,
    follow: (_, { record }) => ({ record: record && copyOf(record) }),
    async ask(ids) {
      const found = byId(await ask([listOf(ids, (id) => id)]));
      return ids.map((id) =>
        attempted(() => {
          const row = found.get(id);
          if (row?.state === "later") return { kind: "later" };
          return { kind: "answer", answer: { record: row && recordOf(row) } };
        }),
      );
    },
  });
  return async (id) => {
    checkHex("id", id, 64);
    return (await get(id)).record;
  };
}

/** A list as Postgres writes it. Numbers and hex digits need no quotes. */
export function listOf<Call>(
  calls: readonly Call[],
  value: (call: Call) => string | number,
): string {
  return `{${calls.map(value).join(",")}}`;
}

export function byId(rows: readonly SqlRow[]): Map<unknown, SqlRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** One damaged record must not fail the calls beside it. */
export function attempted<Answer>(reply: () => Reply<Answer>): Reply<Answer> {
  try {
    return reply();
  } catch (error) {
    return { kind: "failure", error };
  }
}

/** Each caller has bytes of its own, or one could change another's answer. */
export function copyOf(record: IdempotencyRecord): IdempotencyRecord {
  return record.state === "completed" ? { ...record, result: record.result.slice() } : record;
}

export function busy(): StoreUnavailable {
  return new StoreUnavailable("The record is held by a transaction that does not come to an end.");
}

/** In a statement that many share, a mistaken call would fail all of them. */
export function checkHex(name: string, value: unknown, digits: number): void {
  if (typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value)) return;
  refuse(
    name,
    `${digits} lower-case hex digits`,
    typeof value === "string" ? "another text" : value,
  );
}
