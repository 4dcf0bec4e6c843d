/**
 * What the Postgres store says: a statement for each verb, each for a whole batch of calls.
 *
 * Three rules hold in all of them. The clock is `clock_timestamp()`, read once, because `now()`
 * stands still in a user's transaction. A row is locked before it is judged for the last time, and
 * a row that somebody else holds is skipped and asked for again: a transaction that pauses before
 * its COMMIT hangs nobody. And what changes nothing locks nothing: a duplicate costs no commit.
 */
import type { SqlStatement } from "./client.ts";
import { claimStatement, followStatement } from "./postgres-claim.ts";
import { CLOCK, drawnToken, EXPIRED, expiry, rowsOfLists } from "./postgres-fragments.ts";
import { getStatement, listStatement, lookStatement, reapStatement } from "./postgres-reads.ts";
import { nameOf, type TableNames } from "./postgres-schema.ts";

export interface Statements {
  readonly claim: SqlStatement;
  readonly follow: SqlStatement;
  readonly renew: SqlStatement;
  readonly complete: SqlStatement;
  readonly release: SqlStatement;
  readonly resolve: SqlStatement;
  readonly forget: SqlStatement;
  /** Marks records as awaited, so that whoever settles them notifies. */
  readonly mark: SqlStatement;
  readonly get: SqlStatement;
  /** What became of a row that a write left alone, without its result. */
  readonly look: SqlStatement;
  /** The completion inside a user's transaction. It waits for the row, and does nothing else. */
  readonly settle: SqlStatement;
  readonly list: SqlStatement;
  /** The same over what is not settled, which an index of its own keeps small. */
  readonly listUnsettled: SqlStatement;
  readonly reap: SqlStatement;
  /** Of a completed row: another result in place of its own, and no label. */
  readonly erase: SqlStatement;
  /** The same without a row that is left. */
  readonly purge: SqlStatement;
}

/** How long a released row stays: longer than any claim that was sent before it takes to arrive. */
const RELEASED_MS = 60_000;

export function createStatements(names: TableNames): Statements {
  const { table, sequence, channel } = names;
  /** Greater than the row's own, also within its millisecond and when the clock was set back. */
  const nextToken = `greatest(${drawnToken(sequence)}, r.token + 1)`;
  const released = `state = 'released', label = '', expires_at = now + ${RELEASED_MS}`;
  const renewed = `lease_ends_at = now + lease_ms,
    expires_at = ${expiry("r.effects", "lease_ms", "r.retention_ms")}`;
  const inDoubt = "AND r.effects = 'unrepeatable' AND r.lease_ends_at <= now";

  return {
    claim: frequent(claimStatement(table, sequence)),
    follow: { text: followStatement(table, nextToken) },
    renew: frequent(fenced(table, { carries: "lease_ms", set: renewed })),
    complete: frequent(
      fenced(table, { carries: "results", set: completed("held.result"), channel }),
    ),
    release: { text: fenced(table, { set: released, channel }) },
    resolve: {
      text: fenced(table, {
        carries: "results",
        only: inDoubt,
        set: `token = ${nextToken}, ${completed("held.result")}`,
        channel,
      }),
    },
    forget: { text: fenced(table, { only: inDoubt, set: released, channel }) },
    mark: { text: markStatement(table) },
    get: frequent(getStatement(table)),
    look: { text: lookStatement(table) },
    settle: frequent(settleStatement(table, channel)),
    list: { text: listStatement(table, "") },
    listUnsettled: { text: listStatement(table, " AND r.state = 'unsettled'") },
    reap: { text: reapStatement(table) },
    erase: { text: erasing(table, "label = '', result = $3::bytea") },
    purge: { text: erasing(table, `${released}, completed_at = NULL, result = NULL`) },
  };
}

/** Prepared by the drivers that can, because a plan costs more than what it does. */
const frequent = (text: string): SqlStatement => ({ text, name: nameOf(text) });

