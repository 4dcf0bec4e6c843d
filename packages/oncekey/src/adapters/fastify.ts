/**
 * The guard as a Fastify plugin, for the routes that are registered after it.
 *
 * The body is read ahead before Fastify parses it, and everything is decided when the application's
 * own hooks have run: authentication stands outside, and refuses without burning a key.
 */
import { carry, optionalIdempotencyOf } from "../http/carrier.ts";
import type { CapturedBody, WholeAnswer } from "../http/exchange.ts";
import { createGuard } from "../http/guard.ts";
import type { HeaderLine } from "../http/headers.ts";
import type { GuardOptions } from "../http/options.ts";
import { headerOf, type NodeRequest, nodeExchange, readAhead } from "./node-exchange.ts";
import { linesFor } from "./node-lines.ts";
import { takeOver } from "./node-outgoing.ts";
import type { NodeResponse } from "./node-response.ts";

export type { HttpContext } from "../http/carrier.ts";
export { idempotencyOf, optionalIdempotencyOf } from "../http/carrier.ts";
export type { GuardOptions } from "../http/options.ts";

/** The part of Fastify that we use, in our own words: no dependency on it. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  readonly originalUrl: string;
  readonly body?: unknown;
}

interface FastifyReplyLike {
  readonly raw: NodeResponse;
  getHeaders(): { readonly [name: string]: number | string | readonly string[] | undefined };
  code(status: number): unknown;
  header(name: string, value: unknown): unknown;
  hasHeader(name: string): boolean;
  removeHeader(name: string): unknown;
  send(payload?: unknown): unknown;
}

type Hook<Request> = (
  request: Request,
  reply: FastifyReplyLike,
  payload: unknown,
) => Promise<unknown>;

interface FastifyLike<Request> {
  addHook(name: "preParsing" | "preHandler" | "onSend", hook: Hook<Request>): unknown;
}

export type FastifyPlugin<Request> = (fastify: FastifyLike<Request>) => Promise<void>;

/** @example await app.register(idempotency({ store, scope: (request) => request.user.id })); */
export function idempotency<
  Request extends FastifyRequestLike = FastifyRequestLike,
  Handle = never,
>(options: GuardOptions<Request, Handle>): FastifyPlugin<Request> {
  const guard = createGuard(options);
  const bodies = new WeakMap<object, CapturedBody>();
  /** Kept answers without a type, to which Fastify would add one. */
  const typeless = new WeakSet<object>();

  function exchangeOf(request: Request, reply: FastifyReplyLike) {
    const { raw, body: parsed, originalUrl: target } = request;
    // Of a guard around Fastify, which knows no request of Fastify's.
    const outer = optionalIdempotencyOf(raw);
    if (outer !== undefined) carry(outer, request);
    const body = async (limit: number) => bodies.get(request) ?? readAhead(raw, limit, parsed);
    return nodeExchange({ request, raw, response: reply.raw, target, body });
  }

  function answered(reply: FastifyReplyLike, answer: WholeAnswer): FastifyReplyLike {
    for (const [name, values] of byName(answer.headers)) reply.header(name, values);
    if (!reply.hasHeader("content-type")) typeless.add(reply);
    reply.code(answer.status);
    // Through Fastify, so that the hooks of other plugins see replays and problems too.
    reply.send(answer.body.length === 0 ? undefined : answer.body);
    return reply;
  }

  const readBody: Hook<Request> = async function readBody(request, reply, payload) {
    const { raw } = request;
    const glance = guard.glance(raw.method ?? "GET", (name) => headerOf(raw, name));
    // The client waits for a word before it sends the body: if that word is no, say it now.
    if (glance.kind === "answer" && raw.headers.expect !== undefined) {
      return answered(reply, glance.answer);
    }
    if (glance.kind !== "read" || payload !== raw) return payload;
    const body = await readAhead(raw, guard.bodyBytesMax);
    bodies.set(request, body);
    if (body.kind !== "too-large") return payload;
    const opening = await guard.open(exchangeOf(request, reply));
    return opening.kind === "answer" ? answered(reply, opening.answer) : payload;
  };

  const guarded: Hook<Request> = async function idempotency(request, reply) {
    const { raw } = request;
    const opening = await guard.open(exchangeOf(request, reply));
    switch (opening.kind) {
      case "gone":
        return reply;
      case "answer":
        return answered(reply, opening.answer);
      case "pass":
        if (opening.context !== undefined) carry(opening.context, request, raw);
        return undefined;
      case "run": {
        carry(opening.context, request, raw);
        // Fastify compresses in a hook that ends inside what is recorded, and what is kept must
        // suit every client that may ask for it.
        Reflect.deleteProperty(raw.headers, "accept-encoding");
        const outside = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
          linesFor(name, value),
        );
        takeOver(raw, reply.raw, opening.passage, outside);
        return undefined;
      }
    }
  };

  const withoutType: Hook<Request> = async function withoutType(_request, reply, payload) {
    if (typeless.has(reply)) reply.removeHeader("content-type");
    return payload;
  };

  async function plugin(fastify: FastifyLike<Request>): Promise<void> {
    fastify.addHook("preParsing", readBody);
    fastify.addHook("preHandler", guarded);
    fastify.addHook("onSend", withoutType);
  }
  return Object.assign(plugin, {
    // Fastify's word for "these hooks belong to whoever registers me".
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "oncekey",
  });
}

function byName(lines: readonly HeaderLine[]): Map<string, string | string[]> {
  const grouped = new Map<string, string | string[]>();
  for (const [name, value] of lines) {
    const known = grouped.get(name);
    grouped.set(name, known === undefined ? value : [known, value].flat());
  }
  return grouped;
}
