/**
 * Workbox's background sync over the client. Its own queue deletes an entry before the fetch, and
 * takes a 500 for success; here an entry goes only after a definite answer.
 */
import {
  type IdempotentFetch,
  type IdempotentResponse,
  isDefinite,
  isExpired,
  type OutcomeUnknown,
} from "./index.ts";

interface Entry {
  readonly request: Request;
  /** When it was queued, in ms since 1970. */
  readonly timestamp?: number;
}

/** The part of Workbox's `Queue` that we use, in our own words. */
interface Queue {
  readonly name: string;
  getAll(): Promise<readonly Entry[]>;
  shiftRequest(): Promise<Entry | undefined>;
}

export interface IdempotentSyncOptions {
  readonly header?: string;
  /** How long the server remembers a key. Within an hour of its end nothing is sent. */
  readonly retentionMs?: number;
  /** An entry has its definite answer, and is gone. */
  settled?(request: Request, answer: Response | Error): void;
}

export interface IdempotentSync {
  /** For a `Queue` or a `BackgroundSyncPlugin`. Rejects while an entry has no definite answer. */
  onSync(asked: { readonly queue: Queue }): Promise<void>;
  /** Of a plugin of a strategy: gives each request its key before it is first sent. */
  requestWillFetch(asked: { readonly request: Request }): Promise<Request>;
}

const DAY_MS = 86_400_000;

/**
 * @example
 * const sync = idempotentSync(createIdempotentFetch());
 * const queue = new BackgroundSyncPlugin("orders", { onSync: sync.onSync, maxRetentionTime: 23 * 60 });
 * registerRoute("/orders", new NetworkOnly({ plugins: [sync, queue] }), "POST");
 */
export function idempotentSync(
  send: IdempotentFetch,
  { header = "Idempotency-Key", retentionMs = DAY_MS, settled }: IdempotentSyncOptions = {},
): IdempotentSync {
  async function replay(queue: Queue): Promise<void> {
    for (;;) {
      const [entry] = await queue.getAll();
      if (!entry) return;
      const { request, timestamp = 0 } = entry;
      // The server may have forgotten it, and would run it again.
      if (isExpired(timestamp, Date.now(), retentionMs)) {
        throw new Error("A queued request is too old to be sent again.");
      }
      const answer = await send(request.clone()).catch((error: OutcomeUnknown) => error);
      if (!isFinal(answer)) {
        if (answer instanceof Error) throw answer;
        throw new Error("A queued request has no definite answer yet.");
      }
      // Only now: a worker that is killed in mid-send finds it again.
      await queue.shiftRequest();
      settled?.(request, answer);
    }
  }
  return {
    // One leader, so that what is taken off is what was sent.
    onSync: ({ queue }) => navigator.locks.request(`oncekey:${queue.name}`, () => replay(queue)),
    async requestWillFetch({ request }) {
      if (request.headers.has(header)) return request;
      const keyed = new Request(request);
      keyed.headers.set(header, crypto.randomUUID());
      return keyed;
    },
  };
}

/** It waits because an earlier send may have been executed. */
function isFinal(answer: IdempotentResponse | OutcomeUnknown): boolean {
  const { finding } = answer instanceof Response ? answer.idempotency : answer;
  if (finding) return isDefinite(finding, true);
  // To a server that was not declared it went without a key, and must not go twice.
  return answer instanceof Response && answer.ok;
}
