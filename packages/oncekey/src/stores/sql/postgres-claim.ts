/** The claim, for a whole batch: the one statement that decides who runs. */
import {
  CLOCK,
  EXPIRED,
  expiry,
  FITS,
  RECORD,
  rowsOfLists,
  runningBytes,
} from "./postgres-fragments.ts";

/**
 * `seen` is what was there, `free` what of it may be taken and is locked, `followed` and `inserted`
 * are the claims. A row that is seen as free and is not followed was busy; an id that comes back
 * not at all was inserted by another session in between. Both mean: ask again.
 */
export function claimStatement(table: string, sequence: string, nextToken: string): string {
  const lists = rowsOfLists({
    id: "text",
    nonce: "text",
    scope: "text",
    fingerprint: "text",
    effects: "text",
    lease_ms: "bigint",
    retention_ms: "bigint",
    label: "text",
  });
  const how = `CASE
      WHEN r.state = 'released' OR ${EXPIRED} THEN 'anew'
      WHEN r.state <> 'unsettled' THEN NULL
      WHEN r.nonce = asked.nonce THEN 'again'
      WHEN r.lease_ends_at <= clock.now AND r.effects <> 'unrepeatable'
        AND r.fingerprint = asked.fingerprint THEN 'after'
    END`;
  return `WITH ${CLOCK},
asked AS MATERIALIZED (
  SELECT decode(id, 'hex') AS id, decode(nonce, 'hex') AS nonce, decode(scope, 'hex') AS scope,
    decode(fingerprint, 'hex') AS fingerprint, effects, lease_ms, retention_ms, label
  FROM ${lists}
),
seen AS MATERIALIZED (
  SELECT r.*, ${how} AS how FROM asked JOIN ${table} AS r ON r.id = asked.id CROSS JOIN clock
),
free AS MATERIALIZED (
  SELECT r.id, ${how} AS how
  FROM seen JOIN ${table} AS r ON r.id = seen.id JOIN asked ON asked.id = seen.id CROSS JOIN clock
  WHERE seen.how IS NOT NULL AND ${how} IS NOT NULL
  ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
),
followed AS (
  UPDATE ${table} AS r SET
    token = CASE free.how WHEN 'again' THEN r.token ELSE ${nextToken} END,
    attempt = CASE free.how WHEN 'again' THEN r.attempt WHEN 'after' THEN r.attempt + 1 ELSE 1 END,
    claimed_at = CASE free.how WHEN 'again' THEN r.claimed_at ELSE clock.now END,
    nonce = asked.nonce, scope = asked.scope, fingerprint = asked.fingerprint,
    effects = asked.effects, label = asked.label, state = 'unsettled',
    awaited = r.awaited AND r.state = 'unsettled',
    lease_ends_at = clock.now + asked.lease_ms, retention_ms = asked.retention_ms,
    completed_at = NULL, result = NULL,
    expires_at = ${expiry("asked.effects", "asked.lease_ms", "asked.retention_ms")}
  FROM free JOIN asked ON asked.id = free.id CROSS JOIN clock
  WHERE r.id = free.id
  RETURNING r.id, r.token, r.attempt, r.claimed_at, r.lease_ends_at
),
inserted AS (
  INSERT INTO ${table} AS r (id, token, attempt, nonce, scope, fingerprint, effects, label, state,
    claimed_at, lease_ends_at, retention_ms, expires_at)
  SELECT id, nextval('${sequence}'), 1, nonce, scope, fingerprint, effects, label, 'unsettled',
    clock.now, clock.now + lease_ms, retention_ms, ${expiry("effects", "lease_ms", "retention_ms")}
  FROM asked CROSS JOIN clock
  WHERE NOT EXISTS (SELECT FROM seen WHERE seen.id = asked.id)
  ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING r.id, r.token, r.attempt, r.claimed_at, r.lease_ends_at
),
taken AS (
  SELECT ${RECORD}, encode(r.nonce, 'hex') AS nonce,
    CASE WHEN r.how IS NULL THEN 'taken' WHEN r.state = 'unsettled' THEN 'busy' ELSE 'gone' END
      AS outcome,
    r.result, ${runningBytes("r.id")} AS bytes
  FROM seen AS r CROSS JOIN clock
  WHERE NOT EXISTS (SELECT FROM followed WHERE followed.id = r.id)
)
SELECT 'claimed' AS outcome, encode(id, 'hex') AS id, NULL AS scope, NULL AS fingerprint,
  NULL AS effects, NULL AS label, token, attempt, claimed_at AS claimed, lease_ends_at AS ends,
  NULL AS completed, NULL AS expires, NULL AS state, NULL AS nonce, NULL AS result
FROM (SELECT * FROM followed UNION ALL SELECT * FROM inserted) AS won
UNION ALL
SELECT CASE WHEN ${FITS} THEN outcome ELSE 'later' END, id, scope, fingerprint, effects, label,
  token, attempt, claimed, ends, completed, expires, state, nonce,
  CASE WHEN ${FITS} THEN result END
FROM taken`;
}
