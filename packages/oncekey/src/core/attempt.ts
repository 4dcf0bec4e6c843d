/**
 * One owned run, and its single ending: complete, release, give up, or commit.
 *
 * Every ending answers one question: may the owner's own answer be sent? Only when the record is
 * safe. A fenced-out owner re-reads and passes on what it finds, and an owner whose store is gone
 * says so; neither tells its own story, because a duplicate may hear another one.
 */
import { pause, within } from "./door.ts";
import type { Envelope } from "./envelope.ts";
import { StoreUnavailable } from "./errors.ts";
import { type Listener, shortened } from "./events.ts";
import type { HeldLease } from "./lease.ts";
import type { Ports } from "./ports.ts";
import type { Effects, Subject } from "./record.ts";
import type { Lease, Store } from "./store.ts";
import type { TransactionalStore } from "./transaction.ts";
import type { Unfinished } from "./unfinished.ts";
import { judge } from "./verdict.ts";

export type Ending =
  /** The record is safe: the owner's answer may be sent. */
  | { readonly kind: "recorded" }
  /** Another had taken over, or a person had settled it: this is what stands there now. */
  | { readonly kind: "superseded"; readonly found: Found }
  /** It ran, and the store could not be told in time. */
  | { readonly kind: "not-recorded" };

export type Found =
  | { readonly kind: "replay"; readonly result: Uint8Array }
  | { readonly kind: "in-flight" | "in-doubt" | "mismatch" };

/** How a transaction ended. `rolled-back` is the work's own wish, with what it threw. */
export type Commit =
  | Ending
  | { readonly kind: "rolled-back"; readonly error: unknown }
  /** The transaction never began, so the work did not run. */
  | { readonly kind: "not-begun"; readonly error: unknown };

export interface Attempt {
  readonly lease: Lease;
  readonly attempt: number;
  /** The store's clock at the claim. */
  readonly claimedAt: number;
  readonly signal: AbortSignal;
  readonly effects: Effects;
  /** Keeps the result. Tried again for as long as the lease can be held, then in the background. */
  complete(result: Uint8Array): Promise<Ending>;
  /** Forgets the record, so that a retry runs. What cannot be written now is written later. */
  release(): Promise<Ending>;
  /** The outcome is not known: in doubt at once, or, where a re-run does no harm, released. */
  giveUp(): Promise<Ending>;
  /** Runs `work` in the store's transaction and completes the record in the same commit. */
  transact<Handle>(
    store: TransactionalStore<Handle>,
    work: (handle: Handle) => Promise<Uint8Array>,
  ): Promise<Commit>;
}

/** What the engine lends to each attempt. */
export interface Surroundings {
  readonly store: Store;
  readonly envelope: Envelope;
  readonly ports: Ports;
  readonly leaseMs: number;
  readonly storeTimeoutMs: number;
  readonly unfinished: Unfinished;
  readonly report: Listener;
}

/** Where a transaction stands, for whoever must judge its silence. */
type Phase = "beginning" | "working" | "committing" | "abandoned";

