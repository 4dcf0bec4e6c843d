/**
 * Workbox's background sync over the client. Its own queue deletes an entry before the fetch, and
 * takes a 500 for success; here an entry goes only after a definite answer.
 */
import { type IdempotentFetch, KeyConflict, ResponseNotKept } from "./index.ts";

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
const MARGIN_MS = 3_600_000;
/** They say who asks, and nothing of the request: the entry waits until somebody has signed in. */
const SIGN_IN = [401, 403, 407];

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
      if (Date.now() - timestamp > retentionMs - MARGIN_MS) {
        throw new Error("A queued request is too old to be sent again.");
      }
      const answer = await send(request.clone()).catch((error: unknown) => {
        // The key is used up, or stands for something else: to send it again would tell no more.
        if (error instanceof ResponseNotKept || error instanceof KeyConflict) return error;
        throw error;
      });
      if (answer instanceof Response && !isDefinite(answer, header)) {
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

/** An earlier send is open: of refusals only the server's own counts, by the marker or the echo. */
function isDefinite({ status, headers }: Response, header: string): boolean {
  if (status < 400 || headers.get("Idempotent-Replayed") === "true") return true;
  return status < 500 && !SIGN_IN.includes(status) && headers.has(header);
}
