/** A store with transactions over a list of texts, sound and wrong in one way each. */
import type { TransactionSubject } from "../../src/conformance/transaction.ts";
import type { Lease } from "../../src/core/store.ts";
import { type Broken, type MemorySubject, soundSubject } from "./broken.ts";

/** What a transaction has written, and what will become of it. */
interface Transaction {
  readonly texts: string[];
}

interface Database extends MemorySubject {
  readonly written: string[];
}

type Work = (transaction: Transaction) => Promise<Uint8Array>;
type Run = (database: Database, lease: Lease, work: Work) => Promise<boolean>;

/** The look and the completion are one turn of the memory store: nothing comes in between. */
async function sound({ store, written }: Database, lease: Lease, work: Work): Promise<boolean> {
  const transaction: Transaction = { texts: [] };
  const result = await work(transaction);
  const [before, completed] = await Promise.all([
    store.get(lease.id),
    store.complete(lease, result),
  ]);
  const kept = completed && before?.state !== "completed";
  if (kept) written.push(...transaction.texts);
  return kept;
}

export function transactional(run: Run = sound): TransactionSubject<Transaction> {
  const subject = soundSubject();
  const written: string[] = [];
  const database = { ...subject, written };
  return {
    pass: subject.pass,
    store: {
      ...subject.store,
      transaction: (lease, work) => run(database, lease, work),
    },
    async write(transaction, text) {
      transaction.texts.push(text);
    },
    written: async () => written,
  };
}

function broken(name: string, fails: string, run: Run): Broken<TransactionSubject<Transaction>> {
  return { name, fails, makeSubject: () => transactional(run) };
}

export const brokenTransactions: readonly Broken<TransactionSubject<Transaction>>[] = [
  broken(
    "forgets to commit the effect",
    "a transaction keeps its effect and its result",
    async ({ store }, lease, work) => store.complete(lease, await work({ texts: [] })),
  ),
  broken(
    "writes the effect before it asks whose record it is",
    "a transaction under a stale token is rolled back, and says false",
    async ({ store, written }, lease, work) =>
      store.complete(lease, await work({ texts: written })),
  ),
  broken(
    "writes the effect of a record that was released",
    "a transaction under a released token is rolled back, and says false",
    async (database, lease, work) => {
      const released = (await database.store.get(lease.id)) === undefined;
      if (!released) return sound(database, lease, work);
      await work({ texts: database.written });
      return false;
    },
  ),
  broken(
    "does not roll back what was written before the throw",
    "a throw rolls back effect and result, and the same error comes out again",
    async ({ store, written }, lease, work) => {
      const texts: string[] = [];
      try {
        return await store.complete(lease, await work({ texts }));
      } finally {
        written.push(...texts);
      }
    },
  ),
  broken(
    "wraps the handler's own error",
    "a throw rolls back effect and result, and the same error comes out again",
    (database, lease, work) =>
      sound(database, lease, work).catch((cause) => {
        throw new Error("Expected the transaction to go through.", { cause });
      }),
  ),
  broken(
    "releases the record when the handler throws",
    "after a throw the owner still owns the record, and may try again",
    async (database, lease, work) => {
      try {
        return await sound(database, lease, work);
      } catch (error) {
        await database.store.release(lease);
        throw error;
      }
    },
  ),
  broken(
    "refuses a transaction whose lease has ended",
    "a transaction is kept when its lease ended unfollowed",
    async (database, lease, work) => {
      const record = await database.store.get(lease.id);
      const late = record && record.state !== "completed" && record.leaseEndsAt <= database.clock();
      return late ? false : sound(database, lease, work);
    },
  ),
  broken(
    "adds an effect to a record that is completed",
    "a transaction of a completed record keeps nothing more",
    async ({ store, written }, lease, work) => {
      const texts: string[] = [];
      const kept = await store.complete(lease, await work({ texts }));
      if (kept) written.push(...texts);
      return kept;
    },
  ),
  broken(
    "keeps both effects of an owner who begins twice",
    "of two transactions of one owner at once, one effect is kept",
    async ({ store, written }, lease, work) => {
      if ((await store.get(lease.id))?.state === "completed") return false;
      const texts: string[] = [];
      const kept = await store.complete(lease, await work({ texts }));
      if (kept) written.push(...texts);
      return kept;
    },
  ),
  broken(
    "completes the record before the work is done",
    "duplicates read in flight while the transaction is open, and none of them waits for it",
    async ({ store, written }, lease, work) => {
      const texts: string[] = [];
      const kept = await store.complete(lease, new Uint8Array(0));
      await work({ texts });
      if (kept) written.push(...texts);
      return kept;
    },
  ),
  broken(
    "looks at the token when it begins, and not when it commits",
    "a takeover during the transaction and its commit exclude each other",
    async ({ store, written }, lease, work) => {
      const before = await store.get(lease.id);
      if (before?.token !== lease.token || before.state === "completed") return false;
      const texts: string[] = [];
      const result = await work({ texts });
      await store.complete({ ...lease, token: (await store.get(lease.id))?.token ?? 0 }, result);
      written.push(...texts);
      return true;
    },
  ),
  broken(
    "keeps its results as text",
    "a result is kept byte for byte, all 256 values of them",
    (database, lease, work) =>
      sound(database, lease, async (transaction) => {
        const text = new TextDecoder().decode(await work(transaction));
        return new TextEncoder().encode(text);
      }),
  ),
  broken(
    "has one transaction, which all owners share",
    "two transactions of two keys at once are both kept",
    (() => {
      const open = new WeakSet<Database>();
      return async (database, lease, work) => {
        if (open.has(database)) return false;
        open.add(database);
        try {
          return await sound(database, lease, work);
        } finally {
          open.delete(database);
        }
      };
    })(),
  ),
];
