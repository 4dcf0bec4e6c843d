/** One of the API processes: Express, what protects it, and a kitchen that takes its time. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import { optionalIdempotencyOf } from "oncekey/express";
import { openLedger } from "./ledger.ts";
import { protection } from "./protection.ts";
import { openKitchen, type StoreName } from "./stores.ts";
import { REQUEST_FIELD, TRAP_FIELD, type Trap, trapIn } from "./trap.ts";
import { wishOf } from "./wish.ts";
import { say, whenTold } from "./worker.ts";

/** What a process is told at its start. */
export interface ApiSettings {
  /** Counted from 1. */
  readonly instance: number;
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
  /** Half of it before the effect and half after. */
  readonly cookingMs: number;
  readonly leaseMs: number;
  /** Whoever knows it may set traps. */
  readonly secret: string;
}

async function serve(settings: ApiSettings): Promise<void> {
  const { instance, cookingMs, leaseMs, secret } = settings;
  const kitchen = await openKitchen(settings.store, settings.address);
  const ledger = openLedger(settings.ledger);
  const app = express();
  app.disable("x-powered-by");
  app.use((_req, res, next) => {
    // Outside the guard, so it says who answered this request, and not who ran the first.
    res.setHeader("X-Instance", instance);
    next();
  });
  app.post(
    "/orders",
    protection({ instance, leaseMs, secret, notifier: kitchen.notifier }, kitchen),
    express.json(),
    express.urlencoded({ extended: false }),
    async (req: express.Request, res: express.Response) => {
      const context = optionalIdempotencyOf<unknown>(req);
      const token = context?.token ?? null;
      const dish = String(req.body.dish);
      const request = Number(req.get(REQUEST_FIELD) ?? 0);
      const record = (what: "run" | "effect") => {
        ledger.append({ what, instance, token, dish });
        return say({ happening: { what, request, instance, token, dish } });
      };
      await record("run");
      await pause(cookingMs / 2);
      if (context !== undefined && isTransactional(req) && kitchen.transactions !== undefined) {
        // Not in the ledger: it has not happened before the commit, and only the database knows of that.
        const written = { request, instance, token: context.token, dish };
        await kitchen.transactions.order(context.transaction, written);
        await say({ happening: { what: "written", ...written } });
      } else {
        await kitchen.order(dish);
        await record("effect");
      }
      await fallInto(trapIn(req.get(TRAP_FIELD), secret), instance);
      await pause(cookingMs / 2);
      if (req.is("urlencoded")) res.redirect(303, "/thanks");
      else {
        res.status(201);
        if (token !== null) res.location(`/orders/${token}`);
        res.json({ dish, cookedBy: instance });
      }
    },
  );
  const server = createServer(app).listen(0, "127.0.0.1", () => {
    void say({ ports: { orders: (server.address() as AddressInfo).port } });
  });
}

const isTransactional = ({ url }: express.Request): boolean =>
  wishOf(new URL(url, "http://playground").searchParams).effects === "transactional";

/** By the process itself, so that it is between its effect and its answer, and nowhere else. */
async function fallInto(trap: Trap | undefined, instance: number): Promise<void> {
  if (trap === "kill") process.kill(process.pid, "SIGKILL");
  if (trap !== "freeze") return;
  await say({ happening: { what: "frozen", instance, pid: process.pid } });
  process.kill(process.pid, "SIGSTOP");
}

whenTold(serve);
