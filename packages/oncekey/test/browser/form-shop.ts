/**
 * A shop whose pages have no script, on Express as in docs/recipes/plain-form.md. It counts what it
 * has done. A dish called "poison" is refused; of one called "late" nobody is told at first whether
 * the kitchen has it.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import express, { type Request, type Response } from "express";
import { idempotency, idempotencyOf } from "../../src/adapters/express.ts";
import { hiddenField } from "../../src/http/form.ts";
import { memoryStore } from "../../src/stores/memory.ts";

export interface FormShop {
  readonly origin: string;
  /** What the kitchen was given, once for each time that it was done. */
  readonly effects: string[];
  /** The key of each run of a handler. */
  readonly runs: string[];
  /** Every POST, and what it was answered; nothing where the browser had left. */
  readonly posts: Post[];
  /** From now on the kitchen works until `go`. */
  hold(): { go(): void };
  /** The next order's connection is cut while the kitchen works. */
  cuts: boolean;
  close(): Promise<void>;
}

interface Post {
  status?: number;
  location?: string | undefined;
  /** The key that came beside the form. */
  readonly header: string | undefined;
  /** Whether its connection had carried a request before. */
  readonly isReused: boolean;
}

/** A form, with its key from the page before it or with a new one. */
const formOf = (url: string, target: string, note = "", key?: string): string =>
  `<!doctype html><link rel="icon" href="data:,"><title>Order</title><p>${note}</p>
  <form method="post" action="${url}" target="${target}">${hiddenField({ key })}
  <input name="dish" required value="soup"><button id="pay">Pay</button></form>`;

export async function formShop(): Promise<FormShop> {
  const [effects, runs, posts]: [string[], string[], Post[]] = [[], [], []];
  const store = memoryStore();
  const kitchen = new Map<string, number>();
  const used = new WeakMap<Socket, number>();
  let opened: Promise<void> | undefined;

  const app = express();
  app.get(["/orders", "/impatient", "/repeatable"], (req, res) => {
    res.set("cache-control", "no-store").send(formOf(req.path, String(req.query.target ?? "")));
  });
  app.get("/done/:number", (req, res) => {
    res.send(`<!doctype html><title>Done</title><p>Order ${req.params.number}</p>`);
  });
  app.post("/*path", (req, res, next) => {
    const isReused = (used.get(req.socket) ?? 0) > 1;
    const post: Post = { header: req.get("idempotency-key"), isReused };
    posts.push(post);
    res.once("finish", () => {
      Object.assign(post, { status: res.statusCode, location: res.get("location") });
    });
    next();
  });

  const options = { store, notifier: store.notifier, scope: "global", required: true } as const;
  const field = { ...options, formField: "_idempotency_key" };
  const form = express.urlencoded({ extended: false });
  app.post("/orders", idempotency({ ...field, waitMs: 30_000 }), form, order);
  app.post("/impatient", idempotency(field), form, order);
  const repeatable = { ...field, effects: "repeatable", waitMs: 30_000 } as const;
  app.post("/repeatable", idempotency(repeatable), form, order);

  async function order(req: Request, res: Response): Promise<void> {
    const { key, deriveKey, giveUp } = idempotencyOf(req);
    const { dish } = req.body;
    runs.push(key);
    res.set("cache-control", "no-store");
    if (dish === "poison") {
      res.status(422).send(formOf(req.path, "", "We do not serve that."));
      return;
    }
    const known = kitchen.get(deriveKey("kitchen"));
    const number = known ?? effects.push(dish);
    kitchen.set(deriveKey("kitchen"), number);
    if (shop.cuts) req.socket.destroy();
    shop.cuts = false;
    await opened;
    if (dish === "late" && known === undefined) {
      giveUp();
      res.status(502).send(formOf(req.path, "", "We could not confirm your order.", key));
      return;
    }
    res.redirect(303, `/done/${number}`);
  }

  const server = createServer((request, response) => {
    used.set(request.socket, (used.get(request.socket) ?? 0) + 1);
    app(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const shop: FormShop = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    runs,
    posts,
    cuts: false,
    hold() {
      let go = (): void => {};
      opened = new Promise((resolve) => {
        go = resolve;
      });
      return { go };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return shop;
}
