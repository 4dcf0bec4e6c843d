/** The reference application behind Fastify. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as adapter from "../../src/adapters/fastify.ts";
import type { Application, Call, Reply } from "../../src/conformance/adapter.ts";
import { ofNode, replyOverNode } from "./node-mounts.ts";
import { grouped, type Mount, optionsOf, served } from "./served.ts";

export const mountFastify: Mount = async (application) => {
  const app = fastify();
  addOutside(app, application);
  if (application.parser === undefined) {
    // Fastify's parser answers 400 to what is no JSON, and 415 to types that it does not know,
    // before anything else looks; the cases send all sorts.
    app.removeAllContentTypeParsers();
  } else {
    // Somebody reads the stream, and hands on another: our hook comes too late for the bytes.
    app.addHook("preParsing", async (_request, _reply, payload) => {
      const bytes = await buffer(payload);
      return Object.assign(Readable.from([bytes]), { receivedEncodedLength: bytes.length });
    });
  }
  const parseAs = application.parser === "text" ? "string" : "buffer";
  app.addContentTypeParser("*", { parseAs }, (_request, body, done) => done(null, body));
  if (application.compresses) addCompression(app);

  const scoped = (request: FastifyRequest) => ofNode(request.raw);
  const mount = async (parent: FastifyInstance) => {
    await parent.register(adapter.idempotency(optionsOf(application, scoped)) as never);
    parent.addHook("preHandler", async (request, reply) => {
      const refused = application.inside?.(ofNode(request.raw));
      return refused === undefined ? undefined : replyOverFastify(reply, refused);
    });
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      handle(application, request, reply);
    parent.all("/", handler);
    parent.all("/*", handler);
  };
  if (application.at === undefined) await mount(app);
  for (const prefix of application.at ?? []) await app.register(mount, { prefix });
  await app.ready();
  return served(app.server);
};

function addOutside(app: FastifyInstance, application: Application): void {
  app.addHook("onRequest", async (request, reply) => {
    const { headers = [], refuse } = application.outside?.(ofNode(request.raw)) ?? {};
    for (const [name, value] of grouped(headers)) reply.header(name, value);
    if (refuse === undefined) return;
    return replyOverFastify(reply, refuse);
  });
}

/** What `@fastify/compress` does, as far as a test needs it. */
function addCompression(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const asked = request.headers["accept-encoding"]?.includes("gzip");
    const isWhole = typeof payload === "string" || payload instanceof Uint8Array;
    if (!asked || !isWhole || reply.hasHeader("content-encoding")) return payload;
    reply.header("content-encoding", "gzip");
    reply.removeHeader("content-length");
    return gzipSync(payload);
  });
}

async function handle(
  application: Application,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { body } = request;
  const call: Call = {
    ...ofNode(request.raw),
    idempotency: adapter.optionalIdempotencyOf(request),
    parsed: body,
    async text() {
      if (body instanceof Uint8Array) return Buffer.from(body).toString();
      return typeof body === "string" ? body : (JSON.stringify(body) ?? "");
    },
  };
  const answer = await application.handler(call);
  if (isRaw(answer)) return overRaw(reply, answer);
  return replyOverFastify(reply, answer);
}

function replyOverFastify(reply: FastifyReply, answer: Reply): FastifyReply {
  reply.code(answer.status);
  for (const [name, value] of grouped(answer.headers ?? [])) reply.header(name, value);
  // As bytes: to text of type JSON Fastify would add a charset, which no other application has.
  return reply.send(typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body);
}

/** What Fastify has no words for is said on Node's own response. */
const isRaw = ({ body, cut, early }: Reply): boolean =>
  cut === true ||
  early !== undefined ||
  (typeof body === "object" && !(body instanceof Uint8Array));

async function overRaw(reply: FastifyReply, answer: Reply): Promise<unknown> {
  reply.hijack();
  const raw: ServerResponse<IncomingMessage> = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  await replyOverNode(raw, answer);
  return reply;
}