interface FenceParts {
  /** What the calls bring beside the lease. Results travel as one value, and where each one is. */
  readonly carries?: "lease_ms" | "results";
  /** What the row must be, beside being unsettled under this token. */
  readonly only?: string;
  readonly set: string;
  /** Where waiters hear of it. */
  readonly channel?: string;
}

const completed = (result: string): string =>
  `state = 'completed', completed_at = now, expires_at = now + r.retention_ms, result = ${result}`;

/** A write under a token: says which ids were written. The others are looked at afterwards. */
function fenced(table: string, { carries, only = "", set, channel }: FenceParts): string {
  const lease = { id: "text", token: "bigint" };
  const asked = {
    nothing: { lists: lease, columns: "" },
    lease_ms: { lists: { ...lease, lease_ms: "bigint" }, columns: ", lease_ms" },
    results: {
      lists: { ...lease, starts: "integer", size: "integer" },
      columns: ", substring($5::bytea FROM starts FOR size) AS result",
    },
  }[carries ?? "nothing"];
  return `WITH ${CLOCK},
asked AS MATERIALIZED (
  SELECT decode(id, 'hex') AS id, token, now${asked.columns}
  FROM ${rowsOfLists(asked.lists)} CROSS JOIN clock
),
${held(table, `AND r.token = asked.token AND ${EXPIRED} IS NOT TRUE ${only}`)},
written AS (
  UPDATE ${table} AS r SET ${set} FROM held WHERE r.id = held.id RETURNING r.id, r.awaited
)${channel === undefined ? "" : `,\n${woken(channel)}`}
SELECT encode(id, 'hex') AS id${channel === undefined ? "" : `, ${COUNT_WOKEN}`} FROM written`;
}

/**
 * Locks unsettled rows, skipping what somebody else holds. The last condition is always true: it
 * tells the planner that there are few, so that it finds them by the index, as in `claim`.
 */
function held(table: string, only: string): string {
  return `held AS MATERIALIZED (
  SELECT asked.*
  FROM asked CROSS JOIN LATERAL (
    SELECT r.id FROM ${table} AS r WHERE r.id = asked.id AND r.state = 'unsettled' ${only}
    FOR UPDATE SKIP LOCKED
  ) AS locked
  WHERE locked.id = asked.id
)`;
}

/** NOTIFY serializes all commits of the database that notify: so only where somebody waits. */
function woken(channel: string): string {
  return `woken AS (
  SELECT pg_notify('${channel}', encode(id, 'hex')) FROM written WHERE awaited
)`;
}

/** Without being asked for, nobody would be woken. */
const COUNT_WOKEN = "(SELECT count(*) FROM woken) AS woken";

function settleStatement(table: string, channel: string): string {
  return `WITH ${CLOCK},
written AS (
  UPDATE ${table} AS r SET ${completed("$3::bytea")}
  FROM clock
  WHERE r.id = decode($1::text, 'hex') AND r.token = $2::text::bigint AND r.state = 'unsettled'
    AND ${EXPIRED} IS NOT TRUE
  RETURNING r.id, r.awaited
),
${woken(channel)}
SELECT ${COUNT_WOKEN} FROM written`;
}

function erasing(table: string, set: string): string {
  return `WITH ${CLOCK}
UPDATE ${table} AS r SET ${set} FROM clock
WHERE r.id = decode($1::text, 'hex') AND r.state = 'completed' AND $2::text::bigint = r.token
  AND ${EXPIRED} IS NOT TRUE
RETURNING encode(r.id, 'hex') AS id`;
}

function markStatement(table: string): string {
  return `WITH asked AS MATERIALIZED (
  SELECT decode(id, 'hex') AS id FROM ${rowsOfLists({ id: "text" })}
),
${held(table, "AND NOT r.awaited")},
marked AS (
  UPDATE ${table} AS r SET awaited = true FROM held WHERE r.id = held.id RETURNING r.id
)
SELECT encode(id, 'hex') AS id FROM marked`;
}
