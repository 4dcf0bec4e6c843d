/**
 * Interleavings of several callers of one key, as fast-check's scheduler orders them.
 *
 * Each call is delayed twice, on its way to the store and on its way back, and the clock is turned
 * in between. What must hold then is what the whole library rests on.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { duplicate, request, type StoreSubject } from "../../src/conformance/subject.ts";
import type { Digest, Effects, IdempotencyRecord, Token } from "../../src/core/record.ts";
import type { ClaimRequest, Lease, Store } from "../../src/core/store.ts";

const LEASE_MS = 100;
const RETENTION_MS = 1_000_000;

/** How often a caller claims again that is told "in flight". */
const TRIES = 4;

/** What a caller does, once it owns the record. */
interface Plan {
  readonly ending: "complete" | "complete twice" | "release" | "give up" | "die";
  readonly renews: boolean;
  /** The reply to its claim is lost: it claims again under the same nonce. */
  readonly losesReply: boolean;
}

/** What happened, whatever the store says of it. */
interface Ledger {
  /** Who was told that it owns the record under this token. */
  readonly owners: Map<Token, string>;
  /** An entry for each time that the effect took place. */
  readonly effects: Token[];
  /** What the callers have answered: the token whose result it was. */
  readonly answers: Token[];
  /** Records of which a person said that it did not happen, whoever could still act. */
  forgotten: number;
}

export async function holdUnderRaces(makeSubject: () => StoreSubject, runs: number): Promise<void> {
  const plan: fc.Arbitrary<Plan> = fc.record({
    ending: fc.constantFrom("complete", "complete", "complete twice", "release", "give up", "die"),
    renews: fc.boolean(),
    losesReply: fc.boolean(),
  });
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.constantFrom<Effects>("unrepeatable", "repeatable"),
    fc.array(plan, { minLength: 2, maxLength: 5 }),
    fc.nat({ max: 4 }),
    fc.nat({ max: 3 }),
    async (scheduler, effects, plans, passes, looks) => {
      const { store, pass } = makeSubject();
      const first = request({ effects, leaseMs: LEASE_MS, retentionMs: RETENTION_MS });
      const ledger: Ledger = { owners: new Map(), effects: [], answers: [], forgotten: 0 };
      const callers = plans.map((one) => {
        const delayed = delaying(watching(store), scheduler);
        return call(delayed, duplicate(first), one, ledger);
      });
      const person = settling(delaying(watching(store), scheduler), first.id, looks, ledger);
      const clock = Array.from({ length: passes }, () =>
        scheduler.schedule(Promise.resolve(), "clock").then(() => pass(LEASE_MS)),
      );
      await scheduler.waitFor(Promise.all([...callers, person, ...clock]));
      holds(ledger, effects);
    },
  );
  await fc.assert(property, { numRuns: runs });
}

function holds({ effects, answers, forgotten }: Ledger, kind: Effects): void {
  const atMostOnce = kind === "unrepeatable" && forgotten === 0;
  if (atMostOnce) ok(effects.length <= 1, `the effect took place ${effects.length}x`);
  ok(new Set(answers).size <= 1, `two answers: under the tokens ${answers}`);
  for (const token of answers) ok(effects.includes(token), "an answer without its effect");
}

/** A caller from its claim to its end, as the engine would be. */
async function call(store: Store, wanted: ClaimRequest, plan: Plan, ledger: Ledger): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (plan.losesReply) await store.claim(wanted);
    const claim = await store.claim(wanted);
    if (claim.outcome === "claimed") {
      const owner = ledger.owners.get(claim.lease.token) ?? wanted.nonce;
      equal(owner, wanted.nonce, "a token has one owner");
      ledger.owners.set(claim.lease.token, owner);
      return own(store, claim.lease, plan, ledger);
    }
    if (claim.record.state === "in-doubt") return;
    if (claim.record.state === "completed") {
      ledger.answers.push(tokenIn(claim.record.result));
      return;
    }
  }
}

async function own(store: Store, lease: Lease, plan: Plan, ledger: Ledger): Promise<void> {
  const { ending, renews } = plan;
  if (renews && !(await store.renew(lease, LEASE_MS))) return;
  if (ending === "release") {
    await store.release(lease);
    return;
  }
  ledger.effects.push(lease.token);
  if (ending === "give up") await store.renew(lease, 0);
  if (ending === "give up" || ending === "die") return;

  let kept = await store.complete(lease, resultOf(lease.token));
  // Made again, and otherwise: what it brings must never be seen.
  if (ending === "complete twice") kept = await store.complete(lease, resultOf(-lease.token));
  if (kept) ledger.answers.push(lease.token);
  // A fenced-out owner never answers by itself: it tells what the record says.
  else {
    const record = await store.get(lease.id);
    if (record?.state === "completed") ledger.answers.push(tokenIn(record.result));
  }
}

/** Looks, and says what the ledger says, though an owner may come back, and act, meanwhile. */
async function settling(store: Store, id: Digest, looks: number, ledger: Ledger): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    const record = await store.get(id);
    if (record?.state !== "in-doubt") continue;
    const happened = ledger.effects.includes(record.token);
    const known = happened ? resultOf(record.token) : undefined;
    if ((await store.resolve(record, known)) && !happened) ledger.forgotten += 1;
  }
}

const resultOf = (token: Token): Uint8Array => new TextEncoder().encode(String(token));
const tokenIn = (result: Uint8Array): Token => Number(new TextDecoder().decode(result));

/**
 * Under a stale token nothing may change, nor in the name of others what is not in doubt: looked at
 * before and after, in the same turn.
 */
function watching(store: Store): Store {
  async function fenced(
    lease: Lease,
    write: () => Promise<boolean>,
    state?: IdempotencyRecord["state"],
  ): Promise<boolean> {
    const turn = [store.get(lease.id), write(), store.get(lease.id)] as const;
    const [before, done, after] = await Promise.all(turn);
    const mayWrite = state === undefined || before?.state === state;
    if (before?.token === lease.token && mayWrite) return done;
    equal(done, false, "such a write says false");
    deepEqual(after, before, "such a write changes nothing");
    return done;
  }
  return {
    claim: store.claim,
    get: store.get,
    renew: (lease, leaseMs) => fenced(lease, () => store.renew(lease, leaseMs)),
    complete: (lease, result) => fenced(lease, () => store.complete(lease, result)),
    release: (lease) => fenced(lease, () => store.release(lease)),
    resolve: (lease, result) => fenced(lease, () => store.resolve(lease, result), "in-doubt"),
  };
}

/** The network: a call may be overtaken on its way, and so may its reply. */
function delaying(store: Store, scheduler: fc.Scheduler): Store {
  async function sent<T>(verb: string, made: () => Promise<T>): Promise<T> {
    await scheduler.schedule(Promise.resolve(), `${verb} is sent`);
    const reply = await made();
    return scheduler.schedule(Promise.resolve(reply), `${verb} is answered`);
  }
  return {
    claim: (wanted) => sent("claim", () => store.claim(wanted)),
    get: (id) => sent("get", () => store.get(id)),
    renew: (lease, leaseMs) => sent("renew", () => store.renew(lease, leaseMs)),
    complete: (lease, result) => sent("complete", () => store.complete(lease, result)),
    release: (lease) => sent("release", () => store.release(lease)),
    resolve: (lease, result) => sent("resolve", () => store.resolve(lease, result)),
  };
}
