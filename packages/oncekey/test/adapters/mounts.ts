/** The reference application of the adapter cases, mounted behind each adapter on a real server. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createAdaptorServer } from "@hono/node-server";
import compression from "compression";
import express5 from "express";
import fastify, { type FastifyRequest } from "fastify";
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import * as express from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as hono from "../../src/adapters/hono.ts";
import * as node from "../../src/adapters/node.ts";
import * as web from "../../src/adapters/web.ts";
import type {
  Application,
  Call,
  HandlerContext,
  Line,
  Mounted,
  Reply,
  Scoped,
} from "../../src/conformance/adapter.ts";
import type { GuardOptions } from "../../src/http/options.ts";
import { rawConnection } from "./raw-connection.ts";

/** Its types are installed for version 5 only; what is used here is the same in both. */
const express4 = createRequire(import.meta.url)("express4") as typeof express5;

/** The application's options, as the adapter under test takes them. */
function optionsOf<Request>(
  application: Application,
  scoped: (request: Request) => Scoped,
): GuardOptions<Request> {
  const { options, store } = application;
  const { scope } = options;
  const asked = typeof scope === "function" ? (request: Request) => scope(scoped(request)) : scope;
  // The cases hold wrong options too, so their type is as wide as what a user may write.
  return { ...options, store, scope: asked } as GuardOptions<Request>;
}

async function served(server: Server): Promise<Mounted> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    connect: () => rawConnection(port),
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ofNode = (request: IncomingMessage): Scoped => ({
  method: request.method ?? "",
  target: (request as { originalUrl?: string }).originalUrl ?? request.url ?? "",
  header: (name) => request.headers[name]?.toString(),
});

/** The call that a Node handler sees. `parsed` is what a body parser has made, where there is one. */
function nodeCall(request: IncomingMessage, context: HandlerContext | undefined): Call {
  const { body } = request as { body?: unknown };
  return {
    ...ofNode(request),
    idempotency: context,
    parsed: body,
    async text() {
      if (typeof body === "string") return body;
      return body === undefined ? (await buffer(request)).toString() : JSON.stringify(body);
    },
  };
}

function grouped(lines: readonly Line[]): Map<string, string | string[]> {
  const names = new Map<string, string | string[]>();
  for (const [name, value] of lines) {
    const known = names.get(name);
    names.set(name, known === undefined ? value : [known, value].flat());
  }
  return names;
}

async function replyOverNode(response: ServerResponse, reply: Reply): Promise<void> {
  response.statusCode = reply.status;
  for (const [name, value] of grouped(reply.headers ?? [])) response.setHeader(name, value);
  const { body } = reply;
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) {
    for await (const chunk of body) response.write(chunk);
    if (reply.cut) response.destroy();
    else response.end();
  } else if (reply.cut) response.destroy();
  else response.end(body);
}

async function mountNode(application: Application): Promise<Mounted> {
  const listener = node.idempotency(optionsOf(application, ofNode), async (request, response) => {
    const call = nodeCall(request, node.optionalIdempotencyOf(request));
    await replyOverNode(response as ServerResponse, await application.handler(call));
  });
  return served(
    createServer((request, response) => {
      const { headers = [], refuse } = application.outside?.(ofNode(request)) ?? {};
      for (const [name, value] of grouped(headers)) response.setHeader(name, value);
      if (refuse !== undefined) return void replyOverNode(response, refuse);
      // A server of one's own has no parser: whoever reads the body first leaves it on the request.
      const parse = PARSERS[application.parser ?? "none"] ?? pass;
      const compressed = application.compresses ? compression({ threshold: 0 }) : pass;
      parse(request as never, response as never, () =>
        compressed(request as never, response as never, () => void listener(request, response)),
      );
    }),
  );
}

type Middleware = (request: never, response: never, next: () => void) => void;
const pass: Middleware = (_request, _response, next) => next();

const PARSERS: Readonly<Record<string, Middleware>> = {
  none: pass,
  json: express5.json() as Middleware,
  urlencoded: express5.urlencoded({ extended: true }) as Middleware,
  text: express5.text({ type: "*/*" }) as Middleware,
};

function mountExpress(make: typeof express5): (application: Application) => Promise<Mounted> {
  return async (application) => {
    const app = make();
    // What Express would set or print by itself is not the adapter's.
    app.disable("x-powered-by");
    app.set("env", "test");
    app.use((request, response, next) => {
      const { headers = [], refuse } = application.outside?.(ofNode(request)) ?? {};
      for (const [name, value] of grouped(headers)) response.setHeader(name, value);
      if (refuse === undefined) next();
      else void replyOverNode(response, refuse);
    });
    if (application.parser !== undefined) app.use(PARSERS[application.parser] as never);
    if (application.compresses) app.use(compression({ threshold: 0 }) as never);
    app.use(express.idempotency(optionsOf(application, ofNode)) as never);
    app.use((request, response, next) => {
      const call = nodeCall(request, express.optionalIdempotencyOf(request));
      Promise.resolve(call)
        .then(application.handler)
        .then((reply) => replyOverExpress(response, reply))
        .catch(next);
    });
    return served(createServer(app));
  };
}

