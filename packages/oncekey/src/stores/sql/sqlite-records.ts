/**
 * The records table: what claiming, completing and the rest are in SQL.
 *
 * Everything here answers at once and assumes nothing of transactions, except that whatever
 * writes runs under the write lock. So it may read first and write then, and nobody comes between.
 */
import type { Digest, IdempotencyRecord, Token } from "../../core/record.ts";
import type { Claim, ClaimRequest, Lease } from "../../core/store.ts";
import type { Connection, Row, SqliteValue } from "./sqlite-client.ts";
import { COLUMNS, type Kept, readRow } from "./sqlite-row.ts";
import { tablesOf } from "./sqlite-schema.ts";

/** What a transaction reads once: SQLite's clock, and the last token that was given out. */
export interface Turn {
  readonly now: number;
  nextToken(): number;
  /** Remembers the tokens that were given out. The last statement before COMMIT. */
  end(): void;
}

export interface Records {
  turn(): Turn;
  /** The record as it reads now. */
  find(id: Digest): IdempotencyRecord | undefined;
  /** What a claim is told without writing. Undefined: it may be won, under the write lock. */
  standing(request: ClaimRequest): Claim | undefined;
  claim(request: ClaimRequest, turn: Turn): Claim;
  renew(lease: Lease, leaseMs: number, turn: Turn): boolean;
  complete(lease: Lease, result: Uint8Array, turn: Turn): boolean;
  release(lease: Lease, turn: Turn): boolean;
  resolve(lease: Lease, result: Uint8Array | undefined, turn: Turn): boolean;
  /** Nothing has happened yet to what this lease owns: neither a successor, nor an ending. */
  isOwner(lease: Lease, turn: Turn): boolean;
  /** Whether there is anything to reap. */
  hasExpired(): boolean;
  reap(limit: number, turn: Turn): number;
  erase(lease: Lease, instead: Uint8Array | undefined, turn: Turn): boolean;
}

/**
 * Milliseconds since 1970. Rounded, because SQLite counts in days, of which a millisecond is no
 * exact fraction. `unixepoch('subsec')` would say the same, from SQLite 3.42.
 */
export const CLOCK = "CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)";

/** The fence: this owner's row, not completed, and not over. */
const OWNED =
  "token = ? AND id = ? AND completed_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";

/** The fence of whoever is not the owner: with the clock once more. */
const IN_DOUBT = `${OWNED} AND effects = 'unrepeatable' AND lease_ends_at <= ?`;

/** The other fence: completed under this token, and not over. */
const COMPLETED = "token = ? AND id = ? AND completed_at IS NOT NULL AND expires_at > ?";

export function createRecords(connection: Connection, table: string): Records {
  const sql = statementsOf(table);

  function read(id: Digest): { row: Row; now: number } | undefined {
    const [row] = connection.rows(sql.find, id);
    return row && { row, now: Number(row.now) };
  }

  function renew(lease: Lease, leaseMs: number, { now }: Turn): boolean {
    const endsAt = now + leaseMs;
    return connection.change(sql.renew, endsAt, endsAt, lease.token, lease.id, now) > 0;
  }

  return {
    turn() {
      const [row] = connection.rows(sql.turn);
      const token = row?.token;
      if (typeof token !== "number") throw new Error("The count of tokens is missing.");
      return createTurn(token, Number(row?.now), (last) => connection.change(sql.spend, last));
    },

    find(id) {
      const found = read(id);
      return found && readRow(found.row, found.now)?.record;
    },

    standing(request) {
      const found = read(request.id);
      const kept = found && readRow(found.row, found.now);
      if (kept === undefined || ruling(kept, request) !== "taken") return undefined;
      return { outcome: "taken", record: kept.record };
    },

    claim(request, turn) {
      const { id } = request;
      const token = turn.nextToken();
      const own = (statement: string, attempt: number) =>
        connection.change(statement, ...valuesOf(request, token, attempt, turn.now)) > 0;

      if (own(sql.begin, 1)) return claimed(id, token, 1, turn.now);
      const found = read(id);
      const kept = found && readRow(found.row, turn.now);
      if (kept === undefined) {
        own(sql.replace, 1);
        return claimed(id, token, 1, turn.now);
      }
      const { record } = kept;
      switch (ruling(kept, request)) {
        case "taken":
          return { outcome: "taken", record };
        case "again":
          renew(record, request.leaseMs, turn);
          return claimed(id, record.token, record.attempt, record.claimedAt);
        case "follow":
          own(sql.replace, record.attempt + 1);
          return claimed(id, token, record.attempt + 1, turn.now);
      }
    },

    renew,

    complete({ id, token }, result, { now }) {
      if (connection.change(sql.complete, now, now, result, token, id, now) > 0) return true;
      return connection.rows(sql.isCompleted, token, id, now).length > 0;
    },

    release({ id, token }, { now }) {
      return connection.change(sql.release, token, id, now) > 0;
    },

    resolve({ id, token }, result, turn) {
      const { now } = turn;
      if (result === undefined) return connection.change(sql.forget, token, id, now, now) > 0;
      const successor = turn.nextToken();
      return connection.change(sql.resolve, successor, now, now, result, token, id, now, now) > 0;
    },

    isOwner: ({ id, token }, { now }) => connection.rows(sql.isOwner, token, id, now).length > 0,

    hasExpired: () => connection.rows(sql.hasExpired).length > 0,

    reap: (limit, { now }) => connection.change(sql.reap, now, limit),

    erase({ id, token }, instead, { now }) {
      if (instead === undefined) return connection.change(sql.remove, token, id, now) > 0;
      return connection.change(sql.replaceResult, instead, token, id, now) > 0;
    },
  };
}

