/**
 * What can be made to go wrong with the sends of this page, and of no other: each fault is for one
 * send, in the order in which they were asked for; being offline lasts until it is ended.
 */
import type { ClientPorts } from "../ports.ts";
import type { Fetch } from "../transmit.ts";

export type Fault = "drop" | "refuse" | "delay";

export interface Faults {
  /** For the next sends, one each. */
  readonly next: readonly Fault[];
  readonly isOffline: boolean;
  arm(fault: Fault): void;
  /** All that is left of them is forgotten. */
  mend(): void;
  setOffline(isOffline: boolean): void;
  /** What the next send has to go through, if anything. It is used up. */
  take(): Fault | "offline" | null;
}

export function createFaults(changed: () => void): Faults {
  let next: Fault[] = [];
  let isOffline = false;
  return {
    get next() {
      return next;
    },
    get isOffline() {
      return isOffline;
    },
    arm(fault) {
      next = [...next, fault];
      changed();
    },
    mend() {
      next = [];
      changed();
    },
    setOffline(is) {
      isOffline = is;
      changed();
    },
    take() {
      if (isOffline) return "offline";
      const [fault = null, ...rest] = next;
      next = rest;
      return fault;
    },
  };
}

/** What `fetch` rejects with where there is no answer. The words are Chromium's. */
const lost = (): TypeError => new TypeError("Failed to fetch");

/** A way to send that goes wrong once in this way. */
export function broken(
  fetch: Fetch,
  fault: Fault | "offline",
  { after }: ClientPorts,
  delayMs: number,
): Fetch {
  return async (request, init) => {
    if (fault === "offline") throw lost();
    // As of a proxy whose server is gone: nothing has been executed.
    if (fault === "refuse") return new Response(null, { status: 503 });
    const response = await fetch(request, init);
    if (fault === "drop") {
      // To the last byte: a server that has not got rid of its answer may not have kept it yet.
      await response.blob();
      throw lost();
    }
    await new Promise<void>((resolve, reject) => {
      const cancel = after(delayMs, resolve);
      const { signal } = init;
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort);
    });
    return response;
  };
}
