/** A round-robin load balancer: each request to the next process, whatever it asks for. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request } from "undici";
import type { Instance } from "./cluster.ts";
import type { Happening } from "./happening.ts";
import { REQUEST_FIELD, TRAP_FIELD, type Trap } from "./trap.ts";

/** About one connection, and so not to be passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
/** Ours, between here and a process: whoever sends them from outside is not believed. */
const OURS = [REQUEST_FIELD, TRAP_FIELD];
/** Enough to see that two answers are the same. */
const SHOWN_CHARACTERS = 2_000;
const KEY_SHOWN_CHARACTERS = 8;

export type Balancer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

interface Settings {
  instances(): readonly Instance[];
  tell(happening: Happening): void;
  /** What the next request falls into, taken once. */
  takeTrap(): Trap | undefined;
}

export function createBalancer({ instances, tell, takeTrap }: Settings): Balancer {
  const agent = new Agent({ connections: 64 });
  let turn = 0;
  let count = 0;
  return async function balance(incoming, outgoing) {
    const number = ++count;
    const trap = takeTrap();
    tell({
      what: "arrived",
      request: number,
      key: keyOf(incoming),
      path: incoming.url ?? "/",
    });
    const up = instances();
    const next = up[turn++ % up.length];
    if (next === undefined) {
      tell({ what: "unanswered", request: number, why: "no process is alive" });
      outgoing.writeHead(503, { "retry-after": "1" }).end();
      return;
    }
    const { instance, pid, origin } = next;
    tell({ what: "sent", request: number, instance, pid });
    try {
      const answer = await request(`${origin}${incoming.url}`, {
        dispatcher: agent,
        method: incoming.method as "POST",
        headers: {
          ...passedOn(incoming.headers),
          [REQUEST_FIELD]: String(number),
          ...(trap && { [TRAP_FIELD]: trap }),
        },
        body: incoming,
      });
      const body = Buffer.from(await answer.body.arrayBuffer());
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
      // Not tried again: whether it ran is for the record to know, and the client asks with its key.
      tell({ what: "unanswered", request: number, why: "the process fell silent" });
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    }
  };
}

/** A form without a script carries its key in the body, which is not ours to read. */
function keyOf({ headers }: IncomingMessage): string {
  const key = headers["idempotency-key"] ?? headers["x-airsorted-idempotency-key"];
  if (key === undefined) return "in the form";
  return String(key).replaceAll('"', "").slice(0, KEY_SHOWN_CHARACTERS);
}

function passedOn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && ![...HOP_BY_HOP, ...OURS].includes(name)) passed[name] = value;
  }
  return passed;
}
