/**
 * The npm package express-idempotency, set up as its README has it: after the body's parser, with
 * its own memory, and a handler that stands aside when the middleware has answered.
 */
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";
import { SLOW_MS } from "./restaurant.ts";
import { type Serving, serve } from "./serving.ts";

const EVERY_BYTE = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));

type Answering = (response: express.Response, id: number) => unknown;

const ANSWERS: Readonly<Record<string, Answering>> = {
  "/refused": (response, id) => response.status(402).send({ declined: id }),
  "/broken": (response, id) => response.status(503).send({ broken: id }),
  "/away": (response, id) => response.redirect(303, `/payments/${id}`),
  "/empty": (response) => response.status(204).send(),
  "/binary": (response) => response.send(EVERY_BYTE),
  "/large": (response) => response.send("x".repeat(512 * 1024)),
};

const created: Answering = (response, id) =>
  response.status(201).location(`/payments/${id}`).send({ id });

export function servePeer(): Promise<Serving> {
  let runs = 0;
  const app = express();
  // Its errors are answered by Express, which would print them as well.
  app.set("env", "test");
  app.get("/runs", (_request, response) => void response.send({ runs }));
  app.use(express.json());
  app.post("/{*path}", idempotency());
  app.all("/{*path}", async (request, response) => {
    if (getSharedIdempotencyService().isHit(request)) return;
    runs += 1;
    const id = runs;
    if (request.path === "/slow") await pause(SLOW_MS);
    (ANSWERS[request.path] ?? created)(response, id);
  });
  return serve(app);
}

export const PEER_DESCRIPTION = {
  profile: "draft",
  body: { amount: "{{n}}" },
  count: { url: "/runs", pointer: "/runs" },
  // It knows no principals, but an application that has it does.
  principals: [{ Authorization: "Bearer ann" }, { Authorization: "Bearer bob" }],
  behaviours: {
    slow: { path: "/slow", ms: SLOW_MS },
    clientError: { path: "/refused" },
    serverError: { path: "/broken" },
    redirect: { path: "/away" },
    empty: { path: "/empty" },
    binary: { path: "/binary" },
    large: { path: "/large" },
    read: { path: "/menu" },
  },
};
