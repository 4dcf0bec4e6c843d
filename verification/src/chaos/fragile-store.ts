/** A real store with crash points around its claim and its completion. */
import { setTimeout as pause } from "node:timers/promises";
import {
  type Digest,
  type Lease,
  type Store,
  StoreUnavailable,
  type TransactionalStore,
} from "oncekey";
import type { Crash } from "./crash.ts";
import type { Ledger } from "./ledger.ts";

type Complete = () => Promise<boolean>;

/** The request's path ends with its round, and the record's label is made of the path. */
export const roundOf = (label: string): string => label.slice(label.lastIndexOf("/") + 1);

const lost = (): Error => new StoreUnavailable("Injected: the store gave no answer.");

export function fragileStore(store: Store, crash: Crash, ledger: Ledger): Store {
  return fragile(store, crash, ledger).store;
}

export function fragileTransactionalStore<Handle>(
  store: TransactionalStore<Handle>,
  crash: Crash,
  ledger: Ledger,
): TransactionalStore<Handle> {
  const { store: wrapped, rounds, noted } = fragile(store, crash, ledger);
  return {
    ...wrapped,
    async transaction(lease, work) {
      const round = rounds.get(lease.id);
      let sent: () => void = () => {};
      const isSent = new Promise<void>((resolve) => {
        sent = resolve;
      });
      const reply = noted(lease, () =>
        store.transaction(lease, async (handle) => {
          const result = await work(handle);
          crash.at("before-complete", round, lost);
          sent();
          return result;
        }),
      );
      reply.catch(() => {});
      // Hit beside the commit, which goes on in the meantime.
      const hit = isSent.then(() => hitAfterSending(crash, round)).then(() => reply);
      hit.catch(() => {});
      const kept = await Promise.race([reply, hit]);
      crash.at("after-complete", round, lost);
      return kept;
    },
  };
}

function fragile(store: Store, crash: Crash, ledger: Ledger) {
  const rounds = new Map<Digest, string>();

  /** Notes what the store has acknowledged, before the library hears of it. */
  async function noted({ id, token }: Lease, complete: Complete): Promise<boolean> {
    const kept = await complete();
    if (kept) ledger.write({ what: "kept", round: rounds.get(id) ?? "", token });
    return kept;
  }

  const wrapped: Store = {
    async claim(request) {
      const round = roundOf(request.label);
      rounds.set(request.id, round);
      crash.at("before-claim", round, lost);
      const claim = await store.claim(request);
      if (claim.outcome === "claimed") crash.at("after-claim", round, lost);
      return claim;
    },
    async complete(lease, result) {
      const round = rounds.get(lease.id);
      crash.at("before-complete", round, lost);
      const reply = noted(lease, () => store.complete(lease, result));
      reply.catch(() => {});
      await hitAfterSending(crash, round);
      const kept = await reply;
      crash.at("after-complete", round, lost);
      return kept;
    },
    async get(id) {
      const record = await store.get(id);
      if (record?.state === "completed") {
        ledger.write({ what: "kept", round: rounds.get(id) ?? "", token: record.token });
      }
      return record;
    },
    renew: (lease, leaseMs) => store.renew(lease, leaseMs),
    release: (lease) => store.release(lease),
    resolve: (lease, result) => store.resolve(lease, result),
  };
  return { store: wrapped, rounds, noted };
}

async function hitAfterSending(crash: Crash, round: string | undefined): Promise<void> {
  const order = crash.due("complete-sent", round);
  if (order === undefined) return;
  if (order.delayMs > 0) await pause(order.delayMs);
  crash.at("complete-sent", round, lost);
}
