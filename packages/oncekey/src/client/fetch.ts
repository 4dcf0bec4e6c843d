/**
 * `fetch` that may be sent again: one key for one call, on the first send and on every other.
 *
 * The key is on the first send because a browser re-sends a POST by itself when a reused connection
 * drops, and asks no script. What the caller is told is either a definite answer or an error that
 * says what is known; "failed" is never said of something that may have happened.
 */
import { checkNumbers } from "./check.ts";
import { KeyConflict, OutcomeUnknown, RequestRefused, ResponseNotKept } from "./errors.ts";
import type { Finding, UnknownReason } from "./finding.ts";
import { type Asked, type Frozen, freeze, isSame } from "./frozen.ts";
import { type ClientPorts, platform } from "./ports.ts";
import type { Profile } from "./profiles.ts";
import { isExpired, judge, pause, type RetrySettings } from "./retry.ts";
import { checkServer, profileFor, type Server } from "./server.ts";
import { tap } from "./tap.ts";
import {
  type Fetch,
  isReplayed,
  lineOf,
  type Sight,
  spelled,
  type Ticket,
  transmit,
} from "./transmit.ts";

export interface IdempotentFetchOptions {
  /** Which servers remember keys. In a browser: the page's own origin does, and no other. */
  readonly server?: Server;
  readonly header?: string;
  /** Methods that carry a key. Those of the profile, POST and PATCH, unless told otherwise. */
  readonly methods?: readonly string[];
  /** One send, until its answer is understood. */
  readonly timeoutMs?: number;
  /** All sends and the waits between them. A wait that does not fit ends the attempts. */
  readonly budgetMs?: number;
  readonly retry?: Partial<RetrySettings>;
  /** How long the server remembers a key. */
  readonly retentionMs?: number;
  /** What sends. */
  readonly fetch?: Fetch;
}

export interface IdempotentInit extends Asked {
  readonly key?: string;
  /** Names what the person means. Its calls carry one key until a definite answer. */
  readonly intent?: string;
}

export interface Idempotency {
  /** `undefined` if the request went out without one. */
  readonly key: string | undefined;
  readonly attempts: number;
  /** `null`: CORS hides the marker. */
  readonly replayed: boolean | null;
  /** What the answer means, as its server's profile reads it. `undefined` without a key. */
  readonly finding?: Finding;
}

export type IdempotentResponse = Response & { readonly idempotency: Idempotency };

/**
 * Resolves with any definite answer, its body unread. Rejects with `OutcomeUnknown`, `KeyConflict`,
 * `RequestRefused` or `ResponseNotKept`; before the first send, with the signal's reason, or with
 * a `TypeError` as `fetch` does.
 */
export type IdempotentFetch = (
  input: string | URL | Request,
  init?: IdempotentInit,
) => Promise<IdempotentResponse>;

/** A request on its way through all its sends, and through each `resume()`. */
interface Journey extends Ticket {
  readonly profile: Profile;
  readonly intent: string | undefined;
  attempts: number;
  firstSentAt: number | undefined;
  /** An earlier send may have been executed. */
  open: boolean;
}

/** What is on its way now, and how many calls wait for it. */
interface Flight {
  readonly frozen: Frozen;
  readonly landed: Promise<Sight>;
  readonly journey: Journey;
  readonly controller: AbortController;
  members: number;
}

/** A process whose server is down for hours must not keep every body that it tried to send. */
const UNSURE_MAX = 1_000;

