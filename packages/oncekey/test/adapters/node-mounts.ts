/** The reference application behind `node:http`, and behind Express in both of its versions. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { buffer } from "node:stream/consumers";
import compression from "compression";
import express5 from "express";
import * as express from "../../src/adapters/express.ts";
import * as node from "../../src/adapters/node.ts";
import type { Call, HandlerContext, Reply, Scoped } from "../../src/conformance/adapter.ts";
import { grouped, type Mount, optionsOf, served } from "./served.ts";

/** Its types are installed for version 5 only; what is used here is the same in both. */
export const express4 = createRequire(import.meta.url)("express4") as typeof express5;

type Middleware = (request: never, response: never, next: () => void) => void;
const pass: Middleware = (_request, _response, next) => next();

const PARSERS: Readonly<Record<string, Middleware>> = {
  none: pass,
  json: express5.json() as Middleware,
  urlencoded: express5.urlencoded({ extended: true }) as Middleware,
  text: express5.text({ type: "*/*" }) as Middleware,
};

export const ofNode = (request: IncomingMessage): Scoped => ({
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

export async function replyOverNode(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = [], body, cut, early, trailers } = reply;
  if (early !== undefined) response.writeEarlyHints(Object.fromEntries(grouped(early)));
  response.statusCode = status;
  for (const [name, value] of grouped(headers)) response.setHeader(name, value);
  if (trailers !== undefined)
    response.setHeader(
      "Trailer",
      trailers.map(([name]) => name),
    );
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    if (cut) response.destroy();
    else response.end(body);
    return;
  }
  for await (const chunk of body) response.write(chunk);
  if (trailers !== undefined) response.addTrailers(trailers as readonly [string, string][]);
  if (cut) response.destroy();
  else response.end();
}

export const mountNode: Mount = async (application) => {
  const listener = node.idempotency(optionsOf(application, ofNode), async (request, response) => {
    const call = nodeCall(request, node.optionalIdempotencyOf(request));
    const refused = application.inside?.(ofNode(request));
    const reply = refused ?? (await application.handler(call));
    await replyOverNode(response as ServerResponse, reply);
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
};

export function mountExpress(make: typeof express5): Mount {
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
    const at = application.at === undefined ? "/" : [...application.at];
    app.use(at, express.idempotency(optionsOf(application, ofNode)) as never);
    app.use(at, (request, response, next) => {
      const refused = application.inside?.(ofNode(request));
      if (refused === undefined) next();
      else void replyOverNode(response, refused);
    });
    app.use(at, (request, response, next) => {
      const call = nodeCall(request, express.optionalIdempotencyOf(request));
      Promise.resolve(call)
        .then(application.handler)
        .then((reply) => replyOverNode(response, reply))
        .catch(next);
    });
    return served(createServer(app));
  };
}
