/** The frameworks: alone, and with oncekey over the memory store, so that the adapter is what differs. */
import { createAdaptorServer } from "@hono/node-server";
import expressApp, { type Response as Answer, type Request as Asked } from "express";
import fastifyApp, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import { idempotency as forExpress } from "oncekey/express";
import { idempotency as forFastify } from "oncekey/fastify";
import { idempotency as forHono } from "oncekey/hono";
import { memoryStore } from "oncekey/memory";
import { idempotency as forWeb } from "oncekey/web";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { listen, listening } from "./listen.ts";

const options = () => ({ store: memoryStore(), scope: "global" }) as const;

const payExpress =
  ({ counts }: Setting) =>
  (_request: Asked, response: Answer) => {
    response.status(STATUS).type("json").send(work(counts));
  };

export const express = (setting: Setting): Promise<Listening> =>
  listen(expressApp().use(expressApp.json()).post("/payments", payExpress(setting)));

export const expressGuarded = (setting: Setting): Promise<Listening> =>
  listen(
    expressApp()
      .use(expressApp.json())
      .post("/payments", forExpress(options()), payExpress(setting)),
  );

async function serveFastify(app: FastifyInstance, { counts }: Setting): Promise<Listening> {
  app.post("/payments", async (_request, reply) =>
    reply.code(STATUS).type("application/json").send(work(counts)),
  );
  await app.ready();
  return listening(app.server);
}

export const fastify = (setting: Setting): Promise<Listening> =>
  serveFastify(fastifyApp(), setting);

export async function fastifyGuarded(setting: Setting): Promise<Listening> {
  const app = fastifyApp();
  await app.register(forFastify(options()));
  return serveFastify(app, setting);
}

function serveHono(app: Hono, { counts }: Setting): Promise<Listening> {
  app.post("/payments", async (context) => {
    await context.req.text();
    return context.body(work(counts), STATUS, { "content-type": "application/json" });
  });
  return listening(createAdaptorServer(app));
}

export const hono = (setting: Setting): Promise<Listening> => serveHono(new Hono(), setting);

export function honoGuarded(setting: Setting): Promise<Listening> {
  const app = new Hono();
  app.use(forHono(options()));
  return serveHono(app, setting);
}

type Fetch = (request: Request) => Promise<Response>;

const payWeb =
  ({ counts }: Setting): Fetch =>
  async (request) => {
    await request.text();
    return new Response(work(counts), {
      ...{ status: STATUS, headers: { "content-type": "application/json" } },
    });
  };

/** Over the same bridge from Node's requests as Hono. */
const serveWeb = (fetch: Fetch): Promise<Listening> => listening(createAdaptorServer({ fetch }));

export const web = (setting: Setting): Promise<Listening> => serveWeb(payWeb(setting));

export const webGuarded = (setting: Setting): Promise<Listening> =>
  serveWeb(forWeb(options(), payWeb(setting)));
