/**
 * The way from one process to its store, and what can become of a call on it.
 *
 * A process that is killed is one whose way was cut: whatever it still does, no store hears of it,
 * and its open transactions are rolled back, as by a database that lost a connection.
 */
import { StoreUnavailable } from "../../core/errors.ts";
import type { Lease, Store } from "../../core/store.ts";
import type { TransactionalStore } from "../../core/transaction.ts";

export type Fate =
  | "through"
  /** Does not reach the store; fails at once. */
  | "refused"
  /** Does not reach the store; is never answered. */
  | "lost"
  /** Is done; fails for whoever made it. */
  | "reply-refused"
  /** Is done; is never answered. */
  | "reply-lost"
  /** A transaction's: its work is done, and its COMMIT fails. */
  | "commit-refused"
  /** On its way until this resolves. */
  | Promise<unknown>;

export type Verb = keyof TransactionalStore<unknown>;

export interface Link {
  /** The store, as this process sees it. */
  readonly store: Store;
  /** What becomes of the next call of a verb. All go through, until a case says otherwise. */
  fate: (verb: Verb) => Fate;
  /** Every call that was made, in order, whatever became of it. */
  readonly calls: readonly { readonly verb: Verb; readonly given: readonly unknown[] }[];
  /** Resolves once a call of this verb has been made. */
  called(verb: Verb): Promise<void>;
  /** The process is gone, as far as the store can tell. */
  cut(): void;
}

/** The same fate for all calls of these verbs. */
export const always =
  (fate: Fate, ...verbs: readonly Verb[]): Link["fate"] =>
  (verb) =>
    verbs.length === 0 || verbs.includes(verb) ? fate : "through";

/** The fate for the first calls of one verb; what comes after goes through. */
export function firstOf(verb: Verb, times: number, fate: Fate): Link["fate"] {
  let left = times;
  return (called) => (called === verb && left-- > 0 ? fate : "through");
}

const NEVER: Promise<never> = new Promise(() => {});

export function linkTo(store: Store): Link {
  const calls: { verb: Verb; given: readonly unknown[] }[] = [];
  const aborts = new Set<(reason: Error) => void>();
  const heard = new Map<Verb, () => void>();
  let isCut = false;

  async function send<T>(verb: Verb, given: readonly unknown[], go: Go<T>): Promise<T> {
    calls.push({ verb, given });
    heard.get(verb)?.();
    const fate = isCut ? "lost" : link.fate(verb);
    if (fate === "lost") return NEVER;
    if (fate === "refused") throw new StoreUnavailable("The store is down.");
    if (typeof fate !== "string") await fate;
    if (isCut) return NEVER;
    // Whatever comes back from here on comes back to a process that may be gone by then.
    const reply = await go(fate).catch((error: unknown) => (isCut ? NEVER : Promise.reject(error)));
    if (isCut || fate === "reply-lost") return NEVER;
    if (fate === "reply-refused") throw new StoreUnavailable("The reply was lost.");
    return reply;
  }

  /** The work of a transaction, with the two ways in which a database ends it by itself. */
  async function worked(
    work: () => Promise<Uint8Array>,
    fate: Fate,
    given: unknown[],
  ): Promise<Uint8Array> {
    let abort: (reason: Error) => void = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = reject;
    });
    aborts.add(abort);
    try {
      const result = await Promise.race([work(), aborted]);
      given.push(result);
      if (fate === "commit-refused") throw new StoreUnavailable("The COMMIT failed.");
      return result;
    } finally {
      aborts.delete(abort);
    }
  }

  const verbs: Store = {
    claim: (request) => send("claim", [request], () => store.claim(request)),
    renew: (lease, leaseMs) => send("renew", [lease, leaseMs], () => store.renew(lease, leaseMs)),
    complete: (lease, result) =>
      send("complete", [lease, result], () => store.complete(lease, result)),
    release: (lease) => send("release", [lease], () => store.release(lease)),
    resolve: (lease, result) =>
      send("resolve", [lease, result], () => store.resolve(lease, result)),
    get: (id) => send("get", [id], () => store.get(id)),
  };
  const link: Link = {
    store: isTransactional(store)
      ? Object.assign(verbs, {
          transaction(lease: Lease, work: Work) {
            // The result is known, and told to the store, only when the work is done.
            const given: unknown[] = [lease];
            return send("transaction", given, (fate) =>
              store.transaction(lease, (handle) => worked(() => work(handle), fate, given)),
            );
          },
        })
      : verbs,
    fate: () => "through",
    calls,
    called: (verb) =>
      new Promise((resolve) => {
        if (calls.some((call) => call.verb === verb)) resolve();
        else heard.set(verb, resolve);
      }),
    cut() {
      isCut = true;
      for (const abort of aborts) abort(new Error("The connection is gone."));
    },
  };
  return link;
}

type Go<T> = (fate: Fate) => Promise<T>;
type Work = (handle: unknown) => Promise<Uint8Array>;

export function isTransactional(store: Store): store is TransactionalStore<unknown> {
  return "transaction" in store;
}
