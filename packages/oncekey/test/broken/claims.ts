/** Stores whose claims are wrong, in one way each. */
import { setImmediate as turn } from "node:timers/promises";
import type { IdempotencyRecord } from "../../src/core/record.ts";
import type { Claim } from "../../src/core/store.ts";
import { type Broken, broken, type MemorySubject } from "./broken.ts";

const isFree = (record: IdempotencyRecord, now: number): boolean =>
  record.state === "in-flight" && record.leaseEndsAt <= now;

const asOwner = ({ id, token, attempt, claimedAt }: IdempotencyRecord): Claim => ({
  outcome: "claimed",
  lease: { id, token },
  attempt,
  claimedAt,
});

export const brokenClaims: readonly Broken<MemorySubject>[] = [
  broken(
    "reads, and writes a moment later",
    'of 50 concurrent claims of one key, exactly one is told "claimed"',
    (inner) => ({
      async claim(request) {
        const before = await inner.get(request.id);
        await turn();
        const claim = await inner.claim(request);
        const overwrites = before === undefined && claim.outcome === "taken";
        return overwrites ? asOwner(claim.record) : claim;
      },
    }),
  ),
  broken(
    "forgets the nonce",
    "the same nonce again is the same claim: same token, same attempt, lease counted anew",
    (inner) => {
      let count = 0;
      return {
        claim: (request) => {
          count += 1;
          return inner.claim({ ...request, nonce: `${request.nonce}${count}` });
        },
      };
    },
  ),
  broken(
    "lets a nonce claim what was completed",
    "the same nonce again on a completed record is told its result",
    (inner) => {
      const owners = new Map<string, string>();
      return {
        async claim(request) {
          const claim = await inner.claim(request);
          if (claim.outcome === "claimed") owners.set(request.id, request.nonce);
          const again = owners.get(request.id) === request.nonce;
          return claim.outcome === "taken" && again ? asOwner(claim.record) : claim;
        },
      };
    },
  ),
  broken(
    "remembers the nonce of an owner that was followed",
    "a nonce that was followed no longer owns the record",
    (inner) => {
      const nonces = new Set<string>();
      return {
        async claim(request) {
          const claim = await inner.claim(request);
          if (claim.outcome === "taken" && nonces.has(request.nonce)) return asOwner(claim.record);
          nonces.add(request.nonce);
          return claim;
        },
      };
    },
  ),
  broken(
    "follows a record in doubt",
    "an unrepeatable record whose lease ended reads as in doubt, and is never followed",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        if (claim.outcome === "claimed" || claim.record.state !== "in-doubt") return claim;
        await inner.release(claim.record);
        return inner.claim(request);
      },
    }),
  ),
  broken("lets a record in doubt expire", "a record in doubt never expires", (inner, clock) => {
    const retentions = new Map<string, number>();
    return {
      async claim(request) {
        const record = await inner.get(request.id);
        const retention = retentions.get(request.id) ?? Number.POSITIVE_INFINITY;
        if (record?.state === "in-doubt" && record.leaseEndsAt + retention <= clock()) {
          await inner.release(record);
        }
        retentions.set(request.id, request.retentionMs);
        return inner.claim(request);
      },
    };
  }),
  broken(
    "follows under another fingerprint",
    "a lease that ended is never followed by another fingerprint while the record is kept",
    (inner, clock) => ({
      async claim(request) {
        const record = await inner.get(request.id);
        if (record === undefined || !isFree(record, clock())) return inner.claim(request);
        return inner.claim({ ...request, fingerprint: record.fingerprint });
      },
    }),
  ),
  broken(
    "believes the newcomer about the effects",
    "the record's own word decides whether it is followed, not the newcomer's",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        const stands = claim.outcome === "claimed" || claim.record.state !== "in-doubt";
        if (stands || request.effects === "unrepeatable") return claim;
        await inner.release(claim.record);
        return inner.claim(request);
      },
    }),
  ),
  broken(
    "never follows anybody",
    "a lease that ended is followed: the attempt is one more, the token greater",
    (inner, clock) => ({
      async claim(request) {
        const record = await inner.get(request.id);
        const stands = record !== undefined && isFree(record, clock());
        return stands ? { outcome: "taken", record } : inner.claim(request);
      },
    }),
  ),
  broken(
    "tells whoever follows that it is the first",
    "of 50 concurrent claims of a lease that ended, exactly one follows, as attempt 2",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        return claim.outcome === "claimed" ? { ...claim, attempt: 1 } : claim;
      },
    }),
  ),
  broken(
    "answers with an expired record until somebody reaps it",
    "an expired record reads as absent and is claimed afresh, though nothing has reaped it",
    (inner) => {
      const completed = new Map<string, IdempotencyRecord>();
      return {
        async claim(request) {
          const record = completed.get(request.id);
          return record === undefined ? inner.claim(request) : { outcome: "taken", record };
        },
        async complete(lease, result) {
          const kept = await inner.complete(lease, result);
          const record = await inner.get(lease.id);
          if (kept && record !== undefined) completed.set(lease.id, record);
          return kept;
        },
      };
    },
  ),
  broken(
    "counts the attempts on after a record has expired",
    "of 50 concurrent claims of an expired record, exactly one is told so, as attempt 1",
    (inner) => {
      const attempts = new Map<string, number>();
      return {
        async claim(request) {
          const claim = await inner.claim(request);
          if (claim.outcome === "taken") return claim;
          const attempt = (attempts.get(request.id) ?? 0) + 1;
          attempts.set(request.id, attempt);
          return { ...claim, attempt };
        },
      };
    },
  ),
  broken(
    "keeps what nobody has followed for ever",
    "an unsettled record expires a retention after its lease ended unfollowed",
    (inner) => ({
      claim: (request) => inner.claim({ ...request, retentionMs: Number.MAX_SAFE_INTEGER }),
    }),
  ),
  broken(
    "has one time for lease and record, and forgets a live owner",
    "a record under a live lease never expires",
    (inner, clock) => ({
      async claim(request) {
        const record = await inner.get(request.id);
        const unsettled = record !== undefined && record.state !== "completed";
        if (unsettled && record.claimedAt + request.retentionMs <= clock()) {
          await inner.release(record);
        }
        return inner.claim(request);
      },
    }),
  ),
  broken(
    "goes by another clock than its own",
    "instants are of the store's clock, in whole milliseconds",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        return claim.outcome === "claimed" ? { ...claim, claimedAt: 1_700_000_000_000 } : claim;
      },
    }),
  ),
  broken(
    "lets a duplicate prolong the owner's lease",
    "a claim of a record in flight is told what is there, and changes nothing",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        if (claim.outcome === "taken") await inner.renew(claim.record, request.leaseMs * 2);
        return claim;
      },
    }),
  ),
  broken("keeps half of the label", "a label comes back exactly, whatever is in it", (inner) => ({
    claim: (request) => inner.claim({ ...request, label: request.label.slice(0, 100) }),
  })),
  broken(
    "keeps labels in one Unicode form",
    "a label comes back exactly, whatever is in it",
    (inner) => ({
      claim: (request) => inner.claim({ ...request, label: request.label.normalize("NFC") }),
    }),
  ),
  broken(
    "keeps no more than two kinds of effects",
    "the record says exactly what the claim said, by the store's clock",
    (inner) => ({
      claim(request) {
        const effects = request.effects === "unrepeatable" ? "unrepeatable" : "repeatable";
        return inner.claim({ ...request, effects });
      },
    }),
  ),
  broken(
    "has no token to give",
    "a claim takes an absent record, as attempt 1, with a positive integer as its token",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        return claim.outcome === "claimed"
          ? { ...claim, lease: { id: request.id, token: Number.NaN } }
          : claim;
      },
    }),
  ),
  broken(
    "tells a duplicate of the completion, but not what came of it",
    "a claim of a completed record is told its result",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        if (claim.outcome === "claimed" || claim.record.state !== "completed") return claim;
        return { outcome: "taken", record: { ...claim.record, result: new Uint8Array(0) } };
      },
    }),
  ),
  broken(
    "writes the newcomer's fingerprint over the first one's",
    "a claim with another fingerprint is told of the first one's record",
    (inner) => ({
      async claim(request) {
        const claim = await inner.claim(request);
        if (claim.outcome === "claimed") return claim;
        const { fingerprint } = request;
        return { outcome: "taken", record: { ...claim.record, fingerprint } };
      },
    }),
  ),
];
