/**
 * The door for work that is not HTTP: a queue consumer, a webhook, a cron job, any async function.
 *
 * It answers with a value. Whether "in flight" means to acknowledge a message or to let it come
 * back is the caller's to know, so nothing expected is thrown.
 */
import { addressOf, type Scope } from "./address.ts";
import type { Attempt, Commit, Ending, Found } from "./attempt.ts";
import { framed } from "./bytes.ts";
import { checkFunction, checkNames, refuse } from "./check.ts";
import { type Codec, jsonCodec } from "./codec.ts";
import { type Context, createContext, noWishes, type Wishes } from "./context.ts";
import { createEngine } from "./engine.ts";
import { NotRecorded, StoreUnavailable } from "./errors.ts";
import { reporter } from "./events.ts";
import { platform } from "./ports.ts";
import { COMMON_OPTIONS, type CommonOptions, checkCommon } from "./settings.ts";
import type { Store } from "./store.ts";
import type { TransactionalStore } from "./transaction.ts";

/** Which piece of work it is: what a retry has in common with the first try. */
export interface Work {
  /** Whose key it is: a tenant, a queue, or `"global"` in words. */
  readonly scope: Scope;
  /** 1 to 255 characters, such as the id of an event. */
  readonly key: string;
  /** What was asked for. The same key with another one is a mismatch, and never runs. */
  readonly fingerprint?: string | Uint8Array;
  /** For people, in the Inspector. At most 200 characters; never the key. */
  readonly label?: string;
}

export type Outcome<Value> =
  | {
      readonly kind: "completed";
      readonly value: Value;
      /** True: the value is that of an earlier run. */
      readonly replayed: boolean;
    }
  | { readonly kind: "in-flight" | "in-doubt" | "mismatch" };

/** What the application found out about work in doubt. `undefined`: it does not know either. */
export type Finding = { readonly happened: true; readonly value: unknown } | { happened: false };

interface RunOptions extends CommonOptions {
  /** How values are kept. JSON unless told otherwise. */
  readonly codec?: Codec<unknown>;
  /** Asks what became of work in doubt. Only looks: it may be called more than once. */
  readonly reconcile?: (work: Work) => Promise<Finding | undefined> | Finding | undefined;
}

export type OncekeyOptions<Handle = never> = RunOptions &
  (
    | { readonly store: Store; readonly effects?: "unrepeatable" | "repeatable" }
    | { readonly store: TransactionalStore<Handle>; readonly effects: "transactional" }
  );

export interface Oncekey<Handle = never> {
  /**
   * Runs `work` once for its scope and key, and answers everybody else with what came of it.
   *
   * What the function throws comes out again: with "unrepeatable" effects the work is then in
   * doubt (call `context.release()` first if nothing happened), otherwise it is released and a
   * retry runs. Throws `StoreUnavailable` when nothing ran, and `NotRecorded` when it ran and the
   * result could not be kept.
   */
  run<Value>(
    work: Work,
    call: (context: Context<Handle>) => Promise<Value> | Value,
  ): Promise<Outcome<Value>>;
}

const KEY_LENGTH_MAX = 255;
const LABEL_LENGTH_MAX = 200;

/** Thrown inside a transaction to roll it back when the handler asked for that. */
class Released extends Error {}

