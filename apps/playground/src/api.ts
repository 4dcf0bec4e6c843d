/** One of the API processes: Express, what protects it, and a kitchen that takes its time. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import { optionalIdempotencyOf } from "oncekey/express";
import type { Happening } from "./happening.ts";
import { openLedger } from "./ledger.ts";
import { protection } from "./protection.ts";
import { openKitchen, type StoreName } from "./stores.ts";
import { REQUEST_FIELD, TRAP_FIELD } from "./trap.ts";

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
}

/** What a process says to its parent. */
export type Said = { readonly port: number } | { readonly happening: Happening };

/** Resolves when the parent has it: who is about to be killed has said its last. */
const say = (said: Said): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(said, undefined, undefined, () => resolve());
  });

async function serve(settings: ApiSettings): Promise<void> {
  const { instance, cookingMs, leaseMs } = settings;
  const { store, notifier, order } = await openKitchen(settings.store, settings.address);
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
    protection({
      store,
      notifier,
      leaseMs,
      tell(request, { type, ...more }) {
        const { waitedMs, attempt } = more;
        void say({
          happening: {
            ...{ what: "engine", request, instance, event: type },
            ...(waitedMs !== undefined && { waitedMs }),
            ...(attempt !== undefined && { attempt }),
          },
        });
      },
    }),
    express.json(),
    express.urlencoded({ extended: false }),
    async (req: express.Request, res: express.Response) => {
      const token = optionalIdempotencyOf(req)?.token ?? null;
      const dish = String(req.body.dish);
      const request = Number(req.get(REQUEST_FIELD) ?? 0);
      const record = (what: "run" | "effect") => {
        ledger.append({ what, instance, token, dish });
        return say({ happening: { what, request, instance, token, dish } });
      };
      await record("run");
      await pause(cookingMs / 2);
      await order(dish);
      await record("effect");
      await fallInto(req.get(TRAP_FIELD), instance);
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
    void say({ port: (server.address() as AddressInfo).port });
  });
  // When the parent is gone there is nobody left to answer.
  process.once("disconnect", () => process.exit());
}

/** By the process itself, so that it is between its effect and its answer, and nowhere else. */
async function fallInto(trap: string | undefined, instance: number): Promise<void> {
  if (trap === "kill") process.kill(process.pid, "SIGKILL");
  if (trap !== "freeze") return;
  await say({ happening: { what: "frozen", instance, pid: process.pid } });
  process.kill(process.pid, "SIGSTOP");
}

process.once("message", (settings: ApiSettings) => {
  serve(settings).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
