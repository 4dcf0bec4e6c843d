/**
 * From a claim to an attempt or an answer: the one decision procedure, without a word of HTTP.
 *
 * Claim, judge, and then: run, replay, say no, wait and claim again, or ask the application what
 * became of a record in doubt and claim again. Everything that owns something leaves here as an
 * `Attempt`; everything else is a value.
 */
import { type Attempt, createAttempt } from "./attempt.ts";
import { pause, within } from "./door.ts";
import { createEnvelope, type Seal } from "./envelope.ts";
import { RecordCorrupt, StoreUnavailable } from "./errors.ts";
import { type Listener, shortened, silent } from "./events.ts";
import { createLeaseKeeper } from "./lease.ts";
import { letGo } from "./let-go.ts";
import type { Notifier } from "./notifier.ts";
import type { Ports } from "./ports.ts";
import type { Subject } from "./record.ts";
import { type Known, resolving } from "./resolve.ts";
import type { ClaimRequest, Lease, Store } from "./store.ts";
import { timedStore } from "./timed-store.ts";
import { createUnfinished } from "./unfinished.ts";
import { judge, type Verdict } from "./verdict.ts";
import { type Asked, createWaiting, type OnGone } from "./wait.ts";

/** What the application knows of a record in doubt. `undefined`: it does not know either. */
export type Reconciled = Known | undefined;

export interface Entry {
  readonly subject: Subject;
  /** How long to wait for a running owner; 0 not to. */
  readonly waitMs: number;
  readonly onGone?: OnGone;
  /** Only looks: it may be asked more than once, and by several processes. */
  readonly reconcile?: () => Promise<Reconciled>;
}

export type Entered =
  | { readonly kind: "run"; readonly attempt: Attempt }
  | { readonly kind: "replay"; readonly result: Uint8Array }
  | { readonly kind: "in-flight" | "in-doubt" | "mismatch" };

export interface EngineOptions {
  readonly store: Store;
  readonly notifier?: Notifier | undefined;
  readonly seal?: Seal | undefined;
  readonly ports: Ports;
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly storeTimeoutMs: number;
  /** 0 for no limit. */
  readonly maxRunMs: number;
  readonly report: Listener;
}

export interface Engine {
  /** Throws `StoreUnavailable`, or `RecordCorrupt`: then nothing has run, and nothing will. */
  enter(entry: Entry): Promise<Entered>;
}

/** A claim whose reply was lost is made again under its nonce, this often within the time limit. */
const CLAIM_TRIES = 3;
const CLAIM_PAUSE_MS = 50;
/** Reconciling may race with a late owner. Two rounds settle that; more would be a quarrel. */
const RECONCILE_ROUNDS = 2;

