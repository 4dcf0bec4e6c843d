/** One of the API processes: Express, a guard, and a kitchen that takes its time. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import { idempotency, idempotencyOf } from "oncekey/express";
import { openLedger } from "./ledger.ts";
import { openKitchen, type StoreName } from "./stores.ts";

/** What a process is told at its start. */
export interface ApiSettings {
  /** Counted from 1. */
  readonly instance: number;
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
}

/** Long enough for every duplicate to arrive while the first is still cooking. */
const COOKING_MS = 400;
/** Longer than any cooking: the duplicates of a form are to see the answer, and not a 409. */
const WAIT_MS = 10_000;

async function serve({ instance, store: name, address, ledger: path }: ApiSettings): Promise<void> {
  const { store, notifier, order } = await openKitchen(name, address);
  const ledger = openLedger(path);
  const app = express();
  app.disable("x-powered-by");
  app.use((_req, res, next) => {
    // Outside the guard, so it says who answered this request, and not who ran the first.
    res.setHeader("X-Instance", instance);
    next();
  });
  app.post(
    "/orders",
    idempotency({
      store,
      ...(notifier && { notifier }),
      scope: (req: express.Request) => req.get("x-guest"),
      required: true,
      waitMs: WAIT_MS,
    }),
    express.json(),
    async (req: express.Request, res: express.Response) => {
      const { token } = idempotencyOf(req);
      const dish = String(req.body.dish);
      ledger.append({ what: "run", instance, token, dish });
      await pause(COOKING_MS);
      await order(dish);
      ledger.append({ what: "effect", instance, token, dish });
      res.status(201).location(`/orders/${token}`).json({ dish, cookedBy: instance });
    },
  );
  const server = createServer(app).listen(0, "127.0.0.1", () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  // When the parent is gone there is nobody left to answer.
  process.once("disconnect", () => process.exit());
}

process.once("message", (settings: ApiSettings) => {
  serve(settings).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
