/** Stores whose writes are wrong, in one way each. */
import { setImmediate as turn } from "node:timers/promises";
import type { IdempotencyRecord, Token } from "../../src/core/record.ts";
import type { Lease } from "../../src/core/store.ts";
import type { MemoryStore } from "../../src/stores/memory.ts";
import { type Broken, broken, type MemorySubject } from "./broken.ts";

/** The lease of whoever owns the record now: what a write without a fence goes by. */
async function current(inner: MemoryStore, lease: Lease): Promise<Lease> {
  const record = await inner.get(lease.id);
  return { id: lease.id, token: record?.token ?? lease.token };
}

/** What `read` makes of each record, wherever the store shows one. */
function reading(
  inner: MemoryStore,
  read: (record: IdempotencyRecord) => IdempotencyRecord | undefined,
): Pick<MemoryStore, "claim" | "get"> {
  return {
    async claim(request) {
      const claim = await inner.claim(request);
      if (claim.outcome === "claimed") return claim;
      return { outcome: "taken", record: read(claim.record) ?? claim.record };
    },
    async get(id) {
      const record = await inner.get(id);
      return record && read(record);
    },
  };
}

/** A count for each key that begins again at 1 once the record is gone. */
function restartingTokens(inner: MemoryStore): Partial<MemoryStore> {
  const counts = new Map<string, Token>();
  const inside = new Map<string, Token>();
  const outside = new Map<Token, Token>();
  const entering = (lease: Lease): Lease => ({
    id: lease.id,
    token: inside.get(`${lease.id} ${lease.token}`) ?? 0,
  });
  return {
    async claim(request) {
      const claim = await inner.claim(request);
      if (claim.outcome === "taken") {
        const token = outside.get(claim.record.token) ?? 0;
        return { outcome: "taken", record: { ...claim.record, token } };
      }
      const token = (counts.get(request.id) ?? 0) + 1;
      counts.set(request.id, token);
      inside.set(`${request.id} ${token}`, claim.lease.token);
      outside.set(claim.lease.token, token);
      return { ...claim, lease: { id: request.id, token } };
    },
    async release(lease) {
      const released = await inner.release(entering(lease));
      if (released) counts.delete(lease.id);
      return released;
    },
    async resolve(lease, result) {
      const resolved = await inner.resolve(entering(lease), result);
      if (resolved && result === undefined) counts.delete(lease.id);
      return resolved;
    },
    complete: (lease, result) => inner.complete(entering(lease), result),
    renew: (lease, leaseMs) => inner.renew(entering(lease), leaseMs),
  };
}

