/**
 * One thing that a person means, from READY to SUCCESS or FAIL, over all clicks, sends and reloads.
 *
 * It decides nothing: `reduce` does. Here its effects reach the parts that act on them.
 */
import { createAudience } from "./audience.ts";
import { createBytes } from "./bytes.ts";
import { checkNumbers } from "./check.ts";
import { bindForm, type FormElement, type FormFacts, requestOf } from "./form.ts";
import { createKeep, entryOf, type Persistence } from "./keep.ts";
import type { Machine } from "./machine.ts";
import { MESSAGES } from "./messages.ts";
import { createOwnership } from "./ownership.ts";
import { listenToPage } from "./page.ts";
import { createPast } from "./past.ts";
import { type ClientPorts, platform } from "./ports.ts";
import { redirectTo } from "./redirect.ts";
import { type Effect, type Event, initial, phaseOf, reduce, type State } from "./reduce.ts";
import { createSends } from "./sends.ts";
import { checkServer } from "./server.ts";
import { type History, NOTHING, type Snapshot, snapshotOf } from "./snapshot.ts";
import type { SubmitOptions } from "./submit-options.ts";
import { tap } from "./tap.ts";
import { createTurns } from "./turns.ts";

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

const HISTORY_MAX = 50;

export function createSubmit<Input = unknown, Data = unknown>(
  options: SubmitOptions<Input>,
  ports: ClientPorts = platform,
): Submit<Input, Data> {
  const { id, budgetMs = 120_000, intent, persist, timeoutMs, retentionMs } = options;
  if (!id) throw new TypeError('Expected `id` to be a name, such as "checkout".');
  checkServer(options.server);
  checkNumbers({ timeoutMs, budgetMs, retentionMs, ...options.retry });
  const messages = {
    ...MESSAGES,
    ...(options.onSuccess?.message && { success: options.onSuccess.message }),
    ...options.messages,
  };
  const name = intent === undefined ? id : `${id}:${intent}`;
  const audience = createAudience(getSnapshot, rest);
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
  let unmount: (() => void) | undefined;
  let uncheckable = false;

  const machine: Machine = {
    get state() {
      return state;
    },
    tell,
  };
  const turns = createTurns(ports);
  const keep = createKeep(name, storage, ports);
  const bytes = createBytes(name, persist && "readBody" in persist ? persist : undefined, ports);
  const parts = { machine, options, keep, bytes, turns, ports };
  const ownership = createOwnership(parts);
  const past = createPast(parts, ownership);
  const sends = createSends(parts, ownership, requested);

  function storage(): Persistence | undefined {
    if (persist === false) return undefined;
    if (persist && "getItem" in persist) return persist;
    return intent === undefined ? globalThis.sessionStorage : globalThis.localStorage;
  }

  function tell(bare: Parameters<Machine["tell"]>[0], news = told): void {
    const before = state;
    const stamp = { at: ports.now(), key: ports.key(), chance: ports.random() };
    const event = { ...bare, ...stamp } as Event;
    tap.told?.(machine, name, before, event);
    const [next, effects] = reduce(before, event);
    state = next;
    told = news;
    if (next.key !== before.key) {
      bytes.forget();
      if (next.status !== "rejected") told = NOTHING;
    }
    const isUsedUp = next.key !== before.key || (next.status === "success" && before.doing);
    if (before.key !== null && isUsedUp) bytes.drop(before.key);
    uncheckable = false;
    history = [...history, { type: bare.type, status: next.status, at: stamp.at }].slice(
      -HISTORY_MAX,
    );
    for (const effect of effects) perform(effect);
    ownership.share(before);
    publish(before);
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case "prepare":
        void sends.prepare();
        return;
      case "transmit":
        void sends.send();
        return;
      case "ask":
        told = NOTHING;
        void sends.ask();
        return;
      case "wait":
        turns.wait(effect.ms, () => tell({ type: "due" }));
        return;
      case "stop":
        turns.stop();
        return;
      case "keep": {
        const entry = entryOf(state, state.key, bytes.hash);
        if (entry) keep.write(entry);
        return;
      }
      case "forget":
        keep.remove();
        return;
    }
  }

  function requested(): ReturnType<NonNullable<SubmitOptions<Input>["request"]>> {
    if (input === undefined) throw new TypeError("There is nothing to submit yet.");
    if (options.request) return options.request(input.value, input.form);
    if (input.form) return requestOf(input.form);
    throw new TypeError("Expected `request` to be given where no form is bound.");
  }

  function publish(before: State): void {
    snapshot = undefined;
    const isNews = state.status === "success" && before.status !== "success";
    if (isNews && before.doing !== null) succeeded();
    audience.publish();
    if (phaseOf(before.status) === "SUBMIT") rest();
  }

  /**
   * Nobody looks, and nothing is going on: the page is let go of until it is used again. A framework
   * leaves and comes back, as in StrictMode; what has been sent is waited for.
   */
  function rest(): void {
    if (audience.isThere || phaseOf(state.status) === "SUBMIT") return;
    unmount?.();
    unmount = undefined;
  }

  function succeeded(): void {
    const { redirect, reset } = options.onSuccess ?? {};
    if (reset) queueMicrotask(() => tell({ type: "reset" }));
    if (redirect !== undefined) redirectTo(redirect, options.redirectOrigins ?? [], ports);
  }

  function getSnapshot(): Snapshot<Data> {
    snapshot ??= snapshotOf(state, told, history, uncheckable, messages) as Snapshot<Data>;
    return snapshot;
  }

  /** On the first use in a page, and never while a server renders it. */
  function mount(field?: string): void {
    if (unmount) {
      // A form that is bound later than the first look: its key goes before one of our own.
      if (field !== undefined) past.recall(field);
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
    past.recall(field);
  }

  function submit(value: Input, form?: FormFacts): Promise<Snapshot<Data>> {
    mount();
    past.identify();
    if (phaseOf(state.status) === "SUBMIT") return audience.settled();
    const wasReady = state.status === "ready";
    if (wasReady) past.recall();
    // Another tab has done what this one was about to do.
    if (wasReady && getSnapshot().phase === "SUCCESS") return audience.settled();
    ownership.look();
    input = { value, form };
    told = NOTHING;
    tell({ type: "submit" });
    return audience.settled();
  }

  function check(): Promise<Snapshot<Data>> {
    mount();
    past.identify();
    const before = state;
    tell({ type: "check" });
    uncheckable = state === before && state.status === "unknown";
    if (uncheckable) {
      snapshot = undefined;
      audience.publish();
    }
    return audience.settled();
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
      return audience.listen(listener);
    },
    form: (element) =>
      bindForm(element, {
        field: options.formField ?? "_idempotency_key",
        disables: options.disabled ?? false,
        mount,
        getSnapshot,
        submit: (facts) => void submit(facts.values as Input, facts),
        edited: () => tell({ type: "edited" }),
        subscribe: audience.listen,
      }),
    destroy() {
      turns.stop();
      ownership.letGo();
      unmount?.();
      audience.leave();
    },
  };
}
