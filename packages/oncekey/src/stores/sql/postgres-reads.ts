/** Reading, listing and reaping in Postgres: whatever decides nothing about a record. */
import {
  CLOCK,
  FITS,
  HIDDEN,
  RECORD,
  rowsOfLists,
  runningBytes,
  STATE,
} from "./postgres-fragments.ts";

export function getStatement(table: string): string {
  return `WITH ${CLOCK},
found AS (
  SELECT ${RECORD}, r.result, ${runningBytes("r.id")} AS bytes
  FROM ${rowsOfLists({ id: "text" })} CROSS JOIN clock CROSS JOIN LATERAL (
    SELECT * FROM ${table} AS t WHERE t.id = decode(list.id, 'hex') OFFSET 0
  ) AS r
  WHERE ${HIDDEN} IS NOT TRUE
)
SELECT id, scope, fingerprint, effects, label, token, attempt, claimed, ends, completed, expires,
  CASE WHEN ${FITS} THEN state ELSE 'later' END AS state,
  CASE WHEN ${FITS} THEN result END AS result
FROM found`;
}

/**
 * A page, newest first. What is hidden or filtered out is passed over, at most `$2` rows of it, so
 * that a page is never a walk through millions: it may be short and still have a next one. Each row
 * carries where the walk ended (`last`) and whether it was cut short (`full`).
 */
export function listStatement(table: string, only: string): string {
  return `WITH ${CLOCK},
walked AS MATERIALIZED (
  SELECT r.token, r.id,
    ${HIDDEN} IS NOT TRUE AND ($3::text = '' OR r.scope = decode($3::text, 'hex'))
      AND ($4::text = '' OR $4::text = ${STATE}) AS fits
  FROM ${table} AS r CROSS JOIN clock
  WHERE r.token < $1::text::bigint${only}
  ORDER BY r.token DESC LIMIT $2::text::integer
),
page AS (
  SELECT * FROM walked WHERE fits ORDER BY token DESC LIMIT $5::text::integer
),
found AS (
  SELECT ${RECORD}, r.result, ${runningBytes("r.token DESC")} AS bytes
  FROM page JOIN ${table} AS r ON r.id = page.id AND r.token = page.token CROSS JOIN clock
)
SELECT walk.last, walk.full, id, scope, fingerprint, effects, label, token, attempt, claimed,
  ends, completed, expires,
  CASE WHEN ${FITS} THEN state ELSE 'later' END AS state,
  CASE WHEN ${FITS} THEN result END AS result
FROM (
  SELECT min(token) AS last, (count(*) = $2::text::integer)::text AS full FROM walked
) AS walk LEFT JOIN found ON true
ORDER BY token DESC`;
}

/** Skips what is locked: two reapers share the work, and a claim that takes a row keeps it. */
export function reapStatement(table: string): string {
  return `WITH ${CLOCK},
over AS MATERIALIZED (
  SELECT r.id FROM ${table} AS r CROSS JOIN clock
  WHERE r.expires_at <= now
  ORDER BY r.expires_at LIMIT $1::text::integer FOR UPDATE OF r SKIP LOCKED
),
gone AS (
  DELETE FROM ${table} AS r USING over WHERE r.id = over.id RETURNING r.id
)
SELECT count(*) AS reaped FROM gone`;
}

/** "busy" rows are told from settled ones by this: a write left them alone either way. */
export function lookStatement(table: string): string {
  return `WITH ${CLOCK}
SELECT encode(r.id, 'hex') AS id, r.token, ${STATE} AS state, r.awaited::text AS awaited
FROM ${rowsOfLists({ id: "text" })} JOIN ${table} AS r ON r.id = decode(list.id, 'hex')
  CROSS JOIN clock
WHERE ${HIDDEN} IS NOT TRUE`;
}
