/** One case's scene: an application, mounted, with its runs and effects counted. */
import type { OncekeyEvent } from "../../core/events.ts";
import type { Inspector } from "../../core/inspector.ts";
import { type Ports, platform } from "../../core/ports.ts";
import type { Effects } from "../../core/record.ts";
import type { Store } from "../../core/store.ts";
import { equal, ok } from "../case.ts";
import { type Answer, answerOf } from "./answer.ts";
import type {
  AdapterSubject,
  Application,
  Call,
  MadeStore,
  Mounted,
  Reply,
} from "./application.ts";
import { type Link, linkTo } from "./faults.ts";
import { CREATED } from "./replies.ts";
import { mortal } from "./time.ts";

export { type Answer, problem, replays } from "./answer.ts";
export { CREATED } from "./replies.ts";

/** A process of the application, with its own way to the store. */
export interface Process extends Mounted {
  readonly link: Link;
  /** As SIGKILL: nobody is answered any more, and the store hears nothing more. */
  kill(): Promise<void>;
}

export interface Scene {
  readonly store: Store & Inspector;
  /** Turns the store's clock on. */
  pass(ms: number): Promise<void>;
  readonly mounted: Process;
  /** How often the handler has started: H in protocol.md. */
  readonly runs: () => number;
  /** How many effects there are for good: E in protocol.md. */
  effects(): Promise<number>;
  /** Stops a run behind its effect, from now on: the first is run 1. */
  hold(run: number): Held;
  /** What the guards have reported, all processes together. */
  readonly events: readonly OncekeyEvent[];
  /** Another process over the same store, by default with the same application. */
  join(changes?: Changes): Promise<Process>;
  /** `POST /pay`, JSON `{"amount":10}`, key `k1`, signed in as `ann`, unless told otherwise. */
  send(wanted?: Wanted, on?: Mounted): Promise<Answer>;
  /** As `send`, but resolves with the head: the body is the case's to read. */
  open(wanted?: Wanted, on?: Mounted): Promise<Response>;
}

/** What is otherwise about another process; options that it does not name stay as they are. */
export type Changes = Partial<Omit<Application, "options">> & {
  readonly options?: Readonly<Record<string, unknown>>;
};

/** A run that stands still in the middle of its handler. */
export interface Held {
  /** It has had its effect. */
  readonly reached: Promise<void>;
  goOn(): void;
}

export interface Wanted {
  readonly method?: string;
  readonly path?: string;
  /** The raw field value; `null` for none. */
  readonly key?: string | null;
  readonly user?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string | null;
  readonly body?: string | Uint8Array | null;
  readonly signal?: AbortSignal;
}

/** Has the handler's effect: a row in its transaction, or a line in a ledger. */
export type Act = () => Promise<void>;

/** `run` is 1 for the first run of the scene. */
export type SceneHandler = (call: Call, act: Act, run: number) => Reply | Promise<Reply>;

