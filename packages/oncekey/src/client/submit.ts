/**
 * One thing that a person means, from READY to SUCCESS or FAIL, over all clicks, sends and reloads.
 *
 * It decides nothing: `reduce` does. Here its effects meet the network, the storage and the page.
 */
import { IDEMPOTENCY_KEY } from "../protocol/header.ts";
import type { Bodies } from "./bodies.ts";
import { checkNumbers } from "./check.ts";
import { bindForm, type FormElement, type FormFacts, requestOf } from "./form.ts";
import { type Asked, contentOf, type Frozen, freeze, isSame } from "./frozen.ts";
import { createKeep, type Entry, type Persistence, shortHash } from "./keep.ts";
import { MESSAGES, messageOf } from "./messages.ts";
import { listenToPage } from "./page.ts";
import { type ClientPorts, platform } from "./ports.ts";
import { type Profile, unknownServer } from "./profiles.ts";
import {
  type Effect,
  type Event,
  initial,
  type Kept,
  phaseOf,
  reduce,
  type State,
} from "./reduce.ts";
import { checkServer, profileFor } from "./server.ts";
import type { History, Snapshot, SubmitError } from "./snapshot.ts";
import type { CheckAnswer, SubmitOptions } from "./submit-options.ts";
import type { Claim } from "./tabs.ts";
import { type Fetch, isReplayed, spelled, transmit } from "./transmit.ts";

export interface Submit<Input, Data = unknown> {
  /** Binds a `<form>`. The returned function lets it go. */
  form(element: FormElement): () => void;
  /** Claims at once. While busy the same promise comes back. It never rejects. */
  submit(input: Input): Promise<Snapshot<Data>>;
  /** Submits what was submitted last. */
  retry(): Promise<Snapshot<Data>>;
  /** Sends the kept bytes under the kept key, or asks the application. */
  check(): Promise<Snapshot<Data>>;
  /** Stops waiting. What has been sent may have been executed: then the outcome is unknown. */
  abort(): void;
  /** Gives the key up. With an unknown outcome that is the person's own decision: ask first. */
  reset(): void;
  getSnapshot(): Snapshot<Data>;
  subscribe(listener: () => void): () => void;
  /** Stops, and lets go of the page. What is kept stays. */
  destroy(): void;
}

/** An event that has not been stamped yet. */
type Bare = Event extends infer Each
  ? Each extends Event
    ? Omit<Each, "at" | "key" | "chance">
    : never
  : never;

interface Turn {
  isOver(): boolean;
  readonly signal: AbortSignal;
}

interface Told {
  readonly replayed: boolean | null;
  readonly data: unknown;
  readonly error: SubmitError | null;
}

const NOTHING: Told = { replayed: null, data: null, error: null };
const HISTORY_MAX = 50;

