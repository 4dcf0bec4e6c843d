/**
 * Requests that outlive the page that made them. Each is on the disk before its first byte leaves,
 * and goes only after a definite answer, so that a page or a worker that is killed in mid-send loses
 * nothing: whoever leads next sends the same bytes under the same key.
 */
import { QUEUE } from "../bodies.ts";
import type { UnknownReason } from "../finding.ts";
import { type Asked, freeze } from "../frozen.ts";
import { salted } from "../keep.ts";
import { type ClientPorts, platform } from "../ports.ts";
import { checkServer, profileFor } from "../server.ts";
import { lead, leadNow } from "./leadership.ts";
import { type Row, rows } from "./queue-rows.ts";
import { createQueueSend, type OfflineQueueOptions } from "./queue-send.ts";
import { initOf } from "./request-init.ts";

export type { OfflineQueueOptions, Settled } from "./queue-send.ts";

/** A request that has no definite answer yet. */
export interface Queued {
  readonly intent: string;
  readonly key: string;
  readonly attempts: number;
  /** Why it waits for `drain`, or for ever; `undefined` while it is sent by itself. */
  readonly held: UnknownReason | undefined;
}

export interface OfflineQueue {
  /** Resolves with the key when the request is safe on the disk. Rejects when it cannot be. */
  add(url: string | URL, asked: Asked & { intent: string; key?: string }): Promise<string>;
  list(): Promise<readonly Queued[]>;
  /** Sends by itself, whenever this page is the one that leads. The returned function stops. */
  start(): () => void;
  /** Tries all but what is expired, as after signing in. False: it was handed to whoever leads. */
  drain(): Promise<boolean>;
  /** Gives a request up. It may have been executed: that is the person's own decision. */
  remove(key: string): Promise<void>;
  /** Gives up all of one person's requests. `clearIntents` does that too, for signing out. */
  clear(principal: string): Promise<void>;
}

export function offlineQueue(
  options: OfflineQueueOptions = {},
  ports: ClientPorts = platform,
): OfflineQueue {
  checkServer(options.server);
  const send = createQueueSend(options, ports);
  let wake = (): void => {};
  /** `drain` was called, here or in a page that does not lead. */
  let asked = false;

  function isOwn(row: Row): boolean {
    const principal = options.principal?.();
    return (
      row.principal === undefined ||
      (principal !== undefined && row.principal === salted(row.key, principal))
    );
  }

  const own = async (): Promise<Row[]> => (await rows.all()).filter(isOwn);

  /** In order per intent: the next one waits for a definite answer to the one before. */
  async function inOrder(line: readonly Row[], isAsked: boolean, signal: AbortSignal) {
    for (const row of line) {
      // Asked again: somebody else may have signed in while the one before was on its way.
      if (!isOwn(row)) return undefined;
      const next = await send(row, isAsked, signal);
      if (next !== "gone") return next;
    }
    return undefined;
  }

  /** Milliseconds until something is due again. */
  async function pass(isAsked: boolean, signal: AbortSignal): Promise<number | undefined> {
    const lines = new Map<string, Row[]>();
    for (const row of await own()) lines.set(row.intent, [...(lines.get(row.intent) ?? []), row]);
    const waits = await Promise.all(
      [...lines.values()].map((line) => inOrder(line, isAsked, signal)),
    );
    const due = waits.filter((ms) => ms !== undefined);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const isAsked = asked;
      asked = false;
      const ms = await pass(isAsked, signal);
      const cancel = ms === undefined ? undefined : ports.after(ms, wake);
      await woken;
      cancel?.();
    }
  }

  async function change(isMeant: (row: Row) => boolean): Promise<void> {
    for (const row of await rows.all()) if (isMeant(row)) await rows.remove(row);
    announce("changed");
  }

  /** To whoever leads, which may be this page. */
  function announce(what: "changed" | "drain"): void {
    const channel = new BroadcastChannel(QUEUE);
    channel.postMessage(what);
    channel.close();
  }

  return {
    async add(url, { intent, key = ports.key(), ...asked }) {
      const { request, bytes, once } = await freeze(url, { method: "POST", ...asked });
      if (once) throw new TypeError("Expected `body` not to be a stream: it could be sent once.");
      if (!profileFor(options.server, new URL(request.url))?.resend) {
        throw new TypeError(
          "Expected `server` to say that this origin remembers keys: what is queued may be sent twice.",
        );
      }
      const principal = options.principal?.();
      await rows.put({
        ...{ intent, key, url: request.url, init: initOf(request), bytes },
        ...{ addedAt: ports.now(), firstSentAt: undefined, open: false, attempts: 0 },
        held: undefined,
        principal: principal === undefined ? undefined : salted(key, principal),
      });
      announce("changed");
      return key;
    },
    async list() {
      const all = await own();
      return all.map(({ intent, key, attempts, held }) => ({ intent, key, attempts, held }));
    },
    start() {
      const leaving = new AbortController();
      const channel = new BroadcastChannel(QUEUE);
      const rouse = () => wake();
      channel.onmessage = ({ data }) => {
        asked ||= data === "drain";
        wake();
      };
      globalThis.addEventListener?.("online", rouse);
      lead(QUEUE, leaving.signal, () => work(leaving.signal)).catch(() =>
        ports.warn("oncekey: the offline queue cannot be read; nothing of it is sent."),
      );
      return () => {
        channel.close();
        globalThis.removeEventListener?.("online", rouse);
        leaving.abort();
        wake();
      };
    },
    async drain() {
      const { signal } = new AbortController();
      const isDone = await leadNow(QUEUE, async () => {
        await pass(true, signal);
      });
      if (!isDone) announce("drain");
      return isDone;
    },
    remove: (key) => change((row) => row.key === key),
    clear: (principal) => change((row) => row.principal === salted(row.key, principal)),
  };
}