export const brokenWrites: readonly Broken<MemorySubject>[] = [
  broken(
    "restarts its token count after a release",
    "a token never repeats, not even after a release",
    restartingTokens,
  ),
  broken(
    "restarts its token count, so that a dead owner passes the fence",
    "the token of a released record stays stale for whoever claims afterwards",
    restartingTokens,
  ),
  broken(
    "completes without the token",
    "a stale completion changes nothing and says false",
    (inner) => ({
      complete: async (lease, result) => inner.complete(await current(inner, lease), result),
    }),
  ),
  broken("renews without the token", "a stale renewal changes nothing and says false", (inner) => ({
    renew: async (lease, leaseMs) => inner.renew(await current(inner, lease), leaseMs),
  })),
  broken(
    "releases without the token",
    "a stale release changes nothing and says false",
    (inner) => ({ release: async (lease) => inner.release(await current(inner, lease)) }),
  ),
  broken(
    "resolves without the token",
    "only what is in doubt under this token is resolved",
    (inner) => ({
      resolve: async (lease, result) => inner.resolve(await current(inner, lease), result),
    }),
  ),
  broken(
    "finds the record by the token alone",
    "two keys never touch each other, not even under one nonce",
    (inner) => {
      const ids = new Map<Token, string>();
      return {
        async claim(request) {
          const claim = await inner.claim(request);
          if (claim.outcome === "claimed") ids.set(claim.lease.token, request.id);
          return claim;
        },
        complete({ id, token }, result) {
          return inner.complete({ id: ids.get(token) ?? id, token }, result);
        },
      };
    },
  ),
  broken(
    "refuses a late completion",
    "a late completion under an unchanged token heals a record in doubt",
    (inner, clock) => ({
      async complete(lease, result) {
        const record = await inner.get(lease.id);
        const late = record && record.state !== "completed" && record.leaseEndsAt <= clock();
        return late ? false : inner.complete(lease, result);
      },
    }),
  ),
  broken(
    "refuses a completion when another one could have followed",
    "a late completion is kept when the lease ended unfollowed",
    (inner, clock) => ({
      async complete(lease, result) {
        const record = await inner.get(lease.id);
        const free = record?.state === "in-flight" && record.leaseEndsAt <= clock();
        return free ? false : inner.complete(lease, result);
      },
    }),
  ),
  broken(
    "says false to a completion that is made again",
    "a completion made again says true, and the first result stays",
    (inner) => ({
      async complete(lease, result) {
        const record = await inner.get(lease.id);
        return record?.state === "completed" ? false : inner.complete(lease, result);
      },
    }),
  ),
  broken(
    "lets a completion that is made again overwrite the first",
    "of 50 concurrent completions all say true, and one result stays for good",
    (inner) => {
      const results = new Map<string, Uint8Array>();
      return {
        ...reading(inner, (record) => {
          const result = results.get(record.id);
          return record.state === "completed" && result ? { ...record, result } : record;
        }),
        async complete(lease, result) {
          const kept = await inner.complete(lease, result);
          if (kept) results.set(lease.id, result);
          return kept;
        },
      };
    },
  ),
  broken(
    "counts the retention from the claim",
    "the retention is counted from the completion, not from the claim",
    (inner) =>
      reading(inner, (record) => {
        if (record.state !== "completed") return record;
        const retentionMs = record.expiresAt - record.completedAt;
        return { ...record, expiresAt: record.claimedAt + retentionMs };
      }),
  ),
  broken(
    "loses the label when it completes",
    "a completion keeps the result, and every word of the claim, for its retention",
    (inner) =>
      reading(inner, (record) =>
        record.state === "completed" ? { ...record, label: "" } : record,
      ),
  ),
  broken(
    "keeps results as text",
    "a result is kept byte for byte, all 256 values of them",
    (inner) => ({
      complete(lease, result) {
        const text = new TextDecoder().decode(result);
        return inner.complete(lease, new TextEncoder().encode(text));
      },
    }),
  ),
  broken("takes an empty result for none", "an empty result is a result", (inner) =>
    reading(inner, (record) => {
      if (record.state !== "completed" || record.result.length > 0) return record;
      return { ...record, state: "in-flight", leaseEndsAt: record.expiresAt };
    }),
  ),
  broken("keeps the first 64 KiB of a result", "a result of 1 MiB is kept whole", (inner) => ({
    complete: (lease, result) => inner.complete(lease, result.subarray(0, 65_536)),
  })),
  broken(
    "keeps the whole buffer of which the result is a view",
    "a result is the caller's view, and what becomes of its bytes later changes no record",
    (inner) => ({
      complete: (lease, result) => inner.complete(lease, new Uint8Array(result.buffer)),
    }),
  ),
  broken(
    "keeps the caller's own bytes",
    "a result is the caller's view, and what becomes of its bytes later changes no record",
    (inner) => {
      const results = new Map<string, Uint8Array>();
      return {
        ...reading(inner, (record) => {
          const result = results.get(record.id);
          return record.state === "completed" && result ? { ...record, result } : record;
        }),
        complete(lease, result) {
          if (!results.has(lease.id)) results.set(lease.id, result);
          return inner.complete(lease, result);
        },
      };
    },
  ),
  broken(
    "refuses a late renewal",
    "a late renewal works as long as nobody followed",
    (inner, clock) => ({
      async renew(lease, leaseMs) {
        const record = await inner.get(lease.id);
        const late = record && record.state !== "completed" && record.leaseEndsAt <= clock();
        return late ? false : inner.renew(lease, leaseMs);
      },
    }),
  ),
  broken(
    "adds to the lease instead of counting it from now",
    "a renewal lets the lease end that much from now, and changes nothing else",
    (inner, clock) => ({
      async renew(lease, leaseMs) {
        const record = await inner.get(lease.id);
        const left = record && record.state !== "completed" ? record.leaseEndsAt - clock() : 0;
        return inner.renew(lease, Math.max(left, 0) + leaseMs);
      },
    }),
  ),
  broken(
    "takes a renewal for 0 ms as one without an end",
    "a renewal for 0 ms gives up at once",
    (inner) => ({ renew: (lease, leaseMs) => inner.renew(lease, leaseMs || 3_600_000) }),
  ),
  broken(
    "renews what is completed",
    "a renewal of a completed record changes nothing and says false",
    (inner) => ({
      async renew(lease, leaseMs) {
        const record = await inner.get(lease.id);
        return record?.state === "completed" || inner.renew(lease, leaseMs);
      },
    }),
  ),
  broken(
    "keeps a released record, and lets the next claim follow it",
    "a release forgets the record, and a retry runs afresh",
    (inner) => ({ release: (lease) => inner.renew(lease, 0) }),
  ),
  broken(
    "does not release what is in doubt",
    "a release works on a record in doubt, and on a lease that ended unfollowed",
    (inner) => ({
      async release(lease) {
        const record = await inner.get(lease.id);
        return record?.state === "in-doubt" ? false : inner.release(lease);
      },
    }),
  ),
  broken(
    "releases what is completed",
    "a release of a completed record changes nothing and says false",
    (inner) => {
      const released = new Set<string>();
      return {
        async release(lease) {
          const record = await inner.get(lease.id);
          if (record?.state !== "completed") return inner.release(lease);
          released.add(lease.id);
          return record.token === lease.token;
        },
        get: async (id) => (released.has(id) ? undefined : inner.get(id)),
      };
    },
  ),
  broken(
    "says true to every release",
    "after a release nothing is left that its token could change",
    (inner) => ({ release: async (lease) => (await inner.release(lease)) || true }),
  ),
  broken(
    "completes what was never claimed",
    "a key that was never claimed has nothing to renew, complete, release or resolve",
    (inner) => ({
      async complete(lease, result) {
        return (await inner.get(lease.id)) === undefined || inner.complete(lease, result);
      },
    }),
  ),
  broken(
    "resolves under the owner's own token",
    "a resolution settles a record in doubt under a new token, and fences its owner out",
    (inner) => ({
      resolve: (lease, result) =>
        result === undefined ? inner.resolve(lease, result) : inner.complete(lease, result),
    }),
  ),
  broken(
    "resolves what is still running",
    "only what is in doubt under this token is resolved",
    (inner) => ({
      async resolve(lease, result) {
        await inner.renew(lease, 0);
        return inner.resolve(lease, result);
      },
    }),
  ),
  broken(
    "keeps an empty result of what did not happen",
    "a resolution without a result forgets a record in doubt, and a retry runs afresh",
    (inner) => ({
      resolve: (lease, result) => inner.resolve(lease, result ?? new Uint8Array(0)),
    }),
  ),
  broken(
    "forgets without asking whether it is in doubt",
    "only what is in doubt under this token is forgotten",
    (inner) => ({
      resolve: (lease, result) =>
        result === undefined ? inner.release(lease) : inner.resolve(lease, result),
    }),
  ),
  broken(
    "forgets whatever is in doubt, under any token",
    "only what is in doubt under this token is forgotten",
    (inner) => ({
      async resolve(lease, result) {
        const named = result === undefined ? await current(inner, lease) : lease;
        return inner.resolve(named, result);
      },
    }),
  ),
  broken(
    "restarts its token count after a record was forgotten",
    "the token of a forgotten record stays stale for whoever claims afterwards",
    restartingTokens,
  ),
  broken(
    "looks at the token, and completes a moment later",
    "a completion and a takeover at once exclude each other",
    (inner) => ({
      async complete(lease, result) {
        if (!(await looksOwned(inner, lease))) return false;
        return inner.complete(await current(inner, lease), result);
      },
    }),
  ),
  broken(
    "looks at the state, and releases a moment later",
    "a completion and a release at once exclude each other",
    (inner) => ({
      async release(lease) {
        if (!(await looksOwned(inner, lease))) return false;
        return (await inner.release(lease)) || true;
      },
    }),
  ),
  broken(
    "looks at the state, and resolves a moment later",
    "a completion and a resolution at once exclude each other",
    (inner) => ({
      async resolve(lease, result) {
        if (!(await looksOwned(inner, lease))) return false;
        return (await inner.resolve(lease, result)) || true;
      },
    }),
  ),
  broken(
    "looks whether it is in doubt, and forgets a moment later",
    "a renewal and a resolution without a result at once exclude each other",
    (inner) => ({
      async resolve(lease, result) {
        if (result !== undefined) return inner.resolve(lease, result);
        const record = await inner.get(lease.id);
        await turn();
        if (record?.state !== "in-doubt") return false;
        return inner.release(lease);
      },
    }),
  ),
];

/** A look, and the moment after it in which everything may change. */
async function looksOwned(inner: MemoryStore, lease: Lease): Promise<boolean> {
  const record = await inner.get(lease.id);
  await turn();
  return record?.token === lease.token && record.state !== "completed";
}