/** What a claim puts into the row, in the order of `INSERTED`. */
function valuesOf(
  request: ClaimRequest,
  token: Token,
  attempt: number,
  now: number,
): readonly SqliteValue[] {
  const { id, scope, fingerprint, effects, label, nonce, leaseMs, retentionMs } = request;
  const leaseEndsAt = now + leaseMs;
  // In doubt for ever, if it comes to that.
  const expiresAt = effects === "unrepeatable" ? null : leaseEndsAt + retentionMs;
  const subject = [token, id, scope, fingerprint, effects, label, nonce, attempt];
  return [...subject, now, retentionMs, leaseEndsAt, expiresAt];
}

/** What a record that has not expired means for a claim. */
function ruling(kept: Kept, request: ClaimRequest): "taken" | "again" | "follow" {
  const { record, nonce, isFollowable } = kept;
  // Its reply was lost, and it is made again.
  if (nonce === request.nonce && record.state !== "completed") return "again";
  return isFollowable && record.fingerprint === request.fingerprint ? "follow" : "taken";
}

function claimed(id: Digest, token: number, attempt: number, claimedAt: number): Claim {
  return { outcome: "claimed", lease: { id, token }, attempt, claimedAt };
}

function createTurn(last: number, now: number, spend: (last: number) => void): Turn {
  let token = last;
  return {
    now,
    nextToken() {
      token += 1;
      return token;
    },
    end() {
      if (token > last) spend(token);
    },
  };
}

const INSERTED: readonly string[] = [
  ...["token", "id", "scope", "fingerprint", "effects", "label", "nonce", "attempt"],
  ...["claimed_at", "retention_ms", "lease_ends_at", "expires_at"],
];

interface Statements {
  readonly turn: string;
  readonly spend: string;
  readonly find: string;
  readonly begin: string;
  readonly replace: string;
  readonly renew: string;
  readonly complete: string;
  readonly isCompleted: string;
  readonly release: string;
  readonly resolve: string;
  readonly forget: string;
  readonly isOwner: string;
  readonly hasExpired: string;
  readonly reap: string;
  readonly replaceResult: string;
  readonly remove: string;
}

const replaced = (column: string) => `${column} = excluded.${column}`;

function statementsOf(table: string): Statements {
  const { records, tokens } = tablesOf(table);
  const insert = `INSERT INTO ${records} (${INSERTED.join(", ")})
      VALUES (${INSERTED.map(() => "?").join(", ")})`;
  return {
    turn: `SELECT token, ${CLOCK} AS now FROM ${tokens}`,
    spend: `UPDATE ${tokens} SET token = ?`,
    find: `SELECT ${COLUMNS}, result, ${CLOCK} AS now FROM ${records} WHERE id = ?`,
    // On conflict of the id alone: a token that is there already must fail, and never replace.
    begin: `${insert} ON CONFLICT (id) DO NOTHING`,
    replace: `${insert} ON CONFLICT (id) DO UPDATE SET ${INSERTED.map(replaced).join(", ")},
        completed_at = NULL, result = NULL`,
    renew: `UPDATE ${records} SET lease_ends_at = ?,
        expires_at = CASE effects WHEN 'unrepeatable' THEN NULL ELSE ? + retention_ms END
      WHERE ${OWNED}`,
    complete: `UPDATE ${records} SET completed_at = ?, expires_at = ? + retention_ms, result = ?,
        lease_ends_at = NULL
      WHERE ${OWNED}`,
    isCompleted: `SELECT 1 FROM ${records} WHERE ${COMPLETED}`,
    release: `DELETE FROM ${records} WHERE ${OWNED}`,
    resolve: `UPDATE ${records} SET token = ?, completed_at = ?, expires_at = ? + retention_ms,
        result = ?, lease_ends_at = NULL
      WHERE ${IN_DOUBT}`,
    forget: `DELETE FROM ${records} WHERE ${IN_DOUBT}`,
    isOwner: `SELECT 1 FROM ${records} WHERE ${OWNED}`,
    hasExpired: `SELECT 1 FROM ${records} WHERE expires_at <= ${CLOCK} LIMIT 1`,
    reap: `DELETE FROM ${records} WHERE token IN
        (SELECT token FROM ${records} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    replaceResult: `UPDATE ${records} SET label = '', result = ? WHERE ${COMPLETED}`,
    remove: `DELETE FROM ${records} WHERE ${COMPLETED}`,
  };
}
