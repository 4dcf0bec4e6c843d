/** One of two processes with the same store: it owns keys, or waits for them, as it is told. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("party-process.js", import.meta.url));

/** Who waits for what: `perKey` for each key, and the keys shared out among the engines. */
export interface Wait {
  readonly keys: readonly string[];
  readonly engines: number;
  readonly perKey: number;
}

/** In ms of the machine's own clock, which both processes read. */
export interface Ended {
  readonly endedAt: number;
  readonly answeredAt: number;
}

export type Order =
  | { readonly kind: "hold"; readonly key: string }
  | { readonly kind: "end"; readonly key: string }
  | { readonly kind: "wait"; readonly wait: Wait }
  | { readonly kind: "watches"; readonly count: number }
  | { readonly kind: "trips" };

export interface Party {
  /** Resolves when it owns the key, and its action runs. */
  hold(key: string): Promise<void>;
  /** Lets the action end. */
  end(key: string): Promise<Ended>;
  /** When each waiter was answered. */
  wait(wait: Wait): Promise<readonly number[]>;
  /** Resolves when so many keys more are listened for. */
  watches(count: number): Promise<void>;
  /** Calls to the store until now. */
  trips(): Promise<number>;
  stop(): Promise<void>;
}

export async function startParty(place: string, address: string): Promise<Party> {
  const child = fork(PROGRAM, [place, address]);
  await once(child, "message");
  const ask = asking(child);
  return {
    hold: async (key) => void (await ask({ kind: "hold", key })),
    end: async (key) => (await ask({ kind: "end", key })) as Ended,
    wait: async (wait) => (await ask({ kind: "wait", wait })) as readonly number[],
    watches: async (count) => void (await ask({ kind: "watches", count })),
    trips: async () => (await ask({ kind: "trips" })) as number,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Orders and answers carry a number, since a wait is answered after others. */
function asking(child: ChildProcess): (order: Order) => Promise<unknown> {
  const open = new Map<number, (answer: unknown) => void>();
  let last = 0;
  child.on("message", ({ number, answer }: { number: number; answer: unknown }) => {
    open.get(number)?.(answer);
    open.delete(number);
  });
  const gone = once(child, "exit").then(([code]) => {
    throw new Error(`a party ended with ${code}`);
  });
  gone.catch(() => {});
  return (order) => {
    last += 1;
    const number = last;
    const answered = new Promise<unknown>((resolve) => open.set(number, resolve));
    child.send({ number, order });
    return Promise.race([answered, gone]);
  };
}
