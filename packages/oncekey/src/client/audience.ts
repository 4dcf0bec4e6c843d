/** Those who look at a submit, and those who wait for its end. */
import type { Snapshot } from "./snapshot.ts";

export interface Audience<Data> {
  /** Whether somebody looks. */
  readonly isThere: boolean;
  listen(listener: () => void): () => void;
  /** Resolves when nothing is going on any more. While something is, everybody gets one promise. */
  settled(): Promise<Snapshot<Data>>;
  publish(): void;
  leave(): void;
}

/** `left`: one of those who looked has gone. */
export function createAudience<Data>(look: () => Snapshot<Data>, left: () => void): Audience<Data> {
  const listeners = new Set<() => void>();
  let pending: Promise<Snapshot<Data>> | undefined;
  let settle = (_: Snapshot<Data>): void => {};
  const isBusy = () => look().phase === "SUBMIT";
  return {
    get isThere() {
      return listeners.size > 0;
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        left();
      };
    },
    settled() {
      if (!pending && !isBusy()) return Promise.resolve(look());
      pending ??= new Promise((resolve) => {
        settle = resolve;
      });
      return pending;
    },
    publish() {
      if (!isBusy()) {
        settle(look());
        pending = undefined;
      }
      for (const listener of [...listeners]) listener();
    },
    leave: () => listeners.clear(),
  };
}
