/** Handlers that speak word by word, and what a client has heard of them so far. */
import type { Store } from "../../core/store.ts";
import type { TransactionalStore } from "../../core/transaction.ts";
import { ok, soon } from "../case.ts";
import type { Line, RawConnection, Reply } from "./application.ts";
import { isTransactional } from "./faults.ts";
import { streamed } from "./replies.ts";
import { type Gate, gate, pause } from "./scene.ts";

/** Time enough for bytes to arrive that must not. */
const QUIET_MS = 100;

/** Says its words one by one, each but the first when the case lets it. */
export interface Telling {
  readonly handler: () => Reply;
  readonly steps: readonly Gate[];
}

export function telling(words: readonly string[], more: Partial<Reply> = {}): Telling {
  const steps = words.map(() => gate());
  const body = streamed(async function* () {
    for (const [index, word] of words.entries()) {
      yield word;
      await steps[index]?.opened;
    }
  });
  const headers: readonly Line[] = [["Content-Type", "text/event-stream"]];
  return { handler: () => ({ status: 200, headers, ...more, ...body }), steps };
}

/** A body that is read as it comes. */
export function reading(response: Response): {
  until(text: string): Promise<void>;
  rest(): Promise<string>;
} {
  ok(response.body !== null, "the answer has a body");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  const next = async () => {
    const { done, value } = await reader.read();
    if (!done) heard += value;
    return !done;
  };
  return {
    async until(wanted) {
      const comes = async () => {
        while (!heard.includes(wanted)) ok(await next(), `${wanted} comes before the end`);
      };
      await soon(comes(), `the bytes of ${JSON.stringify(wanted)}`);
    },
    async rest() {
      while (await next());
      return heard;
    },
  };
}

/** What has come on a connection by now, and after a while. */
export async function heardBy(connection: RawConnection): Promise<string> {
  await pause(QUIET_MS);
  return connection.read(() => true);
}

/** The same store, whose transactions commit when the gate is open. */
export function committingLate(store: Store, late: Gate): Store {
  ok(isTransactional(store), "the store has transactions");
  const { transaction } = store;
  const slow: TransactionalStore<unknown> = {
    ...store,
    transaction: (lease, work) =>
      transaction(lease, async (handle) => {
        const result = await work(handle);
        await late.opened;
        return result;
      }),
  };
  return slow;
}

export const isChunkedWhole = (heard: string): boolean => heard.includes("\r\n0\r\n\r\n");
