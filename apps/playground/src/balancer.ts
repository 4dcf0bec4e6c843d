/** A round-robin load balancer: each request to the next process, whatever it asks for. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Agent, request } from "undici";
import type { Instance } from "./cluster.ts";

/** About one connection, and so not to be passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

export type Balancer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

export function createBalancer(instances: readonly Instance[]): Balancer {
  const agent = new Agent({ connections: 64 });
  let turn = 0;
  return async function balance(incoming, outgoing) {
    const next = instances[turn++ % instances.length];
    if (next === undefined) throw new Error("A balancer needs an instance.");
    try {
      const answer = await request(`${next.origin}${incoming.url}`, {
        dispatcher: agent,
        method: incoming.method as "POST",
        headers: withoutHops(incoming.headers),
        body: incoming,
      });
      outgoing.writeHead(answer.statusCode, withoutHops(answer.headers));
      await pipeline(answer.body, outgoing);
    } catch {
      // Not tried again: whether it ran is for the record to know, and the client asks with its key.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    }
  };
}

function withoutHops(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.includes(name)) passed[name] = value;
  }
  return passed;
}