export type SceneOptions = Partial<Omit<Application, "options" | "handler">> & {
  /** With `effects: "transactional"` the store is one in a database, with a real clock. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly handler?: SceneHandler;
  readonly maxRecords?: number;
};

/** Mounts, plays, and closes whatever was mounted. */
export async function scene(
  subject: AdapterSubject,
  wanted: SceneOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const { handler = created, options = {}, maxRecords, ...rest } = wanted;
  const database =
    options.effects === "transactional" ? await subject.makeTransactionalStore() : undefined;
  const limits = maxRecords === undefined ? undefined : { maxRecords };
  const made: MadeStore = database ?? subject.makeStore(limits);
  const all: Process[] = [];
  const events: OncekeyEvent[] = [];
  const holds = new Map<number, { readonly reached: Gate; readonly goOn: Gate }>();
  let runs = 0;
  let effects = 0;
  const application: Application = {
    store: made.store,
    ...rest,
    options: {
      scope: (call: { header(name: string): unknown }) => call.header("x-user"),
      onEvent: (event: OncekeyEvent) => events.push(event),
      ...options,
    },
    async handler(call) {
      const run = ++runs;
      const act = async () => {
        if (database !== undefined && call.idempotency !== undefined) {
          await database.write(call.idempotency.transaction, `run ${run}`);
        } else effects++;
        const held = holds.get(run);
        held?.reached.open();
        await held?.goOn.opened;
      };
      return handler(call, act, run);
    },
  };
  const join = async (changes: Changes = {}): Promise<Process> => {
    const { options, store, ...changed } = {
      ...application,
      ...changes,
      options: { ...application.options, ...changes.options },
    };
    const link = linkTo(store);
    const { ports, die } = mortal((options.ports as Ports | undefined) ?? platform);
    const mounted = await subject.mount({
      ...changed,
      store: link.store,
      options: { ...options, ports },
    });
    const kill = async () => {
      die();
      link.cut();
      await mounted.close();
    };
    const process = { ...mounted, link, kill };
    all.push(process);
    return process;
  };
  try {
    const mounted = await join();
    await play({
      store: made.store,
      pass: made.pass,
      mounted,
      runs: () => runs,
      effects: async () => effects + ((await database?.rows())?.length ?? 0),
      hold(run) {
        const held = { reached: gate(), goOn: gate() };
        holds.set(run, held);
        return { reached: held.reached.opened, goOn: held.goOn.open };
      },
      events,
      join,
      send(one = {}, on = mounted) {
        const sent = open(on, one).then(({ response, asked }) => answerOf(response, asked));
        // A case that fails leaves requests behind; what becomes of those is nobody's to hear.
        sent.catch(() => {});
        return sent;
      },
      open: async (one = {}, on = mounted) => (await open(on, one)).response,
    });
  } finally {
    await Promise.all(all.map((process) => process.kill()));
    await database?.close();
  }
}

async function created(_call: Call, act: Act): Promise<Reply> {
  await act();
  return CREATED;
}

export const EFFECTS = ["unrepeatable", "repeatable", "transactional"] as const;

/** For the lines of protocol.md without a letter: they hold whatever `effects` says. */
export async function inEachMode(
  subject: AdapterSubject,
  wanted: SceneOptions,
  play: (scene: Scene, effects: Effects) => Promise<void>,
  modes: readonly Effects[] = EFFECTS,
): Promise<void> {
  for (const effects of modes) {
    try {
      const options = { ...wanted.options, effects };
      await scene(subject, { ...wanted, options }, (played) => play(played, effects));
    } catch (error) {
      throw new Error(`With "${effects}" effects: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function open(
  mounted: Mounted,
  wanted: Wanted,
): Promise<{ readonly response: Response; readonly asked: Headers }> {
  const {
    method = "POST",
    path = "/pay",
    key = "k1",
    user = "ann",
    type = "application/json",
  } = wanted;
  const { body = '{"amount":10}', headers = {}, signal } = wanted;
  const asked = new Headers(headers);
  if (key !== null) asked.set("idempotency-key", key);
  if (user !== null) asked.set("x-user", user);
  if (type !== null && body !== null) asked.set("content-type", type);
  const init: RequestInit = { method, headers: asked, redirect: "manual" };
  if (body !== null && method !== "GET" && method !== "HEAD") init.body = body as BodyInit;
  if (signal !== undefined) init.signal = signal;
  return { response: await mounted.fetch(path, init), asked };
}

/** The answer to a request whose server died, or cut it off, before all of it came. */
export async function unanswered(sent: Promise<Answer>): Promise<void> {
  const answer = await sent.catch(() => undefined);
  equal(answer?.status, undefined, "the status of what cannot be an answer");
}

/** Again runs, as run number `h`, and is not a replay. */
export async function runsAgain(
  { send, runs }: Pick<Scene, "send" | "runs">,
  h: number,
  on?: Mounted,
): Promise<Answer> {
  const answer = await send({}, on);
  equal(answer.code, undefined, "the problem in place of a run");
  equal(answer.status, 201, "the status of the run");
  equal(answer.isReplay, false, "the marker of the run");
  equal(runs(), h, "the runs");
  return answer;
}

/** Between two questions, and how many: twenty seconds, ten times what a loaded machine needs. */
const ASKS_EVERY_MS = 25;
const ASKS_MAX = 800;

/** Asks until it is so. What never comes fails by its sentence: a runner may have no time limit. */
export async function eventually<T>(
  sentence: string,
  ask: () => T | Promise<T>,
  isSo: (told: T) => boolean,
): Promise<T> {
  let told = await ask();
  for (let asked = 1; !isSo(told); asked++) {
    ok(asked < ASKS_MAX, sentence);
    await pause(ASKS_EVERY_MS);
    told = await ask();
  }
  return told;
}

/** Sends until the answer is not this problem any more. One that stays for ever is the answer. */
export async function answerAfter(code: string, send: () => Promise<Answer>): Promise<Answer> {
  let answer = await send();
  for (let asked = 1; answer.code === code && asked < ASKS_MAX; asked++) {
    await pause(ASKS_EVERY_MS);
    answer = await send();
  }
  return answer;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** A promise and its key, for a handler that waits until the case lets it go. */
export function gate(): Gate {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
