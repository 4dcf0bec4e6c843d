/** One case's scene: an application, mounted, with its runs and effects counted. */
import type { Inspector } from "../../core/inspector.ts";
import type { Store } from "../../core/store.ts";
import { equal } from "../case.ts";
import type { AdapterSubject, Application, Call, Handler, Mounted, Reply } from "./application.ts";

/** The handler of protocol.md: one effect, `201`, `Location: /payments/1`, `{"id":1}`. */
export const CREATED: Reply = {
  status: 201,
  headers: [
    ["Content-Type", "application/json"],
    ["Location", "/payments/1"],
  ],
  body: '{"id":1}',
};

export interface Scene {
  readonly store: Store & Inspector;
  pass(ms: number): Promise<void>;
  readonly mounted: Mounted;
  /** How often the handler has started: H in protocol.md. */
  readonly runs: () => number;
  /** Another process over the same store, by default with the same application. */
  join(changes?: Partial<Application>): Promise<Mounted>;
  /** `POST /pay`, JSON `{"amount":10}`, key `k1`, signed in as `ann`, unless told otherwise. */
  send(wanted?: Wanted, on?: Mounted): Promise<Answer>;
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

/** An answer that was read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly isReplay: boolean;
  /** The `code` of a problem; undefined for any other answer. */
  readonly code: string | undefined;
}

export type SceneOptions = Partial<Omit<Application, "options" | "handler">> & {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly handler?: Handler;
};

/** Mounts, plays, and closes whatever was mounted. */
export async function scene(
  subject: AdapterSubject,
  wanted: SceneOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const made = subject.makeStore();
  const all: Mounted[] = [];
  let runs = 0;
  const { handler = () => CREATED, options = {}, ...rest } = wanted;
  const application: Application = {
    store: made.store,
    ...rest,
    options: {
      scope: (call: { header(name: string): unknown }) => call.header("x-user"),
      ...options,
    },
    handler: (call: Call) => {
      runs++;
      return handler(call);
    },
  };
  const join = async (changes: Partial<Application> = {}) => {
    const mounted = await subject.mount({ ...application, ...changes });
    all.push(mounted);
    return mounted;
  };
  try {
    const mounted = await join();
    await play({
      store: made.store,
      pass: made.pass,
      mounted,
      runs: () => runs,
      join,
      send: (one = {}, on = mounted) => send(on, one),
    });
  } finally {
    await Promise.all(all.map((mounted) => mounted.close()));
  }
}

async function send(mounted: Mounted, wanted: Wanted): Promise<Answer> {
  const {
    method = "POST",
    path = "/pay",
    key = "k1",
    user = "ann",
    type = "application/json",
  } = wanted;
  const { body = '{"amount":10}', headers = {}, signal } = wanted;
  const sent = new Headers(headers);
  if (key !== null) sent.set("idempotency-key", key);
  if (user !== null) sent.set("x-user", user);
  if (type !== null && body !== null) sent.set("content-type", type);
  const init: RequestInit = { method, headers: sent, redirect: "manual" };
  if (body !== null && method !== "GET" && method !== "HEAD") init.body = body as BodyInit;
  if (signal !== undefined) init.signal = signal;
  return answerOf(await mounted.fetch(path, init));
}

export async function answerOf(response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    isReplay: response.headers.get("idempotent-replayed") === "true",
    code: isProblem ? (JSON.parse(text) as { readonly code: string }).code : undefined,
  };
}

/** The answer is the problem of that code, whole. */
export function problem(answer: Answer, status: number, code: string): void {
  equal(answer.code, code, "the problem");
  equal(answer.status, status, "its status");
  equal(answer.isReplay, false, "the marker on a problem");
}

/** `answer` replays `first`: status, bytes and marker. */
export function replays(answer: Answer, first: Answer): void {
  equal(answer.code, undefined, "the problem");
  equal(answer.status, first.status, "the status of the replay");
  equal(answer.text, first.text, "the body of the replay");
  equal(answer.bytes.length, first.bytes.length, "the length of the replay");
  equal(answer.isReplay, true, "the marker of the replay");
}

/** A promise and its key, for a handler that waits until the case lets it go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
