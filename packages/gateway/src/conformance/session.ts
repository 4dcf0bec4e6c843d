/**
 * What a case plays with: requests of the described kind, and a log of what was sent. Each case
 * has a session of its own, with fresh keys and a body that no other case sends.
 */
import type { Agent } from "node:http";
import type { Answer, Field } from "./answer.ts";
import { bodyOf } from "./body.ts";
import { type Counter, createCounter } from "./counter.ts";
import { freshKey, type Key, quoted } from "./key.ts";
import type { Profile } from "./profile.ts";
import { openRaw, type RawConnection } from "./raw-connection.ts";
import type { Behaviour, BehaviourName, Target } from "./target.ts";
import { exchange, oneConnection } from "./wire.ts";

/** One request, as far as it differs from the described one. */
export interface Sending {
  /** The key, in the target's format; null: none. */
  readonly key?: Key | null;
  /** Lines of the key field, as they are, instead of `key`. */
  readonly lines?: readonly string[];
  /** Another spelling of the field's name. */
  readonly keyHeader?: string;
  readonly as?: BehaviourName;
  /** Which body: the session's first is 0. */
  readonly body?: number;
  readonly bodyBytes?: Uint8Array;
  readonly method?: string;
  readonly path?: string;
  /** Appended to the target's query. */
  readonly query?: string;
  /** Set on top of the described fields. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which of the described principals; the first unless said. */
  readonly principal?: number;
  readonly agent?: Agent;
  /** What is special about it, for the log. */
  readonly note?: string;
}

/** A request made ready, for those who write it on a raw connection. */
export interface Ready {
  readonly url: URL;
  readonly method: string;
  readonly fields: readonly Field[];
  readonly body: Uint8Array | undefined;
}

export interface Session {
  readonly target: Target;
  readonly profile: Profile;
  /** What was sent so far, a line each. */
  readonly log: readonly string[];
  key(): Key;
  ready(sending: Sending): Ready;
  send(sending: Sending): Promise<Answer>;
  /** A connection of our own, for what `send` cannot do. The note goes into the log. */
  open(url: URL, note: string): Promise<RawConnection>;
  counter(): Promise<Counter>;
  /** A text for the report: a key in it, should a server have sent one back, is named instead. */
  redact(text: string): string;
  /** An agent with one connection, closed with the session. */
  oneConnection(): Agent;
  close(): void;
}

/** Far apart, so that no two sessions of a run ever send the same body. */
const BODIES_PER_SESSION = 100;

export function createSession(target: Target, profile: Profile, index: number): Session {
  const log: string[] = [];
  const counters: Counter[] = [];
  const agents: Agent[] = [];
  const keys: Key[] = [];
  const firstBody = target.start + index * BODIES_PER_SESSION;
  const { timeoutMs } = target;

  function ready(sending: Sending): Ready {
    const shape = shapeOf(target, sending);
    const method = sending.method ?? shape?.method ?? target.method;
    const url = new URL(sending.path ?? shape?.path ?? target.url, target.url);
    if (sending.query !== undefined) url.search += `${url.search ? "&" : "?"}${sending.query}`;
    const template = shape?.body ?? target.body;
    const bodied = method !== "GET" && method !== "HEAD";
    const body = sending.bodyBytes ?? bodyOf(template, firstBody + (sending.body ?? 0));
    return {
      url,
      method,
      fields: fieldsOf(target, sending, shape),
      body: bodied ? body : undefined,
    };
  }

  return {
    target,
    profile,
    log,
    key() {
      const key = freshKey(keys.length);
      keys.push(key);
      return key;
    },
    ready,
    async send(sending) {
      const outgoing = ready(sending);
      const line = describe(sending, outgoing);
      const entry = log.push(line) - 1;
      const answer = await exchange(outgoing, { timeoutMs, agent: sending.agent });
      log[entry] = `${line} -> ${answer.status}`;
      for (const counter of counters) counter.see(answer);
      return answer;
    },
    async open(url, note) {
      log.push(note);
      return openRaw(url, timeoutMs);
    },
    async counter() {
      const counter = await createCounter(target.counting, (url) => {
        // What was described for the target is not for others to see.
        const own = url.origin === target.url.origin ? Object.entries(target.headers) : [];
        return exchange({ url, method: "GET", fields: own, body: undefined }, { timeoutMs });
      });
      counters.push(counter);
      return counter;
    },
    redact: (text) =>
      keys.reduce((safe, { name, value }) => safe.replaceAll(value, `(${name})`), text),
    oneConnection() {
      const agent = oneConnection(target.url);
      agents.push(agent);
      return agent;
    },
    close() {
      for (const agent of agents) agent.destroy();
    },
  };
}

const shapeOf = ({ behaviours }: Target, { as }: Sending): Behaviour | undefined =>
  as === undefined ? undefined : behaviours[as];

/** What comes later replaces what came before, whatever the case of its name. */
function fieldsOf(target: Target, sending: Sending, shape: Behaviour | undefined): Field[] {
  const fields = new Map<string, Field>();
  const principal = target.principals[sending.principal ?? 0] ?? {};
  const isJson = typeof target.body !== "string" && target.body !== null;
  const type = isJson ? { "Content-Type": "application/json" } : {};
  for (const set of [
    type,
    target.headers,
    principal,
    shape?.headers ?? {},
    sending.headers ?? {},
  ]) {
    for (const [name, value] of Object.entries(set)) fields.set(name.toLowerCase(), [name, value]);
  }
  const name = sending.keyHeader ?? target.keyHeader;
  const keyLines = sending.lines ?? (sending.key ? [keyField(target, sending.key)] : []);
  return [...fields.values(), ...keyLines.map((line): Field => [name, line])];
}

const keyField = ({ keyFormat }: Target, { value }: Key): string =>
  keyFormat === "quoted" ? quoted(value) : value;

/** Names what was sent without a key or a body, or a field or a query that might be a secret. */
function describe(sending: Sending, { method, url, body }: Ready): string {
  const key = sending.key?.name ?? (sending.lines === undefined ? "no key" : "a key of its own");
  const who = sending.principal === undefined ? [] : [`principal ${sending.principal + 1}`];
  const what =
    body === undefined ? "no body" : `body ${(sending.body ?? 0) + 1} (${body.length} bytes)`;
  const note = sending.note === undefined ? [] : [sending.note];
  return [`${method} ${url.pathname}`, key, ...who, what, ...note].join(", ");
}
