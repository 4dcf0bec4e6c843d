/** Mistakes in the statements of the Postgres store, and between them. */
import type { Mutant, Suite } from "./mutant.ts";

const postgres = (named: string): Suite => ({ tests: "oncekey/stores/postgres", named });
const races = (named: string): Suite => ({ tests: "oncekey/stores/postgres-races", named });
const CLAIM = "stores/sql/postgres-claim.ts";
const FENCE = "AND r.token = asked.token AND";
/** The fence, left out for the writes that `carries` tells. */
const unless = (carries: string): string =>
  `\${carries === ${carries} ? "" : "AND r.token = asked.token"} AND`;

export const POSTGRES: readonly Mutant[] = [
  {
    name: "a claim looks first, and then takes whatever is there",
    file: CLAIM,
    from: "ON CONFLICT (id) DO NOTHING",
    to: "ON CONFLICT (id) DO UPDATE SET token = excluded.token, nonce = excluded.nonce",
    killer: races('of two processes exactly one is told "claimed"'),
    bugs: [1, 5],
  },
  {
    name: "a key that is neither inserted nor seen is taken for claimed",
    file: "stores/postgres-claims.ts",
    from: 'if (row === undefined) return { kind: "busy", lastly: { kind: "failure", error: busy() } };',
    to: `if (row === undefined) {
    const unseen = { token: Date.now(), attempt: 1, claimed: Date.now(), ends: Date.now() };
    return { kind: "answer", answer: claimedBy(request, unseen) };
  }`,
    killer: races('of two processes exactly one is told "claimed"'),
    bugs: [2],
  },
  {
    name: "what was free when it was looked at, and is not to be had, is taken for claimed",
    file: "stores/postgres-claims.ts",
    from: `row.state === "completed")) {
    return { kind: "busy", lastly: { kind: "failure", error: busy() } };`,
    to: `row.state === "completed")) {
    return { kind: "answer", answer: claimedBy(request, row) };`,
    killer: races("what is released, and claimed between the look and the claim"),
    bugs: [3],
  },
  {
    name: "what is locked to be claimed is not looked at again",
    file: CLAIM,
    from: `WHERE \${HOW} IS NOT NULL\n`,
    to: "",
    killer: races("what is released, and claimed between the look and the claim"),
    bugs: [4],
  },
  {
    name: "a claim whose reply was lost stands in its own way",
    file: CLAIM,
    from: "WHEN r.nonce = asked.nonce THEN 'again'",
    to: "",
    killer: postgres("the same nonce again is the same claim"),
    bugs: [7],
  },
  {
    name: "a lease that has not ended is followed all the same",
    file: CLAIM,
    from: "WHEN r.lease_ends_at <= now AND r.effects <> 'unrepeatable'",
    to: "WHEN r.effects <> 'unrepeatable'",
    killer: postgres("a record under a live lease never expires"),
    bugs: [9],
  },
  {
    name: "the clock counts seconds, and all else milliseconds",
    file: "stores/sql/postgres-fragments.ts",
    from: "clock_timestamp()) * 1000)",
    to: "clock_timestamp()))",
    killer: postgres("instants are of the store's clock, in whole milliseconds"),
    bugs: [10],
  },
  {
    name: "the clock is the application's",
    file: "stores/postgres.ts",
    from: "return await sql.query(statement, values);",
    to: `const clock = "extract(epoch FROM clock_timestamp()) * 1000";
      return await sql.query({ text: statement.text.replace(clock, String(Date.now())) }, values);`,
    killer: { tests: "oncekey/stores/clocks", named: "Postgres" },
  },
  {
    name: "what has expired blocks its key until it is reaped",
    file: CLAIM,
    from: `WHEN r.state = 'released' OR \${EXPIRED} THEN 'anew'`,
    to: "WHEN r.state = 'released' THEN 'anew'",
    killer: postgres("an expired record reads as absent and is claimed afresh"),
    bugs: [11],
  },
  {
    name: "what has expired is read until it is reaped",
    file: "stores/sql/postgres-reads.ts",
    from: `WHERE \${HIDDEN} IS NOT TRUE\n)`,
    to: ")",
    killer: postgres("an expired record reads as absent and is claimed afresh"),
    bugs: [11],
  },
  {
    name: "what was swept between the look and the claim is said to be in flight",
    file: "stores/postgres-claims.ts",
    from: 'return isFree ? { kind: "busy", lastly: { kind: "answer", answer } } : { kind: "answer", answer };',
    to: 'return { kind: "answer", answer };',
    killer: races("that is reaped between the look and the claim"),
    bugs: [12],
  },
  {
    name: "completes without its token",
    file: "stores/sql/postgres-statements.ts",
    from: FENCE,
    to: unless('"results"'),
    killer: postgres("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "releases without its token",
    file: "stores/sql/postgres-statements.ts",
    from: FENCE,
    to: unless("undefined"),
    killer: postgres("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "commits a transaction without its token",
    file: "stores/sql/postgres-statements.ts",
    from: "r.token = $2::text::bigint",
    to: "$2::text::bigint > 0",
    killer: postgres("a transaction under a stale token is rolled back"),
    bugs: [13],
  },
  {
    name: "renews without its token",
    file: "stores/sql/postgres-statements.ts",
    from: FENCE,
    to: unless('"lease_ms"'),
    killer: postgres("a stale (completion|release|renewal) changes nothing"),
    bugs: [14],
  },
  {
    name: "a claim has no end",
    file: CLAIM,
    from: "THEN 'after'\n",
    to: "THEN NULL\n",
    killer: postgres("a lease that ended is followed"),
    bugs: [23],
  },
  {
    name: "a lease that ended is followed, whatever its owner may have done",
    file: CLAIM,
    from: "WHEN r.lease_ends_at <= now AND r.effects <> 'unrepeatable'",
    to: "WHEN r.lease_ends_at <= now",
    killer: postgres("an unrepeatable record whose lease ended reads as in doubt"),
    bugs: [25],
  },
  {
    name: "the record is completed in a commit of its own, beside the transaction",
    file: "stores/postgres.ts",
    from: "const rows = await query(statement,",
    to: "const rows = await sql.query(statement,",
    killer: races("a connection that is lost before COMMIT leaves neither"),
    bugs: [26],
  },
  {
    name: "a connection that is lost during the work ends the process",
    file: "stores/sql/postgres-clients.ts",
    from: 'taken.on("error", heard);',
    to: "",
    killer: races("a connection that is lost during the work does not end the process"),
    bugs: [31],
  },
  {
    name: "another fingerprint takes the place of what is there",
    file: CLAIM,
    from: `OR \${EXPIRED} THEN 'anew'`,
    to: `OR \${EXPIRED} OR r.fingerprint <> asked.fingerprint THEN 'anew'`,
    killer: postgres("a claim with another fingerprint is told of the first one's record"),
    bugs: [33],
  },
  {
    name: "forgets without asking whether it is in doubt",
    file: "stores/sql/postgres-statements.ts",
    from: "fenced(table, { only: inDoubt, set: released, channel })",
    to: "fenced(table, { set: released, channel })",
    killer: postgres("only what is in doubt under this token is forgotten"),
  },
  {
    name: "whoever takes over forgets that somebody waits",
    file: CLAIM,
    from: "awaited = r.awaited AND r.state = 'unsettled'",
    to: "awaited = false",
    killer: postgres("a watch outlives a takeover"),
  },
];
