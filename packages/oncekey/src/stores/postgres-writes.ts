/** Writes of the Postgres store under a token: renew, complete, release and resolve. */
import { checkInteger } from "../core/check.ts";
import type { IdempotencyRecord } from "../core/record.ts";
import type { Lease } from "../core/store.ts";
import {
  type Ask,
  attempted,
  busy,
  byId,
  checkHex,
  DURATION_MAX_MS,
  listOf,
} from "./postgres-calls.ts";
import { integerOf } from "./postgres-rows.ts";
import { createBatch, type Reply } from "./sql/batch.ts";
import type { SqlRow, SqlValue } from "./sql/client.ts";

export interface FencedCall {
  readonly lease: Lease;
  readonly leaseMs?: number;
  readonly result?: Uint8Array;
}

interface Verb {
  /** True for the first, and false for the same call right after it. */
  readonly once: boolean;
  readonly carries: "leaseMs" | "result" | "nothing";
  /** What the record is while this can be done: if it was not, somebody holds it. */
  readonly from: readonly IdempotencyRecord["state"][];
  /** What the record is when it was done before, under this token. */
  readonly done?: IdempotencyRecord["state"];
}

const UNSETTLED = ["in-flight", "in-doubt"] as const;

export const RENEW: Verb = { once: false, carries: "leaseMs", from: UNSETTLED };
export const COMPLETE: Verb = {
  once: false,
  carries: "result",
  from: UNSETTLED,
  done: "completed",
};
export const RELEASE: Verb = { once: true, carries: "nothing", from: UNSETTLED };
export const RESOLVE: Verb = { once: true, carries: "result", from: ["in-doubt"] };
/** A resolution that has no result: it did not happen. */
export const FORGET: Verb = { once: true, carries: "nothing", from: ["in-doubt"] };

/** A write under a token. What it leaves alone is looked at, to say why. */
export function createFenced(
  { once, carries, from, done }: Verb,
  write: Ask,
  look: Ask,
): (call: FencedCall) => Promise<boolean> {
  const batch = createBatch<FencedCall, boolean>({
    idOf: ({ lease }) => lease.id,
    bytesOf: ({ result }) => result?.length ?? 0,
    follow(first, answer, call) {
      if (call.lease.token !== first.lease.token) return undefined;
      if (call.leaseMs !== first.leaseMs) return undefined;
      return answer && !once;
    },
    async ask(calls) {
      const values: SqlValue[] = [
        listOf(calls, ({ lease }) => lease.id),
        listOf(calls, ({ lease }) => lease.token),
      ];
      if (carries === "leaseMs") values.push(listOf(calls, ({ leaseMs }) => leaseMs ?? 0));
      if (carries === "result") values.push(...resultsOf(calls));
      const written = byId(await write(values));
      const left = calls.filter(({ lease }) => !written.has(lease.id));
      const seen = byId(
        left.length === 0 ? [] : await look([listOf(left, ({ lease }) => lease.id)]),
      );
      return calls.map(({ lease }) =>
        written.has(lease.id)
          ? { kind: "answer", answer: true }
          : attempted(() => fencedReply(lease, seen.get(lease.id))),
      );
    },
  });

  function fencedReply({ token }: Lease, row: SqlRow | undefined): Reply<boolean> {
    if (row === undefined || integerOf(row, "token") !== token) {
      return { kind: "answer", answer: false };
    }
    const isHeld = from.some((state) => state === row.state);
    if (isHeld) return { kind: "busy", lastly: { kind: "failure", error: busy() } };
    return { kind: "answer", answer: row.state === done };
  }

  return async (call) => {
    checkHex("id", call.lease.id, 64);
    if (carries === "leaseMs") checkInteger("leaseMs", call.leaseMs, 0, DURATION_MAX_MS);
    // Nobody was ever given such a token.
    if (!Number.isSafeInteger(call.lease.token) || call.lease.token < 1) return false;
    return batch(call);
  };
}

/** A completed row is held by nobody, and people erase one by one: there is nothing to batch. */
export function createErase(
  erase: Ask,
  purge: Ask,
): (lease: Lease, instead: Uint8Array | undefined) => Promise<boolean> {
  return async ({ id, token }, instead) => {
    checkHex("id", id, 64);
    if (!Number.isSafeInteger(token) || token < 1) return false;
    const lease = [id, String(token)];
    const rows = await (instead === undefined ? purge(lease) : erase([...lease, instead]));
    return rows.length > 0;
  };
}

/** All results as one value, and where in it each of them is. */
function resultsOf(calls: readonly FencedCall[]): readonly SqlValue[] {
  const results = calls.map(({ result }) => result ?? new Uint8Array(0));
  const starts: number[] = [];
  let length = 0;
  for (const result of results) {
    starts.push(length + 1);
    length += result.length;
  }
  const [only] = results;
  const isOne = results.length === 1 && only !== undefined;
  const sizes = results.map((result) => result.length);
  return [`{${starts.join(",")}}`, `{${sizes.join(",")}}`, isOne ? only : joined(results, length)];
}

function joined(results: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const result of results) {
    bytes.set(result, end);
    end += result.length;
  }
  return bytes;
}
