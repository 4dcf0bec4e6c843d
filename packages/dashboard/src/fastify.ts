/** The dashboard as a Fastify plugin, in a context of its own: no parser touches what comes in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dashboard } from "./dashboard.ts";
import { serve } from "./node.ts";

/** The part of Fastify that we use, in our own words: no dependency on it. */
interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: "*",
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(path: string, handler: (request: RequestLike, reply: ReplyLike) => unknown): unknown;
}

interface RequestLike {
  readonly raw: IncomingMessage;
}

interface ReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}

/** @example await app.register(fastifyDashboard(dashboard)); */
export function fastifyDashboard(dashboard: Dashboard): (fastify: FastifyLike) => Promise<void> {
  return async function fastifyDashboard(fastify) {
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const handler = (request: RequestLike, reply: ReplyLike) => {
      reply.hijack();
      serve(dashboard, request.raw, reply.raw, request).catch(() => reply.raw.destroy());
    };
    if (dashboard.base !== "/") fastify.all(dashboard.base.slice(0, -1), handler);
    fastify.all(`${dashboard.base}*`, handler);
  };
}