/** Between two tries to complete. Short: every one of them holds an answer back. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1_000;

export function createAttempt(
  surroundings: Surroundings,
  subject: Subject,
  held: HeldLease,
  claimed: { readonly attempt: number; readonly claimedAt: number },
): Attempt {
  const { store, envelope, ports, leaseMs, storeTimeoutMs, unfinished, report } = surroundings;
  const { lease } = held;
  const about = { record: shortened(lease.id), label: subject.label };
  const call = <T>(verb: () => Promise<T>): Promise<T> => within(ports, storeTimeoutMs, verb);
  const beganAt = ports.now();
  let answeredAt: number | undefined;
  /** At its first call: then the handler has answered. */
  const ranMs = (): number => {
    answeredAt ??= ports.now();
    return answeredAt - beganAt;
  };
  const failed = (name: string, error: unknown): void =>
    report({ type: "store-failed", ...about, call: name, error });

  /** Ends the renewing, and says what was left behind. */
  function ended(type: "completed" | "released" | "gave-up"): Ending {
    held.drop();
    report({ type, ...about, ranMs: ranMs() });
    return { kind: "recorded" };
  }

  function notRecorded(): Ending {
    held.drop();
    report({ type: "not-recorded", ...about, ranMs: ranMs() });
    return { kind: "not-recorded" };
  }

  function later(name: string, bytes: number, verb: () => Promise<unknown>): void {
    const { id } = lease;
    const attempt = () => within(ports, storeTimeoutMs, verb, ports.later);
    unfinished.add({ id, label: subject.label, call: name, bytes, attempt });
  }

  /** What stands in the record now that this owner does not own it. `undefined`: nothing. */
  async function reread(): Promise<Found | undefined> {
    const record = await call(() => store.get(lease.id));
    if (record === undefined) return undefined;
    const verdict = judge({ outcome: "taken", record }, subject.fingerprint);
    if (verdict.kind === "replay") {
      return { kind: "replay", result: await envelope.unwrap(lease.id, verdict.result) };
    }
    return verdict.kind === "run" ? undefined : { kind: verdict.kind };
  }

  async function superseded(): Promise<Ending> {
    held.drop();
    report({ type: "superseded", ...about, ranMs: ranMs() });
    try {
      // Nothing there: somebody said that it did not happen. A retry runs, so that is the answer.
      return { kind: "superseded", found: (await reread()) ?? { kind: "in-flight" } };
    } catch (error) {
      failed("get", error);
      return { kind: "not-recorded" };
    }
  }

  async function complete(result: Uint8Array): Promise<Ending> {
    ranMs();
    const verb = envelope.writing(lease.id, result, (bytes) => store.complete(lease, bytes));
    // A store may refuse the result and go on renewing: such a lease never ends, and its caller and
    // all duplicates would hear nothing for as long as the process lives.
    const until = ports.now() + leaseMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      try {
        return (await call(verb)) ? ended("completed") : await superseded();
      } catch (error) {
        failed("complete", error);
      }
      if (held.isLost || ports.now() >= until) break;
      await pause(ports, pauseMs);
    }
    later("complete", result.length, verb);
    return notRecorded();
  }

  async function release(): Promise<Ending> {
    ranMs();
    const verb = () => store.release(lease);
    try {
      if (await call(verb)) return ended("released");
      // Absent is what a release wants: its own first try may have been the one that landed.
      if ((await reread()) === undefined) return ended("released");
      return await superseded();
    } catch (error) {
      failed("release", error);
      later("release", 0, verb);
      return ended("released");
    }
  }

  async function giveUp(): Promise<Ending> {
    if (subject.effects !== "unrepeatable") return release();
    ranMs();
    try {
      await call(() => store.renew(lease, 0));
    } catch (error) {
      // The lease ends by itself, only later.
      failed("renew", error);
    }
    return ended("gave-up");
  }

  /** After a commit whose reply was lost: both or neither, and only the record can tell which. */
  async function committed(): Promise<Ending> {
    try {
      const record = await call(() => store.get(lease.id));
      const ours = record?.token === lease.token;
      if (ours && record?.state === "completed") return ended("completed");
      if (!ours) return await superseded();
      // Our claim, not completed: rolled back, or a commit still on its way. The release waits for
      // that one to end, and is refused if it landed after all.
      if (await call(() => store.release(lease))) return notRecorded();
      return (await call(() => store.get(lease.id)))?.token === lease.token
        ? ended("completed")
        : await superseded();
    } catch (error) {
      failed("get", error);
      later("release", 0, () => store.release(lease));
      return notRecorded();
    }
  }

  async function transact<Handle>(
    transactional: TransactionalStore<Handle>,
    work: (handle: Handle) => Promise<Uint8Array>,
  ): Promise<Commit> {
    let phase = "beginning" as Phase;
    let thrown: { readonly error: unknown } | undefined;
    let overdue: (error: StoreUnavailable) => void = () => {};
    const silence = new Promise<never>((_, reject) => {
      overdue = reject;
    });
    silence.catch(() => {});
    const limit = () =>
      ports.after(storeTimeoutMs, () => {
        if (phase === "beginning") phase = "abandoned";
        overdue(new StoreUnavailable("The transaction gave no answer in time."));
      });
    let cancel = limit();

    const transaction = transactional.transaction(lease, async (handle) => {
      cancel();
      // It began so late that nobody waits any more: to run now would be an effect unseen.
      if (phase === "abandoned") throw new StoreUnavailable("The transaction began too late.");
      phase = "working";
      try {
        const result = await work(handle);
        ranMs();
        phase = "committing";
        cancel = limit();
        return envelope.wrap(lease.id, result);
      } catch (error) {
        thrown = { error };
        ranMs();
        cancel = limit();
        throw error;
      }
    });
    transaction.catch(() => {});

    try {
      const kept = await Promise.race([transaction, silence]);
      return kept ? ended("completed") : await superseded();
    } catch (error) {
      if (thrown !== undefined) {
        report({ type: "rolled-back", ...about, ranMs: ranMs() });
        return { kind: "rolled-back", error: thrown.error };
      }
      failed("transaction", error);
      if (phase === "committing") return await committed();
      await release();
      return { kind: "not-begun", error };
    } finally {
      cancel();
    }
  }

  return {
    lease,
    attempt: claimed.attempt,
    claimedAt: claimed.claimedAt,
    effects: subject.effects,
    get signal() {
      return held.signal;
    },
    complete,
    release,
    giveUp,
    transact,
  };
}
