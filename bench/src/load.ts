/** Requests to a contestant, each answer held against what it has to be. */
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { Pool } from "undici";
import { BODY, type Contestant, STATUS } from "./contestant.ts";

/** An answer that a contestant has to give again, by its key. */
export type Answers = Map<string, string>;

export interface Loaded {
  /** From the request to the last byte of its answer, in ms, one for each request. */
  readonly latencies: readonly number[];
  readonly elapsedMs: number;
}

export interface Loader {
  /** `count` requests with fresh keys. What was answered is kept in `answers`. */
  first(count: number, answers: Answers): Promise<Loaded>;
  /** One more request for each key in `answers`, and the bytes of each compared. */
  again(contestant: Contestant, answers: Answers): Promise<Loaded>;
  close(): Promise<void>;
}

export function loaderOf(port: number, connections: number): Loader {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });

  async function ask(key: string) {
    const { statusCode, headers, body } = await pool.request({
      ...{ method: "POST", path: "/payments", body: BODY },
      headers: { "content-type": "application/json", "idempotency-key": key },
    });
    const text = await body.text();
    if (statusCode !== STATUS) throw new Error(`answered ${statusCode}: ${text.slice(0, 200)}`);
    return { text, headers };
  }

  /** As many at once as there are connections, until the keys have run out. */
  async function each(keys: Iterable<string>, check: (key: string) => Promise<void>) {
    const left = keys[Symbol.iterator]();
    const latencies: number[] = [];
    const begun = performance.now();
    const worker = async () => {
      for (let next = left.next(); !next.done; next = left.next()) {
        const asked = performance.now();
        await check(next.value);
        latencies.push(performance.now() - asked);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    return { latencies, elapsedMs: performance.now() - begun };
  }

  return {
    first(count, answers) {
      const keys = Array.from({ length: count }, () => randomUUID());
      return each(keys, async (key) => {
        answers.set(key, (await ask(key)).text);
      });
    },
    again: ({ kind, marker }, answers) =>
      each([...answers.keys()], async (key) => {
        const { text, headers } = await ask(key);
        if (kind === "bare") return;
        if (text !== answers.get(key)) throw new Error("a duplicate was answered with other bytes");
        if (marker !== undefined && headers[marker] !== "true") {
          throw new Error(`a duplicate was answered without ${marker}`);
        }
      }),
    close: () => pool.close(),
  };
}
