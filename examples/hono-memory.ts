/** Hono with records in memory: for development, or for one process that may forget. */
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { idempotency } from "oncekey/hono";
import { memoryStore } from "oncekey/memory";

const store = memoryStore();
const app = new Hono();
app.use(
  "/messages/*",
  idempotency({
    store,
    notifier: store.notifier,
    scope: (c: Context) => c.req.header("x-user-id"),
    waitMs: 10_000,
  }),
);

const sent: string[] = [];
app.post("/messages", async (c) => {
  const { text } = await c.req.json<{ text: string }>();
  sent.push(text);
  return c.json({ id: sent.length }, 201);
});
app.get("/messages", (c) => c.json(sent));

const port = Number(process.env.PORT ?? 3000);
serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, (info) => {
  console.log("listening on", info);
});
