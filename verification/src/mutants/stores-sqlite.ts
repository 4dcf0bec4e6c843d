/** Mistakes in the SQLite store, and in the memory store, which decides alike. */
import type { Mutant, Suite } from "./mutant.ts";

const sqlite = (named: string): Suite => ({ tests: "oncekey/stores/sqlite", named });
const memory = (named: string): Suite => ({ tests: "oncekey/stores/memory", named });
const RECORDS = "stores/sql/sqlite-records.ts";
const ROW = "stores/sql/sqlite-row.ts";
/** The fence, passed by every token that was ever given. */
const ANY_TOKEN = 'OWNED.replace("token = ?", "? > 0")';

export const SQLITE: readonly Mutant[] = [
  {
    name: "a claim looks first, and under the lock takes whatever is there",
    file: RECORDS,
    from: "ON CONFLICT (id) DO NOTHING`",
    to: `ON CONFLICT (id) DO UPDATE SET \${INSERTED.map(replaced).join(", ")}\``,
    killer: sqlite("of 50 concurrent claims of one key"),
    bugs: [1, 4],
  },
  {
    name: "a claim that failed and then finds nothing is taken for one that was made",
    file: RECORDS,
    from: "own(sql.replace, 1);",
    to: "",
    killer: sqlite("an expired record reads as absent and is claimed afresh"),
    bugs: [3],
  },
  {
    name: "a claim whose reply was lost stands in its own way",
    file: RECORDS,
    from: 'if (nonce === request.nonce && record.state !== "completed") return "again";',
    to: "",
    killer: sqlite("the same nonce again is the same claim"),
    bugs: [7],
  },
  {
    name: "a lease that has not ended is followed all the same",
    file: ROW,
    from: "isFollowable: hasEnded && !isUnrepeatable",
    to: "isFollowable: !isUnrepeatable",
    killer: sqlite("of 50 concurrent claims of a lease that ended, exactly one follows"),
    bugs: [9],
  },
  {
    name: "the clock counts seconds, and all else milliseconds",
    file: RECORDS,
    from: "86400000.0",
    to: "86400.0",
    killer: sqlite("instants are of the store's clock, in whole milliseconds"),
    bugs: [10],
  },
  {
    name: "what has expired stands until it is reaped",
    file: ROW,
    from: "if (expiresAt !== undefined && expiresAt <= now) return undefined;",
    to: "",
    killer: sqlite("an expired record reads as absent and is claimed afresh"),
    bugs: [11],
  },
  {
    name: "completes without its token",
    file: RECORDS,
    from: `lease_ends_at = NULL
      WHERE \${OWNED}\``,
    to: `lease_ends_at = NULL
      WHERE \${${ANY_TOKEN}}\``,
    killer: sqlite("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "releases without its token",
    file: RECORDS,
    from: `DELETE FROM \${records} WHERE \${OWNED}`,
    to: `DELETE FROM \${records} WHERE \${${ANY_TOKEN}}`,
    killer: sqlite("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "renews without its token",
    file: RECORDS,
    from: `ELSE ? + retention_ms END
      WHERE \${OWNED}`,
    to: `ELSE ? + retention_ms END
      WHERE \${${ANY_TOKEN}}`,
    killer: sqlite("a stale (completion|release|renewal) changes nothing"),
    bugs: [14],
  },
  {
    name: "renews what has ended",
    file: RECORDS,
    from: `ELSE ? + retention_ms END
      WHERE \${OWNED}`,
    to: `ELSE ? + retention_ms END
      WHERE \${OWNED.replace("completed_at IS NULL AND", "")}`,
    killer: sqlite("a renewal of a completed record changes nothing"),
  },
  {
    name: "a claim has no end",
    file: ROW,
    from: "const hasEnded = leaseEndsAt <= now;",
    to: "const hasEnded = false;",
    killer: sqlite("a lease that ended is followed"),
    bugs: [23],
  },
  {
    name: "a lease that ended is followed, whatever its owner may have done",
    file: ROW,
    from: "isFollowable: hasEnded && !isUnrepeatable",
    to: "isFollowable: hasEnded",
    killer: sqlite("an unrepeatable record whose lease ended reads as in doubt"),
    bugs: [25],
  },
  {
    name: "another fingerprint takes the place of what is there",
    file: RECORDS,
    from: "return isFollowable && record.fingerprint === request.fingerprint ?",
    to: "return isFollowable || record.fingerprint !== request.fingerprint ?",
    killer: sqlite("a claim with another fingerprint is told of the first one's record"),
    bugs: [33],
  },
  {
    name: "forgets without asking whether it is in doubt",
    file: RECORDS,
    from: `DELETE FROM \${records} WHERE \${IN_DOUBT}`,
    to: `DELETE FROM \${records} WHERE \${IN_DOUBT.replace("lease_ends_at <= ?", "? > 0")}`,
    killer: sqlite("only what is in doubt under this token is forgotten"),
  },
];

export const MEMORY: readonly Mutant[] = [
  {
    name: "a claim looks, waits for a moment, and writes",
    file: "stores/memory.ts",
    from: "const found = records.find(request.id, now);",
    to: "const found = records.find(request.id, now);\n      await undefined;",
    killer: memory("of 50 concurrent claims of one key"),
    bugs: [1],
  },
  {
    name: "completes without its token",
    file: "stores/memory.ts",
    from: `const kept = records.owned(lease, now);
      if (kept === undefined) return false;`,
    to: `const kept = records.find(lease.id, now);
      if (kept === undefined) return false;`,
    killer: memory("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "what has expired stands until it is reaped",
    file: "stores/memory-table.ts",
    from: "kept !== undefined && expiryOf(kept) > now ? kept : undefined",
    to: "kept",
    killer: memory("an expired record reads as absent and is claimed afresh"),
    bugs: [11],
  },
  {
    name: "forgets without asking whether it is in doubt",
    file: "stores/memory.ts",
    from: 'if (kept === undefined || stateOf(kept, now) !== "in-doubt") return false;',
    to: `const isOver = kept !== undefined && (kept.result ?? result) !== undefined;
      if (kept === undefined || (isOver && stateOf(kept, now) !== "in-doubt")) return false;`,
    killer: memory("only what is in doubt under this token is forgotten"),
  },
  {
    name: "a completion wakes nobody",
    file: "stores/memory.ts",
    from: "records.settle(kept, kept.token, result, now);\n        wake(kept.id);",
    to: "records.settle(kept, kept.token, result, now);",
    killer: memory("a completion wakes whoever watches the record"),
  },
];
