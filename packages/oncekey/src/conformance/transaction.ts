/** The contract of `core/transaction.ts` as cases: effect and record are both kept, or neither. */
import type { Lease } from "../core/store.ts";
import type { TransactionalStore } from "../core/transaction.ts";
import { type Case, equal, ok, rejection, sameBytes, soon } from "./case.ts";
import {
  completed,
  digest,
  duplicate,
  OTHER_RESULT,
  owned,
  present,
  RESULT,
  request,
  type StoreSubject,
  taken,
  unsettled,
} from "./subject.ts";

/** `Handle` only travels from the store's `transaction` to `write`: no case looks into it. */
export interface TransactionSubject<Handle = unknown> extends StoreSubject {
  readonly store: TransactionalStore<Handle>;
  /** An effect: puts `text` into a table of the user's, through the transaction's handle. */
  write(handle: Handle, text: string): Promise<void>;
  /** Every text that was ever committed, whoever wrote it. */
  written(): Promise<readonly string[]>;
}

export const transactionCases: readonly Case<TransactionSubject>[] = [
  {
    name: "a transaction keeps its effect and its result",
    async run(subject) {
      const { store } = subject;
      const lease = await transactional(subject);
      const effect = digest();
      equal(await run(subject, lease, effect), true, "the transaction");
      await happened(subject, effect, 1);
      const record = await completed(store, lease.id);
      sameBytes(record.result, RESULT, "the result");
      equal(record.token, lease.token, "the token");
    },
  },
  {
    name: "a result is kept byte for byte, all 256 values of them",
    async run({ store, write }) {
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const lease = await owned(store, request({ effects: "transactional" }));
      const kept = await store.transaction(lease, async (handle) => {
        await write(handle, digest());
        return every;
      });
      equal(kept, true, "the transaction");
      sameBytes((await completed(store, lease.id)).result, every, "the result");
    },
  },
  {
    // Wrapped, the user's own error handling would no longer know it.
    name: "a throw rolls back effect and result, and the same error comes out again",
    async run(subject) {
      const { store, write } = subject;
      const lease = await transactional(subject);
      const effect = digest();
      const thrown = new Error("the handler's own");
      const failed = store.transaction(lease, async (handle) => {
        await write(handle, effect);
        throw thrown;
      });
      equal(await rejection(failed, "the transaction"), thrown, "the error");
      await happened(subject, effect, 0);
      const record = await unsettled(store, lease.id);
      equal(record.state, "in-flight", "the state");
      equal(record.token, lease.token, "the token");
    },
  },
  {
    name: "after a throw the owner still owns the record, and may try again",
    async run(subject) {
      const { store } = subject;
      const lease = await transactional(subject);
      const failed = store.transaction(lease, () => Promise.reject(new Error("the first try")));
      await rejection(failed, "the transaction");
      const effect = digest();
      equal(await run(subject, lease, effect), true, "the second try");
      await happened(subject, effect, 1);
    },
  },
  {
    // The loser's effect would stand beside the winner's.
    name: "a transaction under a stale token is rolled back, and says false",
    async run(subject) {
      const { store } = subject;
      const first = request({ effects: "transactional" });
      const stale = await owned(store, first);
      await store.renew(stale, 0);
      const current = await owned(store, duplicate(first));
      const effect = digest();
      equal(await run(subject, stale, effect), false, "the stale transaction");
      await happened(subject, effect, 0);
      equal((await unsettled(store, first.id)).token, current.token, "the token");
      equal(await run(subject, current, digest()), true, "the owner's transaction");
    },
  },
  {
    name: "a transaction under a released token is rolled back, and says false",
    async run(subject) {
      const { store } = subject;
      const lease = await transactional(subject);
      await store.release(lease);
      const effect = digest();
      equal(await run(subject, lease, effect), false, "the transaction");
      await happened(subject, effect, 0);
      equal(await store.get(lease.id), undefined, "the record");
    },
  },
  {
    name: "a transaction is kept when its lease ended unfollowed",
    async run(subject) {
      const lease = await transactional(subject);
      await subject.store.renew(lease, 0);
      const effect = digest();
      equal(await run(subject, lease, effect), true, "the late transaction");
      await happened(subject, effect, 1);
    },
  },
  {
    // Whoever tries again after a lost COMMIT must not add a second effect to the first.
    name: "a transaction of a completed record keeps nothing more",
    async run(subject) {
      const lease = await transactional(subject);
      equal(await run(subject, lease, digest()), true, "the transaction");
      const effect = digest();
      await run(subject, lease, effect, OTHER_RESULT);
      await happened(subject, effect, 0);
      sameBytes((await completed(subject.store, lease.id)).result, RESULT, "the result");
    },
  },
  {
    name: "of two transactions of one owner at once, one effect is kept",
    async run(subject) {
      const lease = await transactional(subject);
      const effects = [digest(), digest()];
      const results = [RESULT, OTHER_RESULT];
      await Promise.allSettled(
        effects.map((effect, index) => run(subject, lease, effect, results[index])),
      );
      const written = await subject.written();
      const kept = effects.filter((effect) => written.includes(effect));
      equal(kept.length, 1, "the number of effects");
      const winner = effects[0] === kept[0] ? RESULT : OTHER_RESULT;
      sameBytes((await completed(subject.store, lease.id)).result, winner, "the result");
    },
  },
  {
    // On a row lock they would hang for as long as the handler takes, and then time out.
    name: "duplicates read in flight while the transaction is open, and none of them waits for it",
    async run({ store, write }) {
      const first = request({ effects: "transactional" });
      const lease = await owned(store, first);
      const kept = await store.transaction(lease, async (handle) => {
        await write(handle, digest());
        const record = await soon(taken(store, duplicate(first)), "a duplicate's claim");
        equal(record.state, "in-flight", "the state that the duplicate is told");
        equal((await soon(present(store, first.id), "a read")).state, "in-flight", "the state");
        return RESULT;
      });
      equal(kept, true, "the transaction");
      equal((await taken(store, duplicate(first))).state, "completed", "the state");
    },
  },
  {
    // A database with one writer lets the takeover wait; it must then find the record completed.
    name: "a takeover during the transaction and its commit exclude each other",
    async run(subject) {
      const { store, write } = subject;
      const first = request({ effects: "transactional" });
      const lease = await owned(store, first);
      await store.renew(lease, 0);
      const effect = digest();
      let takeover: ReturnType<typeof store.claim> | undefined;
      const kept = await store.transaction(lease, async (handle) => {
        await write(handle, effect);
        takeover = store.claim(duplicate(first));
        await Promise.race([takeover, pause(TAKEOVER_MS)]);
        return RESULT;
      });
      ok(takeover !== undefined, "the work was run");
      const { outcome } = await soon(takeover, "the takeover's answer");
      equal(outcome, kept ? "taken" : "claimed", "the outcome of the takeover");
      await happened(subject, effect, kept ? 1 : 0);
      equal((await present(store, first.id)).state, kept ? "completed" : "in-flight", "the state");
    },
  },
  {
    name: "two transactions of two keys at once are both kept",
    async run(subject) {
      const leases = [await transactional(subject), await transactional(subject)];
      const effects = [digest(), digest()];
      const kept = await Promise.all(
        leases.map((lease, index) => run(subject, lease, String(effects[index]))),
      );
      equal(kept.join(), "true,true", "the transactions");
      for (const effect of effects) await happened(subject, effect, 1);
    },
  },
];

/** Time enough for a takeover to reach the database and come back. */
const TAKEOVER_MS = 500;

function transactional({ store }: TransactionSubject): Promise<Lease> {
  return owned(store, request({ effects: "transactional" }));
}

function run(
  { store, write }: TransactionSubject,
  lease: Lease,
  effect: string,
  result: Uint8Array = RESULT,
): Promise<boolean> {
  const work = async (handle: unknown) => {
    await write(handle, effect);
    return result;
  };
  return soon(store.transaction(lease, work), "the end of the transaction");
}

/** Effects are counted, never answers. */
async function happened(
  { written }: TransactionSubject,
  effect: string,
  times: number,
): Promise<void> {
  const found = (await written()).filter((text) => text === effect);
  equal(found.length, times, "the number of effects");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
