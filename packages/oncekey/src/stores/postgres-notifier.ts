/**
 * Wakes waiters by NOTIFY, and only where somebody waits.
 *
 * A commit that notifies takes a lock that the whole database shares. So the first waiter marks the
 * record as awaited, and whoever settles it notifies only then: without waiters nothing is sent.
 */
import { checkFunction, refuse } from "../core/check.ts";
import type { Notifier } from "../core/notifier.ts";
import type { Digest } from "../core/record.ts";
import { checkHex } from "./postgres-calls.ts";
import { checkedNames, type PostgresOptions } from "./postgres-options.ts";
import { createBatch } from "./sql/batch.ts";
import type { SqlClient } from "./sql/client.ts";
import { fromPg, fromPostgresJs, type PgPool, type PostgresJs } from "./sql/postgres-clients.ts";
import {
  type Ears,
  type Listener,
  listenWithPg,
  listenWithPostgresJs,
  type PgListeningPool,
  type PostgresJsListening,
} from "./sql/postgres-listener.ts";
import { tableNames } from "./sql/postgres-schema.ts";
import { createStatements, type Statements } from "./sql/postgres-statements.ts";

export type PostgresListener =
  | (PgPool<unknown> & PgListeningPool)
  | (PostgresJs<unknown> & PostgresJsListening);

export interface PostgresNotifierOptions extends PostgresOptions {
  /** Hears why nobody could be woken. Waiters claim again at intervals then: it costs only time. */
  readonly onError?: (error: unknown) => void;
}

export interface PostgresNotifier extends Notifier {
  /** Gives the listening connection up. Whoever still waits claims again. */
  close(): Promise<void>;
}

/** All waiters of one record in this process. */
interface Awaited {
  readonly ready: Promise<void>;
  readonly ends: Set<() => void>;
}

/** Between two tries while Postgres cannot be reached: waiters claim again that often. */
const RETRY_MS = 250;

/** @example const notifier = postgresNotifier(pool); // { store: postgresStore(pool), notifier } */
export function postgresNotifier(
  client: PostgresListener,
  options: PostgresNotifierOptions = {},
): PostgresNotifier {
  const { onError, ...named } = options;
  if (onError !== undefined) checkFunction("onError", onError);
  const { table, schema } = checkedNames("postgresNotifier()", named);
  const names = tableNames(table, schema);
  const { sql, listener } = sidesOf(client, { channel: names.channel, heard: wake, missed });
  const mark = createMark(sql, createStatements(names));
  const awaited = new Map<Digest, Awaited>();
  let isClosed = false;

  return {
    watch(id, signal) {
      checkHex("id", id, 64);
      if (isClosed || signal.aborted) {
        return { ready: Promise.resolve(), changed: Promise.resolve() };
      }
      const entry = awaited.get(id) ?? begin(id);
      const changed = new Promise<void>((resolve) => {
        const end = (): void => {
          signal.removeEventListener("abort", end);
          entry.ends.delete(end);
          if (entry.ends.size === 0 && awaited.get(id) === entry) awaited.delete(id);
          resolve();
        };
        entry.ends.add(end);
        signal.addEventListener("abort", end);
      });
      return { ready: Promise.race([entry.ready, changed]), changed };
    },

    async close() {
      isClosed = true;
      missed();
      await listener.close();
    },
  };

  function begin(id: Digest): Awaited {
    const entry: Awaited = { ready: prepare(id), ends: new Set() };
    awaited.set(id, entry);
    return entry;
  }

  /** Listens first and marks then: whoever settles a marked record is always heard. */
  async function prepare(id: Digest): Promise<void> {
    try {
      await listener.listen();
      if (!(await mark(id))) wake(id);
    } catch (error) {
      onError?.(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      wake(id);
    }
  }

  function wake(id: Digest): void {
    for (const end of [...(awaited.get(id)?.ends ?? [])]) end();
  }

  /** What was not heard may have happened. */
  function missed(): void {
    for (const id of [...awaited.keys()]) wake(id);
  }
}

/** True once the record is marked; false when it is settled, absent, or busy for too long. */
function createMark(
  { query }: Pick<SqlClient<unknown>, "query">,
  { mark, look }: Statements,
): (id: Digest) => Promise<boolean> {
  return createBatch<Digest, boolean>({
    idOf: (id) => id,
    follow: (_, isMarked) => isMarked,
    async ask(ids) {
      const marked = new Set((await query(mark, [`{${ids.join(",")}}`])).map(({ id }) => id));
      const left = ids.filter((id) => !marked.has(id));
      const rows = left.length === 0 ? [] : await query(look, [`{${left.join(",")}}`]);
      const seen = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => {
        if (marked.has(id)) return { kind: "answer", answer: true };
        const row = seen.get(id);
        const isSettled = row === undefined || row.state === "completed";
        if (isSettled || row.awaited === "true") return { kind: "answer", answer: !isSettled };
        // Held by somebody, who may be settling it this very moment without notifying.
        return { kind: "busy", lastly: { kind: "answer", answer: false } };
      });
    },
  });
}

function sidesOf(
  client: PostgresListener,
  ears: Ears,
): { sql: SqlClient<unknown>; listener: Listener } {
  if (typeof client === "function" && "listen" in client) {
    return { sql: fromPostgresJs(client), listener: listenWithPostgresJs(client, ears) };
  }
  if (typeof client === "object" && client !== null && "totalCount" in client) {
    return { sql: fromPg<unknown>(client), listener: listenWithPg(client, ears) };
  }
  return refuse("client", "pg's Pool or postgres.js's sql: others cannot listen", client);
}
