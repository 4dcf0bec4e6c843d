/**
 * The claim, for a whole batch: the statements that decide who runs.
 *
 * The first inserts what is absent and says what is there: all that most requests need, and short,
 * because Postgres spends more time on planning a claim than on doing it. The second follows what
 * the first found free: released, expired, left by its owner, or claimed by this very nonce.
 */
import {
  CLOCK,
  drawnToken,
  EXPIRED,
  expiry,
  FITS,
  RECORD,
  rowsOfLists,
  runningBytes,
} from "./postgres-fragments.ts";

const LISTS = rowsOfLists({
  id: "text",
  nonce: "text",
  scope: "text",
  fingerprint: "text",
  effects: "text",
  lease_ms: "bigint",
  retention_ms: "bigint",
  label: "text",
});

const ASKED = `${CLOCK},
asked AS MATERIALIZED (
  SELECT decode(id, 'hex') AS id, decode(nonce, 'hex') AS nonce, decode(scope, 'hex') AS scope,
    decode(fingerprint, 'hex') AS fingerprint, effects, lease_ms, retention_ms, label, now
  FROM ${LISTS} CROSS JOIN clock
)`;

/** How a row may be claimed: not at all where this is null. */
const HOW = `CASE
    WHEN r.state = 'released' OR ${EXPIRED} THEN 'anew'
    WHEN r.state <> 'unsettled' THEN NULL
    WHEN r.nonce = asked.nonce THEN 'again'
    WHEN r.lease_ends_at <= now AND r.effects <> 'unrepeatable'
      AND r.fingerprint = asked.fingerprint THEN 'after'
  END`;

/**
 * "claimed", "taken" or "free" for each id; "later" where the results before it were large. An id
 * that does not come back was inserted by another session meanwhile: ask again.
 *
 * The lateral look-up is a join in the shape that a prepared plan cannot get wrong: planned while
 * the table is small, a plain join would read all of it, and go on doing so when it has grown.
 */
export function claimStatement(table: string, sequence: string): string {
  return `WITH ${ASKED},
seen AS MATERIALIZED (
  SELECT r.*, now, ${HOW} AS how
  FROM asked CROSS JOIN LATERAL (SELECT * FROM ${table} AS t WHERE t.id = asked.id OFFSET 0) AS r
),
inserted AS (
  INSERT INTO ${table} AS r (id, token, attempt, nonce, scope, fingerprint, effects, label, state,
    claimed_at, lease_ends_at, retention_ms, expires_at)
  SELECT id, ${drawnToken(sequence)}, 1, nonce, scope, fingerprint, effects, label, 'unsettled',
    now, now + lease_ms, retention_ms, ${expiry("effects", "lease_ms", "retention_ms")}
  FROM asked
  WHERE NOT EXISTS (SELECT FROM seen WHERE seen.id = asked.id)
  ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING r.id, r.token, r.attempt, r.claimed_at, r.lease_ends_at
)
SELECT 'claimed' AS outcome, encode(id, 'hex') AS id, NULL AS scope, NULL AS fingerprint,
  NULL AS effects, NULL AS label, token, attempt, claimed_at AS claimed, lease_ends_at AS ends,
  NULL AS completed, NULL AS expires, NULL AS state, NULL AS nonce, NULL AS result
FROM inserted
UNION ALL
SELECT CASE WHEN NOT ${FITS} THEN 'later' WHEN how IS NULL THEN 'taken' ELSE 'free' END,
  id, scope, fingerprint, effects, label, token, attempt, claimed, ends, completed, expires, state,
  nonce, CASE WHEN ${FITS} THEN result END
FROM (
  SELECT ${RECORD}, encode(r.nonce, 'hex') AS nonce, how, result, ${runningBytes("r.id")} AS bytes
  FROM seen AS r
) AS found`;
}

/**
 * Locks what is free and still is, skipping what somebody else holds, and only then draws tokens:
 * a later claim of a row has the greater one. Says which ids were claimed.
 */
export function followStatement(table: string, nextToken: string): string {
  return `WITH ${ASKED},
free AS MATERIALIZED (
  SELECT r.id, ${HOW} AS how
  FROM asked JOIN ${table} AS r ON r.id = asked.id
  WHERE ${HOW} IS NOT NULL
  ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
),
followed AS (
  UPDATE ${table} AS r SET
    token = CASE how WHEN 'again' THEN r.token ELSE ${nextToken} END,
    attempt = CASE how WHEN 'again' THEN r.attempt WHEN 'after' THEN r.attempt + 1 ELSE 1 END,
    claimed_at = CASE how WHEN 'again' THEN r.claimed_at ELSE now END,
    nonce = asked.nonce, scope = asked.scope, fingerprint = asked.fingerprint,
    effects = asked.effects, label = asked.label, state = 'unsettled',
    awaited = r.awaited AND r.state = 'unsettled',
    lease_ends_at = now + asked.lease_ms, retention_ms = asked.retention_ms,
    completed_at = NULL, result = NULL,
    expires_at = ${expiry("asked.effects", "asked.lease_ms", "asked.retention_ms")}
  FROM free JOIN asked ON asked.id = free.id
  WHERE r.id = free.id
  RETURNING r.id, r.token, r.attempt, r.claimed_at, r.lease_ends_at
)
SELECT encode(id, 'hex') AS id, token, attempt, claimed_at AS claimed, lease_ends_at AS ends
FROM followed`;
}
