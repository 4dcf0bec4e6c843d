/** One send of a queued request: written down before it, and again when it is known what it brought. */
import type { UnknownReason } from "../finding.ts";
import type { ClientPorts } from "../ports.ts";
import { reading } from "../reading.ts";
import { isDefinite, isExpired, judge, pause } from "../retry.ts";
import { profileFor, type Server } from "../server.ts";
import { tap } from "../tap.ts";
import { isReplayed, lineOf, spelled, transmit } from "../transmit.ts";
import { type Row, rows } from "./queue-rows.ts";

export interface OfflineQueueOptions {
  /** Only what goes to a server that remembers keys can be queued: it may be sent twice. */
  readonly server?: Server;
  readonly header?: string;
  readonly timeoutMs?: number;
  readonly retentionMs?: number;
  /** What sends. A field such as `Authorization` is never stored, and is added here. */
  readonly fetch?: (request: Request, init: RequestInit) => Promise<Response>;
  /** Whose requests these are. Those of another person are neither shown nor sent. */
  principal?(): string | undefined;
  /** A definite answer has come. Told again if the page dies before the request is removed. */
  settled?(answer: Settled): void;
}

/** A definite answer. */
export interface Settled {
  readonly intent: string;
  readonly key: string;
  /**
   * `failed`: it ran, that is what is recorded, and part of it may have happened. `conflict`: the key
   * stands for another request, and this one was not done.
   */
  readonly outcome: "done" | "refused" | "failed" | "conflict";
  readonly status: number;
  readonly replayed: boolean | null;
  /** The body: parsed if it is JSON, else as text. */
  readonly data: unknown;
}

/** "gone": the next one may be sent. Else the milliseconds until this one is due, if it ever is. */
export type QueueSend = (
  row: Row,
  asked: boolean,
  signal: AbortSignal,
) => Promise<"gone" | number | undefined>;

/** It goes on for as long as it takes; only the server may ask for a longer pause. */
const PATIENCE = {
  attempts: Number.POSITIVE_INFINITY,
  baseMs: 300,
  capMs: 30_000,
  budgetMs: Number.POSITIVE_INFINITY,
};
const TRIES_MAX = 10;

export function createQueueSend(options: OfflineQueueOptions, ports: ClientPorts): QueueSend {
  const line = lineOf(options, ports);

  async function hold(row: Row, held: UnknownReason): Promise<undefined> {
    await rows.update({ ...row, held });
  }

  return async function send(row, asked, signal) {
    if (signal.aborted || (row.held && !asked)) return undefined;
    const profile = profileFor(options.server, new URL(row.url));
    // It has been another server's since: there it would be a second order.
    if (!profile?.resend) return hold(row, "unavailable");
    const now = ports.now();
    const { key, intent, firstSentAt = now } = row;
    if (isExpired(firstSentAt, now, options.retentionMs ?? profile.retentionMs)) {
      return hold(row, "expired");
    }
    // Before the first byte: whoever leads after a crash must know that it may have been executed.
    const sent: Row = {
      ...{ ...row, firstSentAt, open: true, held: undefined },
      attempts: row.attempts + 1,
    };
    if (!(await rows.update(sent))) return "gone";
    const request = new Request(row.url, row.init);
    request.headers.set(line.header, spelled(key, profile));
    const read = reading(profile);
    const frozen = { request, bytes: row.bytes, once: false };
    const ticket = { frozen, key, profile: read.profile };
    const { finding, response } = await (tap.send ?? transmit)(ticket, line, signal);
    if (signal.aborted) return undefined;
    if (isDefinite(finding, row.open)) {
      const { status = 0 } = finding.original ?? response ?? {};
      const replayed = response ? isReplayed(response, line.header) : null;
      const outcome = finding.kind as Settled["outcome"];
      options.settled?.({ intent, key, outcome, status, replayed, data: read.data() });
      await rows.remove(row);
      return "gone";
    }
    // A refusal executed nothing, so what was open before is open now, and no more.
    const known: Row = finding.kind === "refused" ? { ...sent, open: row.open } : sent;
    const verdict = judge(finding, row.open, profile.resend);
    if (verdict.kind === "unknown") return hold(known, verdict.reason);
    // What else was refused and is not definite was refused for want of a sign-in.
    if (verdict.kind !== "again") return hold(known, "auth");
    const tries = Math.min(sent.attempts, TRIES_MAX);
    return pause(verdict, { tries, elapsedMs: 0 }, PATIENCE, ports.random());
  };
}
