/**
 * TanStack Query over any server that remembers keys: one mutation, one key. The key is a part of
 * the mutation's state, so it is where a paused mutation is kept, and where it is restored from.
 */
import { platform } from "./ports.ts";

interface Mutation {
  readonly state: {
    readonly status: string;
    readonly isPaused: boolean;
    readonly variables: unknown;
  };
}

/** The part of TanStack's `MutationFunctionContext` that we use, in our own words. */
interface Context {
  readonly client: { getMutationCache(): { getAll(): readonly Mutation[] } };
}

/** What the function is given on top of TanStack's own context. */
export interface Keyed {
  /** The same in each retry, and after a reload. */
  readonly idempotencyKey: string;
}

/** Where the key lies in the state of a mutation. */
const KEY = "idempotencyKey";

/**
 * Gives `mutationFn` a key for what it sends.
 *
 * @example useMutation({ mutationFn: withIdempotency((order, { idempotencyKey: key }) => pay(order, key)) });
 */
export function withIdempotency<Variables, Data, Given extends Context>(
  mutationFn: (variables: Variables, context: Given & Keyed) => Promise<Data>,
): (variables: Variables, context: Given) => Promise<Data> {
  // A mutation has one context for all of its retries, and another after a reload.
  const known = new WeakMap<Context, string>();
  const taken = new WeakSet<Mutation>();
  return function withKey(variables, context) {
    let key = known.get(context);
    if (key === undefined) {
      // Two that mean the same are told apart by their turn: those that run, in the order of the cache.
      const mutation = context.client
        .getMutationCache()
        .getAll()
        .find(
          (each) =>
            each.state.status === "pending" &&
            !each.state.isPaused &&
            each.state.variables === variables &&
            !taken.has(each),
        );
      const state = (mutation?.state ?? {}) as { [KEY]?: string };
      // Its own reducer copies whatever is in the state.
      state[KEY] ??= platform.key();
      key = state[KEY];
      if (mutation) taken.add(mutation);
      known.set(context, key);
    }
    return mutationFn(variables, { ...context, [KEY]: key });
  };
}
