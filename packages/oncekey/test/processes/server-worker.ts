/**
 * A server of its own, in a process of its own: Express and oncekey over a shared database.
 *
 * Its handler writes down that it runs, has its effect and, if it is told to, stands still until
 * its parent lets it go on, or is killed at a point that no parent could hit.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import express, { type Request, type Response } from "express";
import { idempotency, optionalIdempotencyOf } from "../../src/adapters/express.ts";
import type { Store } from "../../src/core/store.ts";
import type { TransactionalStore } from "../../src/core/transaction.ts";
import type { GuardOptions } from "../../src/http/options.ts";
import { write } from "./ledger.ts";
import { open, type Place } from "./places.ts";

export interface Spec {
  readonly place: Place;
  readonly ledger: string;
  /** The guard's, as plain data. The scope is the header `x-user`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Stands still behind the effect. */
  readonly holds?: boolean;
  /** Is killed when the record is complete, before the answer has ended. */
  readonly diesComplete?: boolean;
  /** How long the handler takes. */
  readonly runMs?: number;
  /** 0 for any. */
  readonly port?: number;
}

/** From the server to its parent. */
export type Told =
  | { readonly is: "ready"; readonly port: number }
  /** The handler stands still, or its signal has fired. */
  | { readonly is: "reached" | "aborted"; readonly key: string };

const spec = JSON.parse(process.argv[2] ?? "") as Spec;
const { store, write: writeRow } = await open(spec.place);
const isTransactional = spec.options.effects === "transactional";
const tell = (told: Told): void => void process.send?.(told);

const goOn = new Promise<void>((resolve) => process.once("message", () => resolve()));

async function pay(request: Request, response: Response): Promise<void> {
  const context = optionalIdempotencyOf<unknown>(request);
  const { key = "", token = 0, attempt = 0 } = context ?? {};
  const entry = { key, token, attempt, pid: process.pid };
  write(spec.ledger, { what: "run", ...entry });
  context?.signal.addEventListener("abort", () => tell({ is: "aborted", key }));
  if (spec.runMs !== undefined) await pause(spec.runMs);
  if (isTransactional) await writeRow(context?.transaction, key);
  else write(spec.ledger, { what: "effect", ...entry });
  if (spec.holds) {
    tell({ is: "reached", key });
    await goOn;
  }
  response.status(201).location(`/payments/${token}`).json({ by: process.pid, token });
}

/** The same store; whoever completes a record in it does not live to tell. */
function deadly(living: Store | TransactionalStore<unknown>): typeof living {
  const die = (): Promise<never> => {
    process.kill(process.pid, "SIGKILL");
    return new Promise(() => {});
  };
  const dying: Store = {
    ...living,
    complete: (lease, result) => living.complete(lease, result).then(die),
  };
  if (!("transaction" in living)) return dying;
  return Object.assign(dying, {
    transaction: (...given: Parameters<typeof living.transaction>) =>
      living.transaction(...given).then(die),
  });
}

const options = {
  scope: (request: Request) => request.get("x-user"),
  ...spec.options,
  store: spec.diesComplete ? deadly(store) : store,
  // Plain data cannot be held to the type that belongs to its effects.
} as unknown as GuardOptions<Request>;

const app = express();
app.use(idempotency(options) as never);
app.all("/pay", pay);
const server = app.listen(spec.port ?? 0, "127.0.0.1");
await once(server, "listening");
tell({ is: "ready", port: (server.address() as AddressInfo).port });
