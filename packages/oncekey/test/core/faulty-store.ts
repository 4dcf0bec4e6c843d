/** A store whose calls can be made to fail, hang or lose their replies, one verb at a time. */
import { StoreUnavailable } from "../../src/core/errors.ts";
import type { Store } from "../../src/core/store.ts";

type Verb = keyof Store;
type Fault = "down" | "hangs" | "loses-reply";

export interface FaultyStore<Inner extends Store> {
  readonly store: Inner;
  /** Calls that arrived, in order. */
  readonly calls: Verb[];
  /** The next `times` calls of `verb` fail so; without `times`, until `mend`. */
  fail(verb: Verb, fault: Fault, times?: number): void;
  mend(): void;
}

export function faulty<Inner extends Store>(inner: Inner): FaultyStore<Inner> {
  const faults = new Map<Verb, { readonly fault: Fault; left: number }>();
  const calls: Verb[] = [];

  async function play(verb: Verb, args: unknown[]): Promise<unknown> {
    calls.push(verb);
    const real = () => Reflect.apply(inner[verb], inner, args) as Promise<unknown>;
    const set = faults.get(verb);
    if (set === undefined) return real();
    set.left--;
    if (set.left === 0) faults.delete(verb);
    switch (set.fault) {
      case "down":
        throw new StoreUnavailable("The test took the store down.");
      case "hangs":
        return new Promise(() => {});
      case "loses-reply":
        await real();
        throw new StoreUnavailable("The test lost the reply.");
    }
  }

  const verbs: Verb[] = ["claim", "renew", "complete", "release", "resolve", "get"];
  const replaced = Object.fromEntries(
    verbs.map((verb) => [verb, (...args: unknown[]) => play(verb, args)]),
  );
  return {
    store: { ...inner, ...replaced },
    calls,
    fail(verb, fault, times = Number.POSITIVE_INFINITY) {
      faults.set(verb, { fault, left: times });
    },
    mend: () => faults.clear(),
  };
}