/** @example const send = createIdempotentFetch({ server: "oncekey" }); */
export function createIdempotentFetch(
  options: IdempotentFetchOptions = {},
  ports: ClientPorts = platform,
): IdempotentFetch {
  const { server, methods, timeoutMs, budgetMs = 120_000, retentionMs } = options;
  checkServer(server);
  checkNumbers({ timeoutMs, budgetMs, retentionMs, ...options.retry });
  const line = lineOf(options, ports);
  const { fetch, header } = line;
  const retry = { attempts: 4, baseMs: 300, capMs: 8_000, ...options.retry, budgetMs };
  const flights = new Map<string, Flight>();
  const intents = new Map<string, string>();
  const unsure = new Map<string, Journey>();

  return async function idempotentFetch(input, { key: given, intent, ...init } = {}) {
    const asked = input as Partial<Request>;
    const method = (init.method ?? asked.method ?? "GET").toUpperCase();
    const url = new URL(asked.url ?? String(input), globalThis.location?.href);
    const profile = profileFor(server, url);
    if (!profile || !(methods ?? profile.methods).includes(method)) {
      const { request, bytes } = await freeze(input, init);
      const signal = init.signal ?? asked.signal ?? null;
      const response = await fetch(request, { signal, ...(bytes && { body: bytes }) });
      return Object.assign(response, {
        idempotency: { key: undefined, attempts: 1, replayed: null },
      });
    }
    const signal = init.signal ?? asked.signal ?? undefined;
    signal?.throwIfAborted();
    const own = new Headers(init.headers ?? asked.headers).get(header);
    const known = intent === undefined ? undefined : intents.get(intent);
    const key = own ?? given ?? known ?? ports.key();
    // Before anything is awaited: a second call in the same task finds it.
    if (intent !== undefined) intents.set(intent, key);
    const frozen = await freeze(input, init);
    signal?.throwIfAborted();
    frozen.request.headers.set(header, own ?? spelled(key, profile));
    const past = unsure.get(key);
    if (past && !profile.comparesBody && !isSame(past.frozen, frozen)) {
      // This server could not tell them apart, and would take it for another order.
      throw new KeyConflict({ key, attempts: 0 });
    }
    const open = past !== undefined;
    const journey = { frozen, profile, intent, key, open, attempts: 0 };
    return join({ ...journey, firstSentAt: past?.firstSentAt }, signal);
  };

  function join(journey: Journey, signal: AbortSignal | undefined): Promise<IdempotentResponse> {
    const { key, frozen } = journey;
    const flying = flights.get(key);
    if (flying && !isSame(flying.frozen, frozen)) {
      return Promise.reject(new KeyConflict({ key, attempts: 0 }));
    }
    const flight = flying ?? launch(journey);
    flight.members += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        flight.members -= 1;
        if (flight.members === 0) {
          // Only the last one ends the send: the others still waited for it.
          flights.delete(key);
          flight.controller.abort();
        }
        reject(unknown(flight.journey, "aborted", { cause: signal?.reason }));
      };
      signal?.addEventListener("abort", leave);
      const settle = () => signal?.removeEventListener("abort", leave);
      flight.landed.then(
        ({ finding, response: answer }) => {
          settle();
          // Each gets a body of its own, and whoever is alone does not pay for a copy. Every
          // definite answer that ends here came as one.
          const response = (flight.members > 1 ? answer?.clone() : answer) as Response;
          if (!signal?.aborted) flight.members -= 1;
          const { attempts } = flight.journey;
          const replayed = isReplayed(response, header);
          resolve(Object.assign(response, { idempotency: { key, attempts, replayed, finding } }));
        },
        (error) => {
          settle();
          reject(error);
        },
      );
    });
  }

  function launch(journey: Journey): Flight {
    const controller = new AbortController();
    const landed = travel(journey, controller.signal).finally(() => {
      if (flights.get(journey.key) === flight) flights.delete(journey.key);
    });
    const flight: Flight = { frozen: journey.frozen, landed, journey, controller, members: 0 };
    flights.set(journey.key, flight);
    return flight;
  }

  /** Sends until there is a definite answer, or none can be hoped for. */
  async function travel(journey: Journey, signal: AbortSignal) {
    const { profile, frozen } = journey;
    const startedAt = ports.now();
    let tries = 0;
    for (;;) {
      const now = ports.now();
      journey.firstSentAt ??= now;
      // Before each send, since a device may have slept through the wait.
      if (isExpired(journey.firstSentAt, now, retentionMs ?? profile.retentionMs)) {
        throw unknown(journey, "expired", {});
      }
      journey.attempts += 1;
      const sight = await (tap.send ?? transmit)(journey, line, signal);
      const verdict = judge(sight.finding, journey.open, profile.resend && !frozen.once);
      if (verdict.kind !== "again") return land(journey, verdict, sight);
      journey.open = true;
      if (verdict.reason !== "in_flight") tries += 1;
      const spent = { tries, elapsedMs: ports.now() - startedAt };
      const ms = pause(verdict, spent, retry, ports.random());
      if (ms === undefined) throw unknown(journey, verdict.reason, sight);
      tap.waits?.(journey, verdict.reason, ms);
      // Nobody will read it, and unread it holds its connection.
      sight.response?.body?.cancel().catch(() => {});
      await sleep(ms, signal);
      if (signal.aborted) throw unknown(journey, "aborted", {});
    }
  }

  function sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = ports.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }

  function land(
    journey: Journey,
    verdict: Exclude<ReturnType<typeof judge>, { kind: "again" }>,
    sight: Sight,
  ): Sight {
    if (verdict.kind === "unknown") throw unknown(journey, verdict.reason, sight);
    const { finding } = sight;
    const { key, intent } = journey;
    const facts = { ...journey, ...finding, ...sight };
    if (verdict.kind === "conflict") throw new KeyConflict(facts);
    unsure.delete(key);
    // What ran and failed may have happened in part: its intent gets no new key by itself.
    if (intent !== undefined && verdict.kind !== "failed") intents.delete(intent);
    if (finding.original) throw new ResponseNotKept(facts);
    if (finding.kind === "refused" && finding.unfit) throw new RequestRefused(facts);
    return sight;
  }

  function unknown(journey: Journey, reason: UnknownReason, told: Partial<Sight>): OutcomeUnknown {
    journey.open = true;
    tap.waits?.(journey, reason);
    const { frozen } = journey;
    remember(journey);
    // What is a stream has been sent, and there is nothing left to send.
    const error: OutcomeUnknown = new OutcomeUnknown(
      { ...journey, ...told.finding, ...told },
      reason,
      () => (frozen.once ? Promise.reject(error) : join({ ...journey }, undefined)),
    );
    return error;
  }

  /** A call that brings the key again goes on from here. */
  function remember(journey: Journey): void {
    unsure.set(journey.key, journey);
    const [oldest] = unsure.keys();
    if (unsure.size > UNSURE_MAX && oldest !== undefined) unsure.delete(oldest);
  }
}
