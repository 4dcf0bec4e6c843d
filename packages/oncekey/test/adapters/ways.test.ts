/** Every way to answer that a framework has: each ends in a record, and in one run. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import bodyParser from "body-parser";
import express5 from "express";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream, streamSSE, streamText } from "hono/streaming";
import * as express from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as hono from "../../src/adapters/hono.ts";
import * as node from "../../src/adapters/node.ts";
import * as web from "../../src/adapters/web.ts";
import type { Mounted } from "../../src/conformance/adapter.ts";
import { express4 } from "./node-mounts.ts";
import { served } from "./served.ts";
import { type Around, playWays } from "./ways.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-ways-"));
after(() => rmSync(folder, { recursive: true }));
/** Several chunks long, so that it is not read at once. */
const FILE = join(folder, "receipt.txt");
writeFileSync(FILE, "receipt\n".repeat(40_000));

/** One object, because error pages show where an error was made. */
const FAILURE = new Error("The handler fails.");
const CHUNKS = ["one", "two", "three"];
const INTERNAL = { status: 500, text: "Internal Server Error" };

async function* slowly(): AsyncGenerator<string> {
  for (const chunk of CHUNKS) {
    await pause(2);
    yield chunk;
  }
}

type NodeWay = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What Node itself offers, so that every framework over it has it too. */
const NODE_WAYS: Readonly<Record<string, NodeWay>> = {
  end: (_request, response) => response.end("text"),
  "end without a body": (_request, response) => response.end(),
  "end in another encoding": (_request, response) => response.end("c2Vucw==", "base64"),
  "end with a callback": (_request, response) => response.end("text", () => {}),
  "write, and the buffer used again": (_request, response) => {
    const buffer = Buffer.from("one");
    response.write(buffer, () => {
      buffer.write("two");
      response.end(buffer);
    });
  },
  "write and end": (_request, response) => {
    response.write("one");
    response.write(Buffer.from("two"));
    response.end("three");
  },
  "write that waits for its callback": async (_request, response) => {
    for (const chunk of CHUNKS) {
      await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
    }
    response.end();
  },
  "write that waits for drain": async (_request, response) => {
    for (let times = 0; times < 10; times++) {
      if (response.write("x".repeat(60_000))) continue;
      await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  },
  "write of the declared length, and end": (_request, response) => {
    response.setHeader("Content-Length", 8);
    response.write("whole");
    response.write("ish");
    response.end();
  },
  "writeHead and end": (_request, response) => {
    response.writeHead(202, { "Content-Type": "text/plain", "X-Own": ["a", "b"] }).end("text");
  },
  "writeHead with a reason and a flat list": (_request, response) => {
    response.setHeader("X-Before", "1");
    response.writeHead(203, "Changed", ["Content-Type", "text/plain", "X-Own", "a"]);
    response.end("text");
  },
  "flushHeaders, and a body later": async (_request, response) => {
    response.setHeader("Content-Type", "text/plain");
    response.flushHeaders();
    await pause(5);
    response.end("later");
  },
  "cork and uncork": (_request, response) => {
    response.cork();
    response.write("one");
    response.write("two");
    response.uncork();
    response.end();
  },
  redirect: (_request, response) => response.writeHead(303, { Location: "/payments/1" }).end(),
  "no content": (_request, response) => response.writeHead(204).end(),
  pipe: (_request, response) => Readable.from(slowly()).pipe(response),
  "pipe of a file": (_request, response) => createReadStream(FILE).pipe(response),
  pipeline: (_request, response) => pipeline(Readable.from(slowly()), response),
  "pipeline of a file": (_request, response) => pipeline(createReadStream(FILE), response),
  "the request's own body": (request, response) => request.pipe(response),
  "a body that a parser has read": (request, response) =>
    bodyParser.json()(request, response, (error) => {
      const { body } = request as { body?: unknown };
      response.end(`${error ?? ""}${JSON.stringify(body)}`);
    }),
};

function nodeServer(way: NodeWay, { guard, begin }: Around): Promise<Mounted> {
  const handler: NodeWay = async (request, response) => {
    await begin();
    await way(request, response);
  };
  const listener = guard === undefined ? handler : node.idempotency(guard, handler as never);
  return served(createServer((request, response) => void listener(request, response as never)));
}

playWays(
  "node",
  nodeServer,
  {
    ...NODE_WAYS,
    "an error thrown": () => {
      throw FAILURE;
    },
  },
  { "an error thrown": INTERNAL },
);

type ExpressWay = (
  request: express5.Request,
  response: express5.Response,
  next: (error?: unknown) => void,
) => unknown;

const EXPRESS_WAYS: Readonly<Record<string, ExpressWay>> = {
  ...(NODE_WAYS as Readonly<Record<string, ExpressWay>>),
  "send text": (_request, response) => response.status(201).send("text"),
  "send bytes": (_request, response) => response.send(Buffer.from([0, 255, 128])),
  "send an object": (_request, response) => response.send({ id: 1 }),
  "send nothing": (_request, response) => response.send(),
  json: (_request, response) => response.status(201).location("/payments/1").json({ id: 1 }),
  jsonp: (_request, response) => response.jsonp({ id: 1 }),
  sendStatus: (_request, response) => response.sendStatus(202),
  sendFile: (_request, response, next) => response.sendFile(FILE, next),
  download: (_request, response) => response.download(FILE, "receipt.txt"),
  "redirect with a page": (_request, response) => response.redirect(303, "/payments/1"),
  cookie: (_request, response) => response.cookie("a", "b").links({ self: "/1" }).send("text"),
  format: (_request, response) => response.format({ json: () => response.json({ id: 1 }) }),
  render: (_request, response) => response.render("receipt"),
  "next with an error": (_request, _response, next) => next(FAILURE),
  "an error thrown": () => {
    throw FAILURE;
  },
  "no route": (_request, _response, next) => next(),
};

const expressServer = (make: typeof express5) => (way: ExpressWay, around: Around) => {
  const app = make();
  app.set("env", "test");
  app.engine("txt", (_path, _options, done) => done(null, "rendered"));
  app.set("view engine", "txt");
  app.set("views", folder);
  if (around.guard !== undefined) app.use(express.idempotency(around.guard) as never);
  app.use((_request, _response, next) => void around.begin().then(() => next()));
  app.use(way as never);
  return served(createServer(app));
};

playWays("express 4", expressServer(express4), EXPRESS_WAYS);
playWays("express 5", expressServer(express5), {
  ...EXPRESS_WAYS,
  "a promise that is rejected": () => Promise.reject(FAILURE),
});

type FastifyWay = (reply: FastifyReply, app: FastifyInstance) => unknown;

async function fastifyServer(way: FastifyWay, { guard, begin }: Around): Promise<Mounted> {
  const app = fastify();
  if (guard !== undefined) await app.register(fastifyAdapter.idempotency(guard) as never);
  app.post("/pay", async (_request, reply) => {
    await begin();
    return way(reply, app);
  });
  await app.ready();
  return served(app.server);
}

const raw = (way: NodeWay): FastifyWay =>
  async function hijacked(reply) {
    reply.hijack();
    await way(reply.request.raw, reply.raw);
    return reply;
  };

/** Fastify has read the body before its handlers run. */
const {
  "the request's own body": _body,
  "a body that a parser has read": _parsed,
  ...RAW_WAYS
} = NODE_WAYS;

playWays("fastify", fastifyServer, {
  ...Object.fromEntries(
    Object.entries(RAW_WAYS).map(([name, way]) => [`hijacked, ${name}`, raw(way)]),
  ),
  "an object returned": () => ({ id: 1 }),
  "text returned": () => "text",
  "send an object": (reply) => reply.code(201).header("location", "/payments/1").send({ id: 1 }),
  "send bytes": (reply) => reply.send(Buffer.from([0, 255, 128])),
  "send nothing": (reply) => reply.code(204).send(),
  "send a stream": (reply) => reply.send(Readable.from(slowly())),
  "send a file": (reply) => reply.type("text/plain").send(createReadStream(FILE)),
  "send a Response": (reply) => reply.send(new Response("text", { status: 202 })),
  "send a web stream": (reply) => reply.send(webStream()),
  redirect: (reply) => reply.redirect("/payments/1", 303),
  "two cookies": (reply) => reply.header("set-cookie", "a=1").header("set-cookie", "b=2").send("x"),
  "an error thrown": () => {
    throw FAILURE;
  },
  "an error with a status": () => {
    throw Object.assign(new Error("Not enough."), { statusCode: 402 });
  },
  "no route": (reply) => reply.callNotFound(),
});

function webStream(): ReadableStream<Uint8Array> {
  const chunks = slowly();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value));
    },
  });
}