export function oncekey<Handle = never>(options: OncekeyOptions<Handle>): Oncekey<Handle> {
  checkNames("oncekey()", options, [...COMMON_OPTIONS, "codec", "reconcile"]);
  const settings = checkCommon(options);
  if (options.reconcile !== undefined) checkFunction("reconcile", options.reconcile);
  const { reconcile, codec = jsonCodec, ports = platform } = options;
  const report = reporter(options.onEvent);
  const { store, notifier, seal } = options;
  const engine = createEngine({ ...settings, store, notifier, seal, ports, report });

  function subjectOf(work: Work) {
    const { fingerprint = "" } = work;
    checkWork(work);
    return {
      ...addressOf(ports, "run", work.scope, work.key),
      fingerprint: ports.sha256(framed(["oncekey run", work.key, fingerprint])),
      effects: settings.effects,
      label: work.label ?? "run",
    };
  }

  async function reconciled(work: Work) {
    const finding = await reconcile?.(work);
    if (finding === undefined || !finding.happened) return finding;
    return { happened: true as const, result: codec.encode(finding.value) };
  }

  /** Runs the call under its attempt; the ending tells whether its value counts. */
  async function own<Value>(
    attempt: Attempt,
    call: (context: Context<Handle>) => Promise<Value> | Value,
  ): Promise<Outcome<Value>> {
    const wishes = noWishes();
    let value: Value;
    try {
      value = await call(createContext<Handle>(ports, attempt, wishes));
    } catch (error) {
      await (wishes.released ? attempt.release() : attempt.giveUp());
      throw error;
    }
    return outcomeOf(await end(attempt, value, wishes), value);
  }

  function end(attempt: Attempt, value: unknown, wishes: Wishes): Promise<Ending> {
    if (wishes.released) return attempt.release();
    return wishes.gaveUp ? attempt.giveUp() : attempt.complete(keep(value, wishes));
  }

  async function ownTransaction<Value>(
    attempt: Attempt,
    call: (context: Context<Handle>) => Promise<Value> | Value,
  ): Promise<Outcome<Value>> {
    const wishes = noWishes();
    let value: { readonly is: Value } | undefined;
    const transactional = store as TransactionalStore<Handle>;
    const commit: Commit = await attempt.transact(transactional, async (handle) => {
      value = { is: await call(createContext(ports, attempt, wishes, { handle })) };
      if (wishes.released || wishes.gaveUp) throw new Released();
      return keep(value.is, wishes);
    });
    if (commit.kind === "not-begun") {
      throw new StoreUnavailable("The transaction could not begin. Nothing ran.", {
        cause: commit.error,
      });
    }
    if (commit.kind === "rolled-back") {
      const ending = await attempt.release();
      if (commit.error instanceof Released && value !== undefined) {
        return outcomeOf(ending, value.is);
      }
      throw commit.error;
    }
    // Committed without a value cannot be: the work is what returns the result.
    return outcomeOf(commit, (value as { readonly is: Value }).is);
  }

  const keep = (value: unknown, wishes: Wishes): Uint8Array =>
    codec.encode(wishes.omitted ? undefined : value);

  function outcomeOf<Value>(ending: Ending, value: Value): Outcome<Value> {
    switch (ending.kind) {
      case "recorded":
        return { kind: "completed", value, replayed: false };
      case "superseded":
        return found<Value>(ending.found);
      case "not-recorded":
        throw new NotRecorded("It ran, but its result could not be stored. Run it again.");
    }
  }

  function found<Value>(there: Found): Outcome<Value> {
    if (there.kind !== "replay") return { kind: there.kind };
    // The codec is the caller's word for what is in the bytes; the type cannot know it.
    return { kind: "completed", value: codec.decode(there.result) as Value, replayed: true };
  }

  return {
    async run(work, call) {
      const entered = await engine.enter({
        subject: subjectOf(work),
        waitMs: settings.waitMs,
        ...(reconcile === undefined ? {} : { reconcile: () => reconciled(work) }),
      });
      if (entered.kind !== "run") return found(entered);
      const { attempt } = entered;
      return settings.effects === "transactional"
        ? ownTransaction(attempt, call)
        : own(attempt, call);
    },
  };
}

function checkWork(work: Work): void {
  const { scope, key, label } = work;
  const parts = typeof scope === "string" ? [scope] : scope;
  const named =
    Array.isArray(parts) && parts.length > 0 && parts.every((part) => typeof part === "string");
  if (!named || parts[0] === "") {
    throw new TypeError(
      'Expected `scope` to say whose key it is, as a string or a list of strings ("global" if all share it).',
    );
  }
  if (typeof key !== "string" || key.length === 0 || key.length > KEY_LENGTH_MAX) {
    // Not with its value: a key may be personal.
    throw new TypeError(`Expected \`key\` to be a string of 1 to ${KEY_LENGTH_MAX} characters.`);
  }
  if (label !== undefined && (typeof label !== "string" || label.length > LABEL_LENGTH_MAX)) {
    refuse("label", `a string of at most ${LABEL_LENGTH_MAX} characters`, label);
  }
}
