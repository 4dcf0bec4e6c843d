/** Claims of the Postgres store: what each asks, what it is told, and who may follow whom. */
import { checkInteger } from "../core/check.ts";
import type { Claim, ClaimRequest } from "../core/store.ts";
import {
  type Ask,
  attempted,
  busy,
  byId,
  checkHex,
  copyOf,
  DURATION_MAX_MS,
  listOf,
} from "./postgres-calls.ts";
import { integerOf, recordOf, textOf } from "./postgres-rows.ts";
import { createBatch, type Reply } from "./sql/batch.ts";
import type { SqlRow, SqlValue } from "./sql/client.ts";

export function createClaim(ask: Ask, follow: Ask): (request: ClaimRequest) => Promise<Claim> {
  const claim = createBatch<ClaimRequest, Told>({
    idOf: ({ id }) => id,
    follow: followClaim,
    async ask(requests) {
      const found = byId(await ask(listsOf(requests)));
      const free = requests.filter(({ id }) => found.get(id)?.outcome === "free");
      const followed = byId(free.length === 0 ? [] : await follow(listsOf(free)));
      return requests.map((request) => {
        const { id } = request;
        return attempted(() => claimReply(request, found.get(id), followed.get(id)));
      });
    },
  });
  return async (request) => {
    checkHex("id", request.id, 64);
    checkHex("scope", request.scope, 64);
    checkHex("fingerprint", request.fingerprint, 64);
    checkHex("nonce", request.nonce, 32);
    checkInteger("leaseMs", request.leaseMs, 0, DURATION_MAX_MS);
    checkInteger("retentionMs", request.retentionMs, 0, DURATION_MAX_MS);
    return (await claim(request)).claim;
  };
}

/** A claim's answer, and what a follower must know of it beside. */
interface Told {
  readonly claim: Claim;
  /** Of the record that was in the way: whose claim, made again, would not find it in the way. */
  readonly nonce?: string;
  readonly leaseEndsAt: number;
}

function listsOf(requests: readonly ClaimRequest[]): readonly SqlValue[] {
  return [
    listOf(requests, ({ id }) => id),
    listOf(requests, ({ nonce }) => nonce),
    listOf(requests, ({ scope }) => scope),
    listOf(requests, ({ fingerprint }) => fingerprint),
    listOf(requests, ({ effects }) => effects),
    listOf(requests, ({ leaseMs }) => leaseMs),
    listOf(requests, ({ retentionMs }) => retentionMs),
    listOf(requests, ({ label }) => quoted(label)),
  ];
}

function claimReply(
  request: ClaimRequest,
  row: SqlRow | undefined,
  followed: SqlRow | undefined,
): Reply<Told> {
  if (followed !== undefined) return { kind: "answer", answer: claimedBy(request, followed) };
  // Neither claimed nor seen: inserted by another session after this statement had begun.
  if (row === undefined) return { kind: "busy", lastly: { kind: "failure", error: busy() } };
  if (row.outcome === "later") return { kind: "later" };
  if (row.outcome === "claimed") return { kind: "answer", answer: claimedBy(request, row) };
  const isFree = row.outcome === "free";
  // Released or expired, and held by somebody: there is nothing to say that would be true.
  if (isFree && (row.state === "released" || row.state === "completed")) {
    return { kind: "busy", lastly: { kind: "failure", error: busy() } };
  }
  const answer: Told = {
    claim: { outcome: "taken", record: recordOf(row) },
    nonce: textOf(row, "nonce"),
    leaseEndsAt: 0,
  };
  // Free to follow, but held by somebody, who may be about to complete it: taken, as it was seen.
  return isFree ? { kind: "busy", lastly: { kind: "answer", answer } } : { kind: "answer", answer };
}

function claimedBy({ id }: ClaimRequest, row: SqlRow): Told {
  return {
    claim: {
      outcome: "claimed",
      lease: { id, token: integerOf(row, "token") },
      attempt: integerOf(row, "attempt"),
      claimedAt: integerOf(row, "claimed"),
    },
    leaseEndsAt: integerOf(row, "ends"),
  };
}

/** Duplicates of one turn are told of the first one's answer, where theirs could be no other. */
function followClaim(first: ClaimRequest, told: Told, request: ClaimRequest): Told | undefined {
  if (request.nonce === first.nonce) return told;
  const { claim } = told;
  if (claim.outcome === "claimed") {
    if (first.leaseMs === 0) return undefined;
    const { scope, fingerprint, effects, label } = first;
    const { lease, attempt, claimedAt } = claim;
    const subject = { id: lease.id, scope, fingerprint, effects, label };
    const owned = { ...subject, token: lease.token, attempt, claimedAt };
    const record = { ...owned, state: "in-flight", leaseEndsAt: told.leaseEndsAt } as const;
    return { ...told, claim: { outcome: "taken", record } };
  }
  // What was in the way of the first may be free for one that it belongs to.
  if (request.nonce === told.nonce || request.fingerprint !== first.fingerprint) return undefined;
  return { ...told, claim: { outcome: "taken", record: copyOf(claim.record) } };
}

/** Postgres has no text with a NUL in it, and one label must not fail the calls beside it. */
function quoted(label: string): string {
  return `"${label.replace(/[\\"]/g, "\\$&").replaceAll("\0", "\ufffd")}"`;
}
