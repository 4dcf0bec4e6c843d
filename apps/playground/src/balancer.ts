/**
 * The front, which every order passes, and a round-robin load balancer: each request to the next
 * process, whatever it asks for. Between the two there may be a gateway.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, type Dispatcher, request } from "undici";
import type { Instance } from "./cluster.ts";
import type { Happening } from "./happening.ts";
import { REQUEST_FIELD, TRAP_FIELD, type Trap, trapField } from "./trap.ts";
import { isGated, type Wish, wishOf } from "./wish.ts";

/** About one connection, and so not to be passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
/** Ours, between here and a process: whoever sends them from outside is not believed. */
const OURS = [REQUEST_FIELD, TRAP_FIELD];
/** Enough to see that two answers are the same. */
const SHOWN_CHARACTERS = 2_000;
const KEY_SHOWN_CHARACTERS = 8;

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

export interface Balancer {
  /** For clients. */
  readonly front: Listener;
  /** For the gateway: what it lets through. */
  readonly behind: Listener;
}

interface Settings {
  instances(): readonly Instance[];
  /** The gateway's origin for these switches. Undefined while there is none. */
  gate(wish: Wish): string | undefined;
  /** That traps are believed for. */
  readonly secret: string;
  tell(happening: Happening): void;
  /** What the next request falls into, taken once. */
  takeTrap(): Trap | undefined;
  /** Called when a process has answered or fallen silent, and awaited before anybody hears of it. */
  afterwards(wish: Wish): Promise<void>;
}

type Headers = Record<string, string | string[]>;

export function createBalancer(settings: Settings): Balancer {
  const { instances, gate, secret, tell, takeTrap, afterwards } = settings;
  const agent = new Agent({ connections: 64 });
  let turn = 0;
  let count = 0;

  const ask = (origin: string, { url, method }: IncomingMessage, headers: Headers, body: Body) =>
    request(`${origin}${url}`, {
      ...{ dispatcher: agent, method: method as Dispatcher.HttpMethod, headers, body },
    });
  type Body = IncomingMessage;

  /** Where it goes next; undefined when nobody is there. */
  function next(number: number): string | undefined {
    const up = instances();
    const chosen = up[turn++ % up.length];
    if (chosen === undefined) return undefined;
    tell({ what: "sent", request: number, instance: chosen.instance, pid: chosen.pid });
    return chosen.origin;
  }

  async function front(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const number = ++count;
    const trap = takeTrap();
    const wish = wishOf(new URL(incoming.url ?? "/", "http://playground").searchParams);
    const via = isGated(wish) ? "gateway" : "balancer";
    tell({ what: "arrived", request: number, key: keyOf(incoming), via, effects: wish.effects });
    const origin = via === "gateway" ? gate(wish) : next(number);
    if (origin === undefined) {
      tell({ what: "unanswered", request: number, why: "no process is alive" });
      outgoing.writeHead(503, { "retry-after": "1" }).end();
      return;
    }
    try {
      const answer = await ask(
        origin,
        incoming,
        {
          ...passedOn(incoming.headers, OURS),
          [REQUEST_FIELD]: String(number),
          ...(trap && { [TRAP_FIELD]: trapField(trap, secret) }),
        },
        incoming,
      );
      const body = Buffer.from(await answer.body.arrayBuffer());
      await afterwards(wish);
      if (trap === "lose-answer") {
        tell({ what: "unanswered", request: number, why: "the connection dropped" });
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode, passedOn(answer.headers)).end(body);
      tell({
        what: "answered",
        request: number,
        status: answer.statusCode,
        replayed: answer.headers["idempotent-replayed"] === "true",
        sha256: createHash("sha256").update(body).digest("hex"),
        body: body.toString().slice(0, SHOWN_CHARACTERS),
      });
    } catch {
      await afterwards(wish);
      // Not tried again: whether it ran is for the record to know, and the client asks with its key.
      tell({ what: "unanswered", request: number, why: "the process fell silent" });
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    }
  }

  async function behind(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const number = Number(incoming.headers[REQUEST_FIELD] ?? 0);
    const origin = next(number);
    if (origin === undefined) {
      outgoing.writeHead(503, { "retry-after": "1" }).end();
      return;
    }
    try {
      const answer = await ask(origin, incoming, passedOn(incoming.headers), incoming);
      const body = Buffer.from(await answer.body.arrayBuffer());
      outgoing.writeHead(answer.statusCode, passedOn(answer.headers)).end(body);
    } catch {
      // A 502 of ours would be an answer, and the gateway would keep it. The silence is the process's.
      outgoing.destroy();
    }
  }

  return { front, behind };
}

/** A form without a script carries its key in the body, which is not ours to read. */
function keyOf({ headers }: IncomingMessage): string {
  const key = headers["idempotency-key"] ?? headers["x-airsorted-idempotency-key"];
  if (key === undefined) return "in the form";
  return String(key).replaceAll('"', "").slice(0, KEY_SHOWN_CHARACTERS);
}

function passedOn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  without: readonly string[] = [],
): Headers {
  const passed: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && ![...HOP_BY_HOP, ...without].includes(name)) passed[name] = value;
  }
  return passed;
}