/** In Express's own words where it has them: `send` and `json` take other ways than `end`. */
async function replyOverExpress(response: express5.Response, reply: Reply): Promise<void> {
  const { body } = reply;
  const isText = typeof body === "string" && !reply.cut;
  if (!isText || !reply.headers?.some(([name]) => name.toLowerCase() === "content-type")) {
    return replyOverNode(response, reply);
  }
  response.status(reply.status);
  for (const [name, value] of grouped(reply.headers)) response.setHeader(name, value);
  // `send` would add an ETag and a charset, which no other adapter's application has.
  response.end(body);
}

async function mountFastify(application: Application): Promise<Mounted> {
  const app = fastify();
  const scoped = (request: FastifyRequest) => ofNode(request.raw);
  app.addHook("onRequest", async (request, reply) => {
    const { headers = [], refuse } = application.outside?.(ofNode(request.raw)) ?? {};
    for (const [name, value] of grouped(headers)) reply.header(name, value);
    if (refuse === undefined) return;
    for (const [name, value] of grouped(refuse.headers ?? [])) reply.header(name, value);
    return reply.code(refuse.status).send(refuse.body);
  });
  // Fastify answers 415 to types that it does not know; the cases send all sorts.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  await app.register(fastifyAdapter.idempotency(optionsOf(application, scoped)) as never);
  app.all("/*", async (request, reply) => {
    const context = fastifyAdapter.optionalIdempotencyOf(request);
    const call: Call = {
      ...ofNode(request.raw),
      idempotency: context,
      parsed: request.body,
      text: async () =>
        request.body instanceof Uint8Array
          ? Buffer.from(request.body).toString()
          : JSON.stringify(request.body),
    };
    const answer = await application.handler(call);
    const { body } = answer;
    reply.code(answer.status);
    for (const [name, value] of grouped(answer.headers ?? [])) reply.header(name, value);
    if (answer.cut || (typeof body === "object" && !(body instanceof Uint8Array))) {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      await replyOverNode(reply.raw, { ...answer, headers: [] });
      return reply;
    }
    return reply.send(body);
  });
  await app.ready();
  return served(app.server);
}

const ofFetch = (request: Request): Scoped => ({
  method: request.method,
  target: request.url.slice(new URL(request.url).origin.length),
  header: (name) => request.headers.get(name) ?? undefined,
});

/** In the words of a fetch handler. */
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

async function mountWeb(application: Application): Promise<Mounted> {
  const guarded = web.idempotency(optionsOf(application, ofFetch), async (request) => {
    const context = web.optionalIdempotencyOf(request);
    const call = { ...ofFetch(request), idempotency: context, text: () => request.text() };
    return responseFor(await application.handler(call));
  });
  const handler = async (request: Request): Promise<Response> => {
    const { headers = [], refuse } = application.outside?.(ofFetch(request)) ?? {};
    const response = refuse === undefined ? await guarded(request) : responseFor(refuse);
    if (headers.length === 0) return response;
    const all = new Headers(response.headers);
    for (const [name, value] of headers) all.set(name, value);
    return new Response(response.body, { status: response.status, headers: all });
  };
  return served(createAdaptorServer({ fetch: handler }) as Server);
}

async function mountHono(application: Application): Promise<Mounted> {
  const app = new Hono();
  if (application.compresses) app.use(compress({ threshold: 0 }));
  app.use(async (c, next) => {
    const { headers = [], refuse } = application.outside?.(ofFetch(c.req.raw)) ?? {};
    for (const [name, value] of headers) c.header(name, value);
    if (refuse !== undefined) return responseFor(refuse);
    if (application.parser === "json") await c.req.json();
    if (application.parser === "urlencoded") await c.req.parseBody();
    if (application.parser === "text") await new Response(c.req.raw.body).text();
    return next();
  });
  app.use(hono.idempotency<Context>(optionsOf(application, (c) => ofFetch(c.req.raw))));
  app.all("*", async (c) => {
    const context = hono.optionalIdempotencyOf(c);
    const call = { ...ofFetch(c.req.raw), idempotency: context, text: () => c.req.text() };
    return responseFor(await application.handler(call));
  });
  app.onError((_error, c) => c.text("Internal Server Error", 500));
  return served(createAdaptorServer({ fetch: app.fetch }) as Server);
}

/** Every adapter, by the name of its subpath; Express in both of its major versions. */
export const MOUNTS: Readonly<Record<string, (application: Application) => Promise<Mounted>>> = {
  web: mountWeb,
  hono: mountHono,
  node: mountNode,
  "express 5": mountExpress(express5),
  "express 4": mountExpress(express4),
  fastify: mountFastify,
};
