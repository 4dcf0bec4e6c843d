/** Two guards in front of one handler: the outer one owns the request, the inner one stands aside. */
import { equal } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import * as expressAdapter from "../../src/adapters/express.ts";
import * as fastifyAdapter from "../../src/adapters/fastify.ts";
import * as honoAdapter from "../../src/adapters/hono.ts";
import * as nodeAdapter from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const REQUEST = { method: "POST", headers: { "idempotency-key": "k1" } };

/** Sends it twice: one run, and a replay with the marker. */
async function runsOnce(send: () => Promise<Response>, runs: () => number): Promise<void> {
  const [first, again] = [await send(), await send()];
  equal(first.status, 201);
  equal(again.status, 201);
  equal(again.headers.get("idempotent-replayed"), "true");
  equal(await again.text(), await first.text());
  equal(runs(), 1);
}

test("P-63: a second guard in Express never answers for the first", async () => {
  const options = { store: memoryStore(), scope: "global" } as const;
  let runs = 0;
  const app = express();
  app.use(expressAdapter.idempotency(options));
  app.post("/pay", expressAdapter.idempotency(options), (_req, res) => {
    res.status(201).json({ run: ++runs });
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await runsOnce(
      () => fetch(`http://127.0.0.1:${port}/pay`, REQUEST),
      () => runs,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("P-63: a second guard in Fastify never answers for the first", async () => {
  const options = { store: memoryStore(), scope: "global" } as const;
  let runs = 0;
  const app = fastify();
  await app.register(fastifyAdapter.idempotency(options));
  await app.register(async (child) => {
    await child.register(fastifyAdapter.idempotency(options));
    child.post("/pay", async (_request, reply) => reply.code(201).send({ run: ++runs }));
  });
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    await runsOnce(
      () => fetch(`${address}/pay`, REQUEST),
      () => runs,
    );
  } finally {
    await app.close();
  }
});

test("P-63: a guard in Fastify never answers for one around Fastify", async () => {
  const options = { store: memoryStore(), scope: "global" } as const;
  let runs = 0;
  const app = fastify({
    serverFactory: (handler) => createServer(nodeAdapter.idempotency(options, handler)),
  });
  await app.register(fastifyAdapter.idempotency(options));
  app.post("/pay", async (request, reply) => {
    equal(fastifyAdapter.idempotencyOf(request).key, "k1");
    return reply.code(201).send({ run: ++runs });
  });
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    await runsOnce(
      () => fetch(`${address}/pay`, REQUEST),
      () => runs,
    );
  } finally {
    await app.close();
  }
});

test("P-63: a second guard in Hono never answers for the first", async () => {
  const options = { store: memoryStore(), scope: "global" } as const;
  let runs = 0;
  const app = new Hono();
  app.use(honoAdapter.idempotency(options));
  app.use(honoAdapter.idempotency(options));
  app.post("/pay", (c) => c.json({ run: ++runs }, 201));
  await runsOnce(
    async () => app.request("/pay", REQUEST),
    () => runs,
  );
});