type HonoWay = (c: Context) => Response | Promise<Response>;

async function honoServer(way: HonoWay, { guard, begin }: Around): Promise<Mounted> {
  const app = new Hono();
  if (guard !== undefined) app.use(hono.idempotency<Context>(guard));
  app.post("/pay", async (c) => {
    await begin();
    return way(c);
  });
  return served(createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as never);
}

playWays("hono", honoServer, {
  text: (c) => c.text("text", 201),
  json: (c) => c.json({ id: 1 }, 201, { Location: "/payments/1" }),
  html: (c) => c.html("<p>text</p>"),
  body: (c) => c.body(Uint8Array.from([0, 255, 128])),
  "no content": (c) => c.body(null, 204),
  redirect: (c) => c.redirect("/payments/1", 303),
  "lines of a header": (c) => {
    c.header("Link", "</a>; rel=x");
    c.header("Link", "</b>; rel=y", { append: true });
    c.header("Set-Cookie", "a=1");
    c.header("Set-Cookie", "b=2", { append: true });
    return c.text("text");
  },
  stream: (c) =>
    stream(c, async (out) => {
      for await (const chunk of slowly()) await out.write(chunk);
    }),
  streamText: (c) =>
    streamText(c, async (out) => {
      for await (const chunk of slowly()) await out.writeln(chunk);
    }),
  streamSSE: (c) =>
    streamSSE(c, async (out) => {
      for await (const data of slowly()) await out.writeSSE({ data });
    }),
  "a Response": () => new Response("text", { headers: { "x-own": "1" } }),
  "a Response of a stream": () => new Response(webStream()),
  "the request's own body": async (c) => c.json(await c.req.json()),
  "an HTTPException": () => {
    throw new HTTPException(402, { message: "Not enough." });
  },
  "no route": async (c) => c.notFound(),
});

