/** C-75: the same dashboard in Express, Fastify, Hono and `node:http`, over real sockets. */
import { equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { test } from "node:test";
import { serve as serveHono } from "@hono/node-server";
import { createDashboard, type Dashboard } from "@oncekey/dashboard";
import { fastifyDashboard } from "@oncekey/dashboard/fastify";
import { nodeListener, startDashboard } from "@oncekey/dashboard/node";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { memoryStore } from "oncekey/memory";
import { byHeader } from "./asking.ts";
import { claimed } from "./records.ts";
import { told } from "./told.ts";

interface Served {
  readonly port: number;
  close(): Promise<unknown>;
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function listening(server: Server): Promise<Served> {
  return { port: await portOf(server), close: async () => server.close() };
}

const MOUNTS: Readonly<Record<string, (dashboard: Dashboard) => Promise<Served>>> = {
  "node:http": (dashboard) =>
    listening(createServer(nodeListener(dashboard)).listen(0, "127.0.0.1")),
  Express: (dashboard) => {
    const app = express();
    app.use("/admin/oncekey", nodeListener(dashboard));
    app.use(express.json());
    return listening(app.listen(0, "127.0.0.1"));
  },
  Fastify: async (dashboard) => {
    const app = fastify();
    await app.register(fastifyDashboard(dashboard));
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { port: await portOf(app.server), close: () => app.close() };
  },
  Hono: (dashboard) => {
    const app = new Hono();
    app.all("/admin/oncekey/*", (c) => dashboard.fetch(c.req.raw, { native: c }));
    app.all("/admin/oncekey", (c) => dashboard.fetch(c.req.raw, { native: c }));
    const server = serveHono({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    return listening(server as Server);
  },
};

for (const [name, mount] of Object.entries(MOUNTS)) {
  test(`C-75: mounted in ${name}, the page, its files, the data and the stream are there`, async () => {
    const store = memoryStore();
    await claimed(store, { label: "POST /mounted" });
    const base = "/admin/oncekey";
    const dashboard = createDashboard({ inspector: store, authorize: byHeader, base });
    const { port, close } = await mount(dashboard);
    const origin = `http://127.0.0.1:${port}`;
    const headers = { "x-visitor": "ann/viewer" };
    try {
      const bare = await fetch(`${origin}${base}`, { headers, redirect: "manual" });
      equal(bare.status, 308);
      equal(bare.headers.get("location"), `${base}/`);
      const page = await fetch(`${origin}${base}/`, { headers });
      equal(page.status, 200);
      const [, script] = /src="\.\/([^"]+)"/.exec(await page.text()) ?? [];
      const file = await fetch(`${origin}${base}/${script}`, { headers });
      match(file.headers.get("content-type") ?? "", /javascript/);
      match(await file.text(), /oncekey/);
      const list = await fetch(`${origin}${base}/api/records`, {
        method: "POST",
        headers: {
          ...{ ...headers, origin, "x-oncekey-dashboard": "1" },
          "content-type": "application/json",
        },
        body: "{}",
      });
      equal(list.status, 200);
      ok((await list.text()).includes("POST /mounted"));
      equal((await fetch(`${origin}${base}/api/records`, { method: "POST" })).status, 403);
      equal((await fetch(`${origin}${base}/`)).status, 401);

      const live = await fetch(`${origin}${base}/api/live`, { headers });
      equal(live.headers.get("content-type"), "text/event-stream");
      const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      dashboard.onEvent(told("replayed", { label: "POST /live" }));
      while (!text.includes("POST /live")) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) throw new Error("The stream ended too early.");
        text += chunk.value;
      }
      await reader?.cancel();
    } finally {
      dashboard.close();
      await close();
    }
  });
}

test("C-75: alone, it serves the page, and ends with its streams", async () => {
  const alone = await startDashboard({ inspector: memoryStore() });
  const page = await fetch(alone.url);
  equal(page.status, 200);
  match(await page.text(), /<title>oncekey dashboard<\/title>/);
  const live = await fetch(`${alone.url}api/live`);
  equal(live.status, 200);
  await alone.close();
});

test("a request that is no request to us is refused, and the server goes on", async () => {
  const dashboard = createDashboard({ inspector: memoryStore(), authorize: byHeader });
  const server = createServer(nodeListener(dashboard)).listen(0, "127.0.0.1");
  const port = await portOf(server);
  const wrong = await fetch(`http://127.0.0.1:${port}//`, { headers: { "x-visitor": "a/viewer" } });
  ok(wrong.status >= 400);
  const right = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-visitor": "a/viewer" } });
  equal(right.status, 200);
  server.close();
});
