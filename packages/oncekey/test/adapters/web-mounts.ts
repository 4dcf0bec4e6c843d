/** The reference application as a fetch handler, and behind Hono. */
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import * as hono from "../../src/adapters/hono.ts";
import * as web from "../../src/adapters/web.ts";
import type { Application, Reply, Scoped } from "../../src/conformance/adapter.ts";
import { type Mount, optionsOf, served } from "./served.ts";

const ofFetch = (request: Request): Scoped => ({
  method: request.method,
  target: request.url.slice(new URL(request.url).origin.length),
  header: (name) => request.headers.get(name) ?? undefined,
});

/** In the words of a fetch handler, which has none for a `103` or for trailers. */
function responseFor(reply: Reply): Response {
  const headers = new Headers();
  for (const [name, value] of reply.headers ?? []) headers.append(name, value);
  const { body } = reply;
  const isWhole = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const sent = isWhole && !reply.cut ? (body as BodyInit | undefined) : streamOf(reply);
  return new Response(sent ?? null, { status: reply.status, headers });
}

function streamOf({ body, cut }: Reply): ReadableStream<Uint8Array> {
  const chunks = chunksOf(body);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) controller.enqueue(Buffer.from(value));
      else if (cut) controller.error(new Error("cut by the handler"));
      else controller.close();
    },
  });
}

async function* chunksOf(body: Reply["body"]): AsyncGenerator<Uint8Array | string> {
  if (typeof body === "string" || body instanceof Uint8Array) yield body;
  else if (body !== undefined) yield* body;
}

export const mountWeb: Mount = async (application) => {
  const guarded = web.idempotency(optionsOf(application, ofFetch), async (request) => {
    const context = web.optionalIdempotencyOf(request);
    const call = { ...ofFetch(request), idempotency: context, text: () => request.text() };
    const refused = application.inside?.(ofFetch(request));
    return responseFor(refused ?? (await application.handler(call)));
  });
  const handler = async (request: Request): Promise<Response> => {
    const { headers = [], refuse } = application.outside?.(ofFetch(request)) ?? {};
    // There is no parser in the platform; who reads a request has taken its body.
    if (application.parser === "text") await request.text();
    const response = refuse === undefined ? await guarded(request) : responseFor(refuse);
    const all = new Headers(response.headers);
    for (const [name] of headers) all.delete(name);
    for (const [name, value] of headers) all.append(name, value);
    const answer = new Response(response.body, { status: response.status, headers: all });
    return application.compresses ? compressed(request, answer) : answer;
  };
  return served(createAdaptorServer({ fetch: handler }) as Server);
};

/** What a compressing middleware does, as far as a test needs it. */
function compressed(request: Request, response: Response): Response {
  const { body, headers, status } = response;
  const asked = request.headers.get("accept-encoding")?.includes("gzip");
  if (!asked || body === null || headers.has("content-encoding")) return response;
  headers.set("content-encoding", "gzip");
  headers.delete("content-length");
  return new Response(body.pipeThrough(new CompressionStream("gzip")), { status, headers });
}

export const mountHono: Mount = async (application) => {
  const app = new Hono();
  if (application.compresses) app.use(compress({ threshold: 0 }));
  app.use(async (c, next) => {
    const { headers = [], refuse } = application.outside?.(ofFetch(c.req.raw)) ?? {};
    for (const [name, value] of headers) c.header(name, value, { append: true });
    if (refuse !== undefined) return responseFor(refuse);
    if (application.parser === "json") await c.req.json();
    if (application.parser === "urlencoded") await c.req.parseBody();
    if (application.parser === "text") await new Response(c.req.raw.body).text();
    return next();
  });
  for (const path of application.at ?? ["/"]) app.route(path, guardedBy(application));
  app.onError((_error, c) => c.text("Internal Server Error", 500));
  return served(createAdaptorServer({ fetch: app.fetch }) as Server);
};

function guardedBy(application: Application): Hono {
  const app = new Hono();
  app.use(hono.idempotency<Context>(optionsOf(application, (c) => ofFetch(c.req.raw))));
  app.use(async (c, next) => {
    const refused = application.inside?.(ofFetch(c.req.raw));
    return refused === undefined ? next() : responseFor(refused);
  });
  app.all("*", async (c) => {
    const context = hono.optionalIdempotencyOf(c);
    const call = { ...ofFetch(c.req.raw), idempotency: context, text: () => c.req.text() };
    return responseFor(await application.handler(call));
  });
  return app;
}