type WebWay = (request: Request) => Response | Promise<Response>;

async function webServer(way: WebWay, { guard, begin }: Around): Promise<Mounted> {
  const handler = async (request: Request): Promise<Response> => {
    await begin();
    return way(request);
  };
  const fetch = guard === undefined ? handler : web.idempotency(guard, handler);
  return served(createAdaptorServer({ fetch, overrideGlobalObjects: false }) as never);
}

playWays(
  "web",
  webServer,
  {
    text: () => new Response("text", { status: 201 }),
    bytes: () => new Response(Uint8Array.from([0, 255, 128])),
    "no body": () => new Response(null),
    "no content": () => new Response(null, { status: 204 }),
    "Response.json": () => Response.json({ id: 1 }, { headers: { location: "/payments/1" } }),
    "Response.redirect": () => Response.redirect("http://localhost/payments/1", 303),
    "a blob": () => new Response(new Blob(["blob"], { type: "text/x-own" })),
    "a form": () => new Response(new URLSearchParams({ a: "1" })),
    "a stream": () => new Response(webStream()),
    "a stream that is there already": () => new Response(new Blob(CHUNKS).stream()),
    "the request's own body": (request) => new Response(request.body),
    "an error thrown": () => {
      throw FAILURE;
    },
  },
  { "an error thrown": INTERNAL },
);
