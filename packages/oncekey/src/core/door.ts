/**
 * The engine's side of a store: every call ends in time, and fails in one way.
 *
 * A database that hangs is worse than one that is down: without a limit each request would wait
 * for ever, and the callers behind it. A call that is given up may still take effect, which is why
 * claims and completions can be made again.
 */
import { RecordCorrupt, StoreUnavailable } from "./errors.ts";
import type { Ports } from "./ports.ts";

/**
 * Rejects with `StoreUnavailable` when the call fails or takes longer than `ms`. `timer` is
 * `ports.later` for what nobody waits for: a store that hangs must not keep a process from ending.
 */
export function within<T>(
  ports: Ports,
  ms: number,
  call: () => Promise<T>,
  timer: Ports["after"] = ports.after,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timer(Math.max(ms, 0), () => {
      reject(new StoreUnavailable(`The store gave no answer within ${Math.round(ms)} ms.`));
    });
    const fail = (error: unknown) => {
      cancel();
      reject(known(error));
    };
    try {
      call().then((answer) => {
        cancel();
        resolve(answer);
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Stores wrap their driver's errors themselves; what a careless one lets through is wrapped here. */
function known(error: unknown): StoreUnavailable | RecordCorrupt {
  if (error instanceof StoreUnavailable || error instanceof RecordCorrupt) return error;
  return new StoreUnavailable("The store failed.", { cause: error });
}

/** Resolves after `ms`. */
export function pause(ports: Ports, ms: number): Promise<void> {
  return new Promise((resolve) => {
    ports.after(ms, resolve);
  });
}
