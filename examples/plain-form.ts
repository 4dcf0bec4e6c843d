/** A form without a script: the key is in the page, and three clicks lead to one order. */
import { randomUUID } from "node:crypto";
import express, { type Request } from "express";
import { idempotency } from "oncekey/express";
import { hiddenField } from "oncekey/form";
import { memoryStore } from "oncekey/memory";

const store = memoryStore();
const app = express();

/** Nobody signs in here, so each visitor has a random cookie of their own; never a shared word. */
const visitorOf = (req: Request) => /(?:^|; )visitor=([\w-]+)/.exec(req.get("cookie") ?? "")?.[1];

app.get("/", (req, res) => {
  const visitor = visitorOf(req) ?? randomUUID();
  res.cookie("visitor", visitor, { httpOnly: true, sameSite: "lax" });
  res.set("cache-control", "no-store");
  res.send(`<!doctype html><title>Order</title>
    <form method="post" action="/orders">
      ${hiddenField()}
      <label>Dish <input name="dish" required></label>
      <button>Order</button>
    </form>`);
});

const orders: string[] = [];
app.post(
  "/orders",
  idempotency({
    store,
    notifier: store.notifier,
    scope: visitorOf,
    formField: "_idempotency_key",
    waitMs: 10_000,
    required: true,
  }),
  express.urlencoded({ extended: false }),
  (req, res) => {
    orders.push(req.body.dish);
    res.redirect(303, `/orders/${orders.length}`);
  },
);
app.get("/orders/:id", (req, res) => {
  res.type("text").send(`Order number ${req.params.id}: thank you.`);
});
app.get("/orders", (_req, res) => {
  res.json(orders);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log("listening on", server.address());
});