export function createEngine(options: EngineOptions): Engine {
  const { ports, leaseMs, retentionMs, storeTimeoutMs, report } = options;
  const store = report === silent ? options.store : timedStore(options.store, ports, report);
  const unfinished = createUnfinished(ports, report);
  const keeper = createLeaseKeeper(store, ports, options);
  const waiting = createWaiting((request) => claim(request), options.notifier, ports);
  const envelope = createEnvelope(ports, options.seal);
  const surroundings = { store, envelope, ports, leaseMs, storeTimeoutMs, unfinished, report };

  async function claim(request: ClaimRequest): Promise<Asked> {
    const giveUpAt = ports.now() + storeTimeoutMs;
    for (let tries = 1; ; tries++) {
      // A reply that is lost without a word costs half of what is left, so there is a second try.
      const askedAt = ports.now();
      const left = giveUpAt - askedAt;
      const limit = tries < CLAIM_TRIES ? left / 2 : left;
      try {
        return { claim: await within(ports, limit, () => store.claim(request)), askedAt };
      } catch (error) {
        const { id, label } = request;
        const corrupt = error instanceof RecordCorrupt;
        if (corrupt) report({ type: "record-corrupt", record: shortened(id), label, error });
        else report({ type: "store-failed", record: shortened(id), label, call: "claim", error });
        if (corrupt) throw error;
        const pauseMs = CLAIM_PAUSE_MS * tries;
        if (tries === CLAIM_TRIES || ports.now() + pauseMs >= giveUpAt) {
          forsake(request);
          throw error;
        }
        await pause(ports, pauseMs);
      }
    }
  }

  /** Nobody will run under this claim, but it may have been applied: then it must be let go. */
  function forsake(request: ClaimRequest): void {
    const { id, label } = request;
    const call = <T>(verb: () => Promise<T>) => within(ports, storeTimeoutMs, verb, ports.later);
    const attempt = async () => {
      const answer = await call(() => store.claim(request));
      if (answer.outcome === "claimed") await call(() => letGo(store, answer));
    };
    unfinished.add({ id, label, call: "claim", bytes: 0, attempt });
  }

  /** True: the record was settled, so claim again. */
  async function reconcile(entry: Entry, lease: Lease): Promise<boolean> {
    if (entry.reconcile === undefined) return false;
    const about = { record: shortened(lease.id), label: entry.subject.label };
    let known: Reconciled;
    try {
      known = await entry.reconcile();
    } catch (error) {
      report({ type: "reconcile-failed", ...about, error });
      return false;
    }
    if (known === undefined) return false;
    const { happened } = known;
    const verb = resolving(store, envelope, lease, known);
    // Refused: the owner came back, or another settled it. Either way there is news to claim.
    if (await within(ports, storeTimeoutMs, verb))
      report({ type: "reconciled", ...about, happened });
    return true;
  }

  /** Claims until there is something to say. Each new claim stands behind news or a wait. */
  async function settle(
    entry: Entry,
    request: ClaimRequest,
  ): Promise<{ verdict: Verdict; askedAt: number; waitedMs: number }> {
    let asked = await claim(request);
    let rounds = 0;
    let belated = 0;
    let waited = false;
    let waitedMs = 0;
    for (;;) {
      const verdict = judge(asked.claim, request.fingerprint);
      // The process stood still while the answer was on its way. Another may own it by now, and
      // nothing has run, so ask again: under its nonce it is the same claim, or news.
      if (verdict.kind === "run" && ports.now() - asked.askedAt >= leaseMs) {
        if (++belated === CLAIM_TRIES) {
          forsake(request);
          throw new StoreUnavailable("The store takes longer to answer than a lease lasts.");
        }
        asked = await claim(request);
        continue;
      }
      if (verdict.kind === "in-doubt" && rounds < RECONCILE_ROUNDS) {
        rounds++;
        if (await reconcile(entry, verdict.lease)) {
          asked = await claim(request);
          continue;
        }
      }
      if (verdict.kind === "in-flight" && entry.waitMs > 0 && !waited) {
        waited = true;
        const waitsFrom = ports.now();
        const news = await waiting.wait(request, entry.waitMs, entry.onGone);
        waitedMs = ports.now() - waitsFrom;
        if (news !== undefined) {
          asked = news;
          continue;
        }
      }
      return { verdict, askedAt: asked.askedAt, waitedMs };
    }
  }

  return {
    async enter(entry) {
      const { subject } = entry;
      const about = { record: shortened(subject.id), label: subject.label };
      const request = { ...subject, leaseMs, retentionMs, nonce: ports.nonce() };
      const { verdict, askedAt, waitedMs } = await settle(entry, request);
      switch (verdict.kind) {
        case "run": {
          const held = keeper.hold(verdict.lease, subject.label, askedAt);
          report({ type: "claimed", ...about, attempt: verdict.attempt, waitedMs });
          return { kind: "run", attempt: createAttempt(surroundings, subject, held, verdict) };
        }
        case "replay": {
          try {
            const opened = envelope.unwrap(subject.id, verdict.result);
            const result = opened instanceof Promise ? await opened : opened;
            report({ type: "replayed", ...about, waitedMs });
            return { kind: "replay", result };
          } catch (error) {
            report({ type: "record-corrupt", ...about, error });
            throw error;
          }
        }
        case "in-doubt":
        case "in-flight":
        case "mismatch":
          report({ type: verdict.kind, ...about, waitedMs });
          return { kind: verdict.kind };
      }
    },
  };
}
