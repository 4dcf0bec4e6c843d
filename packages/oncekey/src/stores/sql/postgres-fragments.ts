/** Pieces that the statements for Postgres share: lists as rows, the clock, how a row is read. */

/** Read once in each statement: whatever says `now` means this instant. */
export const CLOCK: string = `clock AS MATERIALIZED (
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
)`;

/** As many of a millisecond as are told apart. With it, tokens are exact numbers until 2109. */
const TOKENS_PER_MS = 2048;

/**
 * A token no claim was given before: the clock at `now`, and a count that tells one millisecond's
 * apart. A mere count would start again at the old numbers when a failover or a restore lost its
 * last steps, and the owner whose claim was lost with them would pass the next one's fence.
 */
export const drawnToken = (sequence: string): string =>
  `now * ${TOKENS_PER_MS} + nextval('${sequence}') % ${TOKENS_PER_MS}`;

/** Of `r`, at `now`. Null where it never expires, and where the row is damaged. */
export const EXPIRED: string = "(r.state <> 'released' AND r.expires_at <= now)";
export const HIDDEN: string = `(${EXPIRED} OR r.state = 'released')`;

export const STATE: string = `CASE
    WHEN r.state <> 'unsettled' THEN r.state
    WHEN r.effects = 'unrepeatable' AND r.lease_ends_at <= now THEN 'in-doubt'
    ELSE 'in-flight'
  END`;

/**
 * A record as it is read, without the result. Names of one word, because many clients are told to
 * turn `claimed_at` into `claimedAt`.
 */
export const RECORD: string = `encode(r.id, 'hex') AS id, encode(r.scope, 'hex') AS scope,
  encode(r.fingerprint, 'hex') AS fingerprint, r.effects, r.label, r.token, r.attempt,
  r.claimed_at AS claimed, r.lease_ends_at AS ends, r.completed_at AS completed,
  r.expires_at AS expires, ${STATE} AS state`;

/** In doubt never expires, and so an unrepeatable record does not before it is settled. */
export const expiry = (effects: string, leaseMs: string, retentionMs: string): string =>
  `CASE WHEN ${effects} <> 'unrepeatable' THEN now + ${leaseMs} + ${retentionMs} END`;

/**
 * Lists arrive as text, each cast to an array, and stand side by side as rows.
 *
 * The first is hidden in a sub-select, so that the planner does not count it: a plan for as many
 * rows as there are this time would look cheaper than the prepared one, and be made every time.
 */
export function rowsOfLists(columns: Readonly<Record<string, string>>): string {
  const lists = Object.values(columns).map((type, index) =>
    index === 0 ? `(SELECT $1::text)::${type}[]` : `$${index + 1}::text::${type}[]`,
  );
  return `unnest(${lists.join(", ")}) AS list(${Object.keys(columns).join(", ")})`;
}

/** Results of one statement beyond this are left out, and asked for again: memory is bounded. */
const RESULT_BYTES_MAX = 8 * 1024 * 1024;

/** How much the results of the rows up to this one weigh. Sizes are read without the results. */
export function runningBytes(order: string): string {
  return `sum(coalesce(octet_length(r.result), 0)) OVER (
    ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )`;
}

/** The first result goes whatever it weighs, or it would never go. */
export const FITS: string = `(bytes <= ${RESULT_BYTES_MAX}
    OR bytes = coalesce(octet_length(result), 0))`;
