/**
 * What the Postgres store says: one statement for each verb, each for a whole batch of calls.
 *
 * Three rules hold in all of them. The clock is `clock_timestamp()`, read once, because `now()`
 * stands still in a user's transaction. A row is locked before it is judged for the last time, and
 * a row that somebody else holds is skipped and asked for again: a transaction that pauses before
 * its COMMIT hangs nobody. And what changes nothing locks nothing: a duplicate costs no commit.
 */
import { claimStatement } from "./postgres-claim.ts";
import { CLOCK, EXPIRED, expiry, rowsOfLists } from "./postgres-fragments.ts";
import { getStatement, listStatement, markStatement, reapStatement } from "./postgres-reads.ts";
import type { TableNames } from "./postgres-schema.ts";

export interface Statements {
  readonly claim: string;
  readonly renew: string;
  readonly complete: string;
  readonly release: string;
  readonly resolve: string;
  readonly get: string;
  /** The completion inside a user's transaction. It waits for the row, and does nothing else. */
  readonly settle: string;
  readonly list: string;
  /** The same over what is not settled, which an index of its own keeps small. */
  readonly listUnsettled: string;
  readonly reap: string;
  /** Marks records as awaited. */
  readonly mark: string;
}

/** How long a released row stays: longer than any claim that was sent before it takes to arrive. */
const RELEASED_MS = 60_000;

export function createStatements(names: TableNames): Statements {
  const { table, sequence, channel } = names;
  /** Greater than the row's own even when a restored sequence lags behind. */
  const nextToken = `greatest(nextval('${sequence}'), r.token + 1)`;
  const fence = (parts: FenceParts): string => fenced(table, channel, parts);

  return {
    claim: claimStatement(table, sequence, nextToken),
    renew: fence({
      asked: { lease_ms: "bigint" },
      when: "r.state = 'unsettled'",
      set: `lease_ends_at = clock.now + asked.lease_ms,
    expires_at = ${expiry("r.effects", "asked.lease_ms", "r.retention_ms")}`,
    }),
    complete: fence({
      asked: RESULTS,
      when: "r.state = 'unsettled'",
      set: COMPLETED,
      done: "r.state = 'completed'",
      wakes: true,
    }),
    release: fence({
      asked: {},
      when: "r.state = 'unsettled'",
      set: `state = 'released', label = '', expires_at = clock.now + ${RELEASED_MS}`,
      wakes: true,
    }),
    resolve: fence({
      asked: RESULTS,
      when: `r.state = 'unsettled' AND r.effects = 'unrepeatable'
      AND r.lease_ends_at <= clock.now`,
      set: `token = ${nextToken}, ${COMPLETED}`,
      wakes: true,
    }),
    get: getStatement(table),
    settle: settleStatement(table, channel),
    list: listStatement(table, ""),
    listUnsettled: listStatement(table, " AND r.state = 'unsettled'"),
    reap: reapStatement(table),
    mark: markStatement(table),
  };
}

/** All results travel as one value, because one value is bytes with every client. */
const RESULTS = { starts: "integer", length: "integer" };

const COMPLETED = `state = 'completed', completed_at = clock.now,
    expires_at = clock.now + r.retention_ms, result = asked.result`;

interface FenceParts {
  /** What is asked beside the lease. With `starts` and `length`, results follow the lists. */
  readonly asked: Readonly<Record<string, string>>;
  /** What the row must be, beside being under this token. */
  readonly when: string;
  readonly set: string;
  /** What of the row says that it was done before. */
  readonly done?: string;
  readonly wakes?: boolean;
}

/** A write under a token: "yes", "no", or "busy" where the row is right and could not be locked. */
function fenced(table: string, channel: string, parts: FenceParts): string {
  const { asked, when, set, done = "false", wakes = false } = parts;
  const lists = { id: "text", token: "bigint", ...asked };
  const bytes = `$${Object.keys(lists).length + 1}::bytea`;
  const result = asked === RESULTS ? `substring(${bytes} FROM starts FOR length)` : "NULL::bytea";
  const extra = asked === RESULTS ? [] : Object.keys(asked);
  return `WITH ${CLOCK},
asked AS MATERIALIZED (
  SELECT ${["decode(id, 'hex') AS id", "token", ...extra, `${result} AS result`].join(", ")}
  FROM ${rowsOfLists(lists)}
),
held AS MATERIALIZED (
  SELECT r.id
  FROM asked JOIN ${table} AS r ON r.id = asked.id AND r.token = asked.token CROSS JOIN clock
  WHERE ${when} AND ${EXPIRED} IS NOT TRUE
  ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
),
written AS (
  UPDATE ${table} AS r SET ${set}
  FROM held JOIN asked ON asked.id = held.id CROSS JOIN clock
  WHERE r.id = held.id
  RETURNING r.id, r.awaited
)${wakes ? `,\n${woken(channel)}` : ""}
SELECT encode(asked.id, 'hex') AS id, CASE
    WHEN written.id IS NOT NULL THEN 'yes'
    WHEN r.id IS NULL OR ${EXPIRED} THEN 'no'
    WHEN ${done} THEN 'yes'
    WHEN ${when} THEN 'busy'
    ELSE 'no'
  END AS answer${wakes ? ", (SELECT count(*) FROM woken) AS woken" : ""}
FROM asked CROSS JOIN clock
  LEFT JOIN written ON written.id = asked.id
  LEFT JOIN ${table} AS r ON r.id = asked.id AND r.token = asked.token`;
}

/** NOTIFY serializes all commits of the database that notify: so only where somebody waits. */
function woken(channel: string): string {
  return `woken AS (
  SELECT pg_notify('${channel}', encode(id, 'hex')) FROM written WHERE awaited
)`;
}

function settleStatement(table: string, channel: string): string {
  return `WITH ${CLOCK},
written AS (
  UPDATE ${table} AS r SET ${COMPLETED.replace("asked.result", "$3::bytea")}
  FROM clock
  WHERE r.id = decode($1::text, 'hex') AND r.token = $2::text::bigint
    AND r.state = 'unsettled' AND ${EXPIRED} IS NOT TRUE
  RETURNING r.id, r.awaited
),
${woken(channel)}
SELECT 'yes' AS answer, (SELECT count(*) FROM woken) AS woken FROM written`;
}
