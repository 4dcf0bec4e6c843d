/**
 * What is under test, made wrong in one way each. A simulator that lets one of them pass is not
 * to be trusted when it finds nothing.
 */
import { type Context, type Outcome, StoreUnavailable, type Work } from "oncekey";
import type { Once, Subject } from "./history.ts";
import type { Transaction } from "./network.ts";
import type { Records } from "./records.ts";

type Call<Value> = (context: Context<Transaction>) => Promise<Value> | Value;

/** An engine whose every run goes through `run`, which may do as it likes. */
function engine(
  run: <Value>(once: Once, work: Work, call: Call<Value>) => Promise<Outcome<Value>>,
): Subject {
  return { once: (sound) => ({ run: (work, call) => run(sound, work, call) }) };
}

const store = (verbs: (sound: Records) => Partial<Records>): Subject => ({
  // The lives are a getter's; they are read from the sound records in any case.
  records: (sound) => ({ ...sound, ...verbs(sound) }),
});

/** What a handler is given that owns nothing. */
function unowned(): Context<Transaction> {
  const context = { token: 0, attempt: 1, signal: new AbortController().signal };
  const none = { deriveKey: () => "", release: () => {}, omit: () => {}, giveUp: () => {} };
  return { ...context, ...none, transaction: { write: (effect) => effect() } };
}

const anyToken = (sound: Records, id: string, now: number, token: number) => ({
  id,
  token: sound.get(id, now)?.token ?? token,
});

export const MUTANTS: Readonly<Record<string, Subject>> = {
  "a completion without a fence": store((sound) => ({
    complete: ({ id, token }, result, now) =>
      sound.complete(anyToken(sound, id, now, token), result, now),
  })),
  "a commit without a fence": store((sound) => ({
    commit: ({ id, token }, result, apply, now) =>
      sound.commit(anyToken(sound, id, now, token), result, apply, now),
  })),
  "a release without a fence": store((sound) => ({
    release: ({ id, token }, now) => sound.release(anyToken(sound, id, now, token), now),
  })),
  "a renewal without a fence": store((sound) => ({
    renew: ({ id, token }, leaseMs, now) =>
      sound.renew(anyToken(sound, id, now, token), leaseMs, now),
  })),
  "a settling that does not ask whether it is in doubt": store((sound) => ({
    resolve(lease, result, now) {
      if (sound.resolve(lease, result, now)) return true;
      return result === undefined && sound.release(lease, now);
    },
  })),
  "a claim that forgets its nonce": store((sound) => {
    let claims = 0;
    return {
      claim: (request, now) => sound.claim({ ...request, nonce: `${claims++}` }, now),
    };
  }),
  "a record in doubt that is followed": store((sound) => ({
    claim(request, now) {
      const claim = sound.claim(request, now);
      if (claim.outcome === "claimed" || claim.record.state !== "in-doubt") return claim;
      const { id, token, attempt, claimedAt } = claim.record;
      return { outcome: "claimed", lease: { id, token }, attempt: attempt + 1, claimedAt };
    },
  })),
  "a late completion that is refused": store((sound) => ({
    complete(lease, result, now) {
      const isInDoubt = sound.get(lease.id, now)?.state === "in-doubt";
      return isInDoubt ? false : sound.complete(lease, result, now);
    },
  })),
  "tokens that begin again": store((sound) => {
    const firsts = new Map<string, number>();
    return {
      claim(request, now) {
        const claim = sound.claim(request, now);
        if (claim.outcome === "taken") return claim;
        const { id, token } = claim.lease;
        if (claim.attempt === 1) firsts.set(id, token - 1);
        const short = { id, token: token - (firsts.get(id) ?? 0) };
        return { ...claim, lease: short };
      },
      complete: ({ id, token }, result, now) =>
        sound.complete({ id, token: token + (firsts.get(id) ?? 0) }, result, now),
    };
  }),
  "reads from a replica": store((sound) => {
    const copies = new Map<string, ReturnType<Records["get"]>>();
    return {
      get(id, now) {
        const old = copies.get(id);
        copies.set(id, sound.get(id, now));
        return old ?? sound.get(id, now);
      },
    };
  }),
  "one time to live for lease and record": store((sound) => ({
    claim: (request, now) => sound.claim({ ...request, leaseMs: 60_000 }, now),
  })),
  "a lease that nobody renews": store(() => ({ renew: () => true })),
  "leases by the application's clock": {
    clock: (machine) => machine.ports.now(),
  },
  "the loser answers": engine(async (once, work, call) => {
    let own: { readonly value: Awaited<ReturnType<typeof call>> } | undefined;
    const outcome = await once.run(work, async (context) => {
      const value = await call(context);
      own = { value };
      return value;
    });
    if (own === undefined || outcome.kind !== "completed") return outcome;
    return { kind: "completed", value: own.value, replayed: false };
  }),
  "an answer before the record is safe": engine((once, work, call) => {
    return new Promise((resolve, reject) => {
      const early: typeof call = async (context) => {
        const value = await call(context);
        resolve({ kind: "completed", value, replayed: false });
        return value;
      };
      once.run(work, early).then(resolve, reject);
    });
  }),
  "fail open": engine(async (once, work, call) => {
    try {
      return await once.run(work, call);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return { kind: "completed", value: await call(unowned()), replayed: false };
    }
  }),
  "in doubt runs again": engine(async (once, work, call) => {
    const outcome = await once.run(work, call);
    if (outcome.kind !== "in-doubt") return outcome;
    return { kind: "completed", value: await call(unowned()), replayed: false };
  }),
  "a throw that releases": engine((once, work, call) =>
    once.run(work, async (context) => {
      try {
        return await call(context);
      } catch (error) {
        context.release();
        throw error;
      }
    }),
  ),
  "a scope that is dropped": engine((once, work, call) =>
    once.run({ ...work, scope: "global" }, call),
  ),
  "a fingerprint that is skipped": engine((once, work, call) =>
    once.run({ ...work, fingerprint: "" }, call),
  ),
};
