/** The store's transaction, held open around a handler until its answer says how to end it. */
import type { Attempt, Commit } from "../core/attempt.ts";
import type { TransactionalStore } from "../core/transaction.ts";

export interface OpenTransaction<Handle = unknown> {
  readonly kind: "open";
  readonly handle: Handle;
  commit(result: Uint8Array): Promise<Commit>;
  rollBack(): Promise<unknown>;
}

/** Thrown into a transaction to roll it back. */
const ROLL_BACK = new Error("The answer does not commit.");

/** Open, or how it ended before it began: then nothing has run, and nothing will. */
export async function openTransaction<Handle>(
  attempt: Attempt,
  store: TransactionalStore<Handle>,
): Promise<OpenTransaction<Handle> | Commit> {
  let end: (result: Uint8Array) => void = () => {};
  let rollBack: (reason: Error) => void = () => {};
  const outcome = new Promise<Uint8Array>((resolve, reject) => {
    end = resolve;
    rollBack = reject;
  });
  let opened: (handle: { readonly is: Handle }) => void = () => {};
  const begun = new Promise<{ readonly is: Handle }>((resolve) => {
    opened = resolve;
  });
  const ended = attempt.transact(store, (handle) => {
    opened({ is: handle });
    return outcome;
  });
  // Whoever calls `commit` or `rollBack` hears of a failure; until then nobody does.
  ended.catch(() => {});
  const first = await Promise.race([begun, ended]);
  if ("kind" in first) return first;
  return {
    kind: "open",
    handle: first.is,
    commit(result) {
      end(result);
      return ended;
    },
    rollBack() {
      rollBack(ROLL_BACK);
      return ended;
    },
  };
}