export function createSubmit<Input = unknown, Data = unknown>(
  options: SubmitOptions<Input>,
  ports: ClientPorts = platform,
): Submit<Input, Data> {
  const { id, header = IDEMPOTENCY_KEY, timeoutMs = 15_000, budgetMs = 120_000, intent } = options;
  if (!id) throw new TypeError('Expected `id` to be a name, such as "checkout".');
  checkServer(options.server);
  checkNumbers({ timeoutMs, budgetMs, retentionMs: options.retentionMs, ...options.retry });
  const fetch: Fetch = options.fetch ?? ((request, init) => globalThis.fetch(request, init));
  const messages = {
    ...MESSAGES,
    ...(options.onSuccess?.message && { success: options.onSuccess.message }),
    ...options.messages,
  };
  const name = intent === undefined ? id : `${id}:${intent}`;
  const keep = createKeep(name, storage, ports);
  const bodies = options.persist && "readBody" in options.persist ? options.persist : undefined;
  const listeners = new Set<() => void>();
  let state = initial({
    ...{ attempts: 4, baseMs: 300, capMs: 8_000, ...options.retry },
    budgetMs,
    offline: options.offline ?? "wait",
    asks: options.check !== undefined,
  });
  let history: History = [];
  let told = NOTHING;
  let snapshot: Snapshot<Data> | undefined;
  let input: { readonly value: Input; readonly form: FormFacts | undefined } | undefined;
  let profile: Profile | undefined;
  /** What goes out now; and what went out first under this key, if that was something else. */
  let frozen: Frozen | undefined;
  let earlier: Frozen | undefined;
  let bodyHash: string | undefined;
  let pending:
    | { promise: Promise<Snapshot<Data>>; settle(snapshot: Snapshot<Data>): void }
    | undefined;
  /** Grows when what is going on is ended: whatever comes of an older turn is not heard. */
  let turns = 0;
  let controller = new AbortController();
  let cancelWait = (): void => {};
  let unmount: (() => void) | undefined;
  let uncheckable = false;
  /** Whether this tab sends, where several may. */
  let claim: Claim | undefined;
  /** Of an intent that tabs share: the key that was there when the person submitted. */
  let lastKey: string | undefined;

  function storage(): Persistence | undefined {
    if (options.persist === false) return undefined;
    if (options.persist && "getItem" in options.persist) return options.persist;
    return intent === undefined ? globalThis.sessionStorage : globalThis.localStorage;
  }

  function tell(bare: Bare): void {
    const before = state;
    const stamp = { at: ports.now(), key: ports.key(), chance: ports.random() };
    const [next, effects] = reduce(before, { ...bare, ...stamp } as Event);
    state = next;
    if (next.key !== before.key) {
      frozen = earlier = bodyHash = undefined;
      if (next.status !== "rejected") told = NOTHING;
    }
    const isUsedUp = next.key !== before.key || (next.status === "success" && before.doing);
    if (before.key !== null && isUsedUp) dropBody(before.key);
    uncheckable = false;
    history = [...history, { type: bare.type, status: next.status, at: stamp.at }].slice(
      -HISTORY_MAX,
    );
    for (const effect of effects) perform(effect);
    share(before);
    publish(before);
  }

  /** Tells the tabs that watch, and lets one of them go on when there is nothing left to send. */
  function share(before: State): void {
    // A definite no has retired the key, and it is the old one that they watch.
    const entry = entryOf(state.status === "rejected" ? before.key : state.key);
    if (claim?.owns() && entry) claim.tell(entry);
    if (phaseOf(state.status) !== "SUBMIT") letGo();
  }

  function letGo(): void {
    claim?.release();
    claim = undefined;
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case "prepare":
        void prepare();
        return;
      case "transmit":
        void send();
        return;
      case "ask":
        void ask();
        return;
      case "wait":
        cancelWait = ports.after(effect.ms, () => tell({ type: "due" }));
        return;
      case "stop":
        stop();
        return;
      case "keep":
        write();
        return;
      case "forget":
        keep.remove();
        return;
    }
  }

  function stop(): void {
    turns += 1;
    cancelWait();
    controller.abort();
  }

  /** A turn of its own: whoever began earlier is no longer heard. */
  function begin(): Turn {
    stop();
    const turn = turns;
    controller = new AbortController();
    return { isOver: () => turn !== turns, signal: controller.signal };
  }

  const salted = (text: string, key = state.key): string => shortHash(`${key} ${text}`);

  function entryOf(key: string | null): Entry | undefined {
    const { status, reason, attempt, firstSentAt, since, server, principal } = state;
    if (key === null) return undefined;
    const whose = principal === null ? undefined : salted(principal, key);
    return {
      ...{ status, reason, key, attempt, firstSentAt, since, server, bodyHash },
      principal: whose,
    };
  }

  function write(): void {
    const entry = entryOf(state.key);
    if (entry) keep.write(entry);
  }

  /** The write-ahead of the bytes. Where it fails they go out all the same. */
  async function writeBody(place: Bodies, key: string, sending: Frozen): Promise<void> {
    try {
      await place.writeBody(key, sending, state.server.retentionMs);
    } catch {
      ports.warn(`oncekey: the body of "${name}" cannot be kept; a reload will not send it again.`);
    }
  }

  function dropBody(key: string): void {
    // What cannot be removed now is removed when it has expired.
    bodies?.removeBody(key).catch(() => {});
  }

  /** Whether this tab may send. If not, it is told what becomes of the intent. */
  async function maySend(turn: Turn): Promise<boolean> {
    if (!options.tabs || claim?.owns()) return true;
    // The key cannot name what tabs must agree on before they have one.
    const lock = intent === undefined ? `${id}:${state.key}` : name;
    letGo();
    const answer = await options.tabs.claim(lock, { observed: observe, inherited });
    if (turn.isOver()) {
      answer.release();
      return false;
    }
    claim = answer;
    return claim.owns();
  }

  /** Nothing is known yet of the tab that sends, but that it does. */
  function watch(server: State["server"]): void {
    const entry = entryOf(state.key);
    const firstSentAt = state.firstSentAt ?? ports.now();
    if (entry) observe({ ...entry, status: "waiting", reason: null, firstSentAt, server });
  }

  function observe({ bodyHash: theirs, principal: whose, ...record }: Entry): void {
    const mine = state.principal === null ? undefined : salted(state.principal, record.key);
    if (whose !== undefined && whose !== mine) return;
    const bytes = frozen;
    const isHeld =
      bytes !== undefined &&
      !bytes.once &&
      // Other bytes than theirs may go out only where the server would notice.
      (record.server.comparesBody || salted(contentOf(bytes), record.key) === theirs);
    tell({ type: "observed", record, held: isHeld });
    if (state.key === record.key) [frozen, bodyHash] = [bytes, theirs];
  }

  function inherited(): void {
    // What tabs share is also what the last owner wrote last.
    const entry = intent === undefined ? undefined : keep.read();
    if (entry && entry.key !== lastKey && entry.firstSentAt !== null) observe(entry);
    tell({ type: "due" });
  }

  async function prepare(): Promise<void> {
    const turn = begin();
    let next: Frozen;
    try {
      const { url, ...asked } = requested();
      next = await freeze(url, { method: "POST", ...asked });
      profile = profileFor(options.server, new URL(next.request.url));
    } catch (cause) {
      if (turn.isOver()) return;
      told = { ...NOTHING, error: { cause } };
      tell({ type: "answered", finding: { kind: "refused", proven: false, reason: "unproven" } });
      return;
    }
    if (turn.isOver()) return;
    const { resend, comparesBody, retentionMs } = profile ?? unknownServer;
    const hash = salted(contentOf(next));
    if (state.firstSentAt === null) [frozen, earlier, bodyHash] = [undefined, undefined, hash];
    // A stream has no content to compare, so it counts as other bytes.
    const edited = frozen ? !isSame(frozen, next) : hash !== bodyHash || next.once;
    if (frozen === undefined || (edited && comparesBody)) {
      earlier ??= frozen;
      frozen = next;
    }
    const server = {
      resend: resend && !next.once,
      comparesBody,
      retentionMs: options.retentionMs ?? retentionMs,
    };
    if (!(await maySend(turn))) {
      if (!turn.isOver()) watch(server);
      return;
    }
    // Under the lock: another tab may have sent since the person pressed.
    const entry = options.tabs && intent !== undefined ? keep.read() : undefined;
    const isNews = entry && entry.key !== lastKey && entry.key !== state.key;
    if (isNews && entry.firstSentAt !== null) {
      observe(entry);
      tell({ type: "due" });
    } else tell({ type: "sent", edited, server });
  }

  function requested(): Asked & { readonly url: string | URL } {
    if (input === undefined) throw new TypeError("There is nothing to submit yet.");
    if (options.request) return options.request(input.value, input.form);
    if (input.form) return requestOf(input.form);
    throw new TypeError("Expected `request` to be given where no form is bound.");
  }

  async function send(): Promise<void> {
    const turn = begin();
    const { key } = state;
    if (!frozen || key === null) return;
    if (!(await maySend(turn))) {
      if (!turn.isOver()) watch(state.server);
      return;
    }
    if (bodies) await writeBody(bodies, key, frozen);
    if (turn.isOver()) return;
    if (profile) frozen.request.headers.set(header, spelled(key, profile));
    let data: unknown = null;
    const reading: Profile = {
      ...(profile ?? unknownServer),
      async classify(response, sent) {
        const finding = await (profile ?? unknownServer).classify(response, sent);
        // To its end, within the same time limit: an answer that is cut off is not one.
        const text = await response.text();
        data = parsed(text, response.headers.get("content-type"));
        return finding;
      },
    };
    const line = { fetch, header, timeoutMs, ports };
    const { finding, response, cause } = await transmit(
      { frozen, key, profile: reading },
      line,
      turn.signal,
    );
    if (turn.isOver()) return;
    const done = finding.kind === "done";
    told = {
      replayed: response ? isReplayed(response, header) : null,
      data: done && !finding.original ? data : null,
      error: done
        ? null
        : { ...(response && { status: response.status, data }), problem: finding.problem, cause },
    };
    if (finding.kind === "refused" && finding.unfit) {
      ports.warn(`oncekey: the server refused the key itself (${finding.problem?.code}).`);
    }
    // The first version is what the key stands for, so it is what a check must send.
    if (finding.kind === "conflict" && earlier) {
      [frozen, earlier] = [earlier, undefined];
      if (bodies) void writeBody(bodies, key, frozen);
    }
    if (
      finding.kind === "again" &&
      (finding.reason === "network" || finding.reason === "timeout")
    ) {
      tell({ type: "lost", reason: finding.reason });
    } else {
      tell({ type: "answered", finding });
    }
  }

  async function ask(): Promise<void> {
    const { isOver, signal } = begin();
    told = NOTHING;
    let answer: CheckAnswer = "unknown";
    try {
      answer = (await options.check?.({ key: state.key ?? "", signal })) ?? "unknown";
    } catch (cause) {
      told = { ...NOTHING, error: { cause } };
    }
    if (isOver()) return;
    if (answer === "done") tell({ type: "answered", finding: { kind: "done" } });
    else if (answer === "not-done") {
      tell({ type: "answered", finding: { kind: "refused", proven: true, reason: "unproven" } });
    } else tell({ type: "answered", finding: { kind: "unclear", reason: "in_doubt" } });
  }

  function publish(before: State): void {
    snapshot = undefined;
    const now = getSnapshot();
    if (now.phase === "SUCCESS" && before.status !== "success" && before.doing !== null)
      succeeded();
    if (phaseOf(state.status) !== "SUBMIT" && pending) {
      pending.settle(now);
      pending = undefined;
    }
    for (const listener of [...listeners]) listener();
    if (phaseOf(before.status) === "SUBMIT") rest();
  }

  /** Nobody looks, and nothing is going on: the page is let go of until it is used again. */
  function rest(): void {
    if (listeners.size > 0 || phaseOf(state.status) === "SUBMIT") return;
    unmount?.();
    unmount = undefined;
  }

  /** A framework leaves and comes back, as in StrictMode; what has been sent is waited for. */
  function listen(listener: () => void): () => void {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      rest();
    };
  }

  function succeeded(): void {
    const { redirect, reset } = options.onSuccess ?? {};
    if (reset) queueMicrotask(() => tell({ type: "reset" }));
    if (redirect === undefined) return;
    const page = globalThis.location?.href;
    const url = URL.canParse(redirect, page) ? new URL(redirect, page) : undefined;
    const origins = [globalThis.location?.origin, ...(options.redirectOrigins ?? [])];
    if (url && /^https?:$/.test(url.protocol) && origins.includes(url.origin))
      ports.leave(url.href);
    else
      ports.warn(
        "oncekey: `onSuccess.redirect` leads to an origin that is not in `redirectOrigins`.",
      );
  }

  function getSnapshot(): Snapshot<Data> {
    const { status, reason, key, attempt, nextRetryAt } = state;
    const phase = phaseOf(status);
    snapshot ??= {
      ...{ phase, status, reason, key, attempt, nextRetryAt, history },
      replayed: told.replayed,
      message: uncheckable ? messages.cannotCheck : messageOf(messages, status, reason),
      canSubmit: phase !== "SUBMIT" && phase !== "SUCCESS",
      data: phase === "SUCCESS" ? told.data : null,
      error: phase === "FAIL" ? told.error : null,
    } as Snapshot<Data>;
    return snapshot;
  }

  /** On the first use in a page, and never while a server renders it. */
  function mount(field?: string): void {
    if (unmount) {
      // A form that is bound later than the first look: its key goes before one of our own.
      if (field !== undefined) recall(field);
      return;
    }
    unmount = listenToPage({
      online: () => tell({ type: "online" }),
      offline: () => tell({ type: "offline" }),
      // Out of the page cache: a second order that is meant must not be swallowed.
      shownAgain: () => tell({ type: "edited" }),
      cleared(principal) {
        const mine = principal === undefined || principal === state.principal;
        if (mine) tell({ type: "reset" });
      },
    });
    if (globalThis.navigator?.onLine === false) tell({ type: "offline" });
    recall(field);
  }

  /** Somebody else may have signed in since: nothing of the last person is sent for them. */
  function identify(): string | undefined {
    const principal = options.principal?.();
    if (principal !== undefined && principal !== state.principal) {
      tell({ type: "principal", principal });
    }
    return principal;
  }

  /** What an earlier page, or another tab, has kept of this intent. */
  function recall(field?: string): void {
    const principal = identify();
    const entry = keep.read();
    const whose = principal === undefined ? undefined : shortHash(`${entry?.key} ${principal}`);
    if (entry === undefined || (entry.principal !== undefined && entry.principal !== whose)) {
      if (entry && principal !== undefined) {
        keep.remove();
        dropBody(entry.key);
      }
      tell({ type: "restored", ...(field && { field }) });
      return;
    }
    const { bodyHash: hash, principal: _, ...record } = entry;
    if (state.status !== "ready" || record.key === state.key) return;
    tell({ type: "restored", record });
    bodyHash = hash;
    if (bodies || options.tabs) void resume(record);
  }

  /** Finds the bytes of an earlier page, and who may send them: this tab, or one that is at it. */
  async function resume(record: Kept): Promise<void> {
    const turn = begin();
    const { key, server } = record;
    if (state.key !== key || phaseOf(state.status) !== "FAIL") return;
    const found = await bodies?.readBody(key).catch(() => undefined);
    if (turn.isOver()) return;
    if (found) {
      [frozen, profile] = [found, profileFor(options.server, new URL(found.request.url))];
    }
    if (phaseOf(record.status) === "SUBMIT" && !(await maySend(turn))) {
      if (!turn.isOver()) watch(server);
      return;
    }
    if (found) tell({ type: "restored", record, held: true });
    else letGo();
  }

  function settled(): Promise<Snapshot<Data>> {
    if (pending) return pending.promise;
    if (phaseOf(state.status) !== "SUBMIT") return Promise.resolve(getSnapshot());
    let settle = (_: Snapshot<Data>): void => {};
    const promise = new Promise<Snapshot<Data>>((resolve) => {
      settle = resolve;
    });
    pending = { promise, settle };
    return promise;
  }

  function submit(value: Input, form?: FormFacts): Promise<Snapshot<Data>> {
    mount();
    identify();
    if (phaseOf(state.status) === "SUBMIT") return settled();
    const wasReady = state.status === "ready";
    if (wasReady) recall();
    // Another tab has done what this one was about to do.
    if (wasReady && getSnapshot().phase === "SUCCESS") return settled();
    if (intent !== undefined) lastKey = keep.read()?.key;
    input = { value, form };
    told = NOTHING;
    tell({ type: "submit" });
    return settled();
  }

  function check(): Promise<Snapshot<Data>> {
    mount();
    identify();
    const before = state;
    tell({ type: "check" });
    uncheckable = state === before && state.status === "unknown";
    if (uncheckable) publishAgain();
    return settled();
  }

  function publishAgain(): void {
    snapshot = undefined;
    for (const listener of [...listeners]) listener();
  }

  return {
    submit: (value) => submit(value),
    check,
    getSnapshot,
    retry: () => (input === undefined ? check() : submit(input.value, input.form)),
    abort: () => tell({ type: "aborted" }),
    reset: () => tell({ type: "reset" }),
    subscribe(listener) {
      mount();
      return listen(listener);
    },
    form: (element) =>
      bindForm(element, {
        field: options.formField ?? "_idempotency_key",
        disables: options.disabled ?? false,
        mount,
        getSnapshot,
        submit: (facts) => void submit(facts.values as Input, facts),
        edited: () => tell({ type: "edited" }),
        subscribe: listen,
      }),
    destroy() {
      stop();
      letGo();
      unmount?.();
      listeners.clear();
    },
  };
}

function parsed(text: string, contentType: string | null): unknown {
  if (!/[/+]json\b/i.test(contentType ?? "")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
