/** An application: a guard for each mode, and a handler that charges once. It does not know of the proxy. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { OncekeyEvent } from "oncekey";
import { createCrash } from "../chaos/crash.ts";
import { fragileStore, fragileTransactionalStore } from "../chaos/fragile-store.ts";
import type { Book, Ground } from "../chaos/ground.ts";
import { askedBy, type Guards, guardsOf, guestOf, noteLatecomer, serve } from "../chaos/guards.ts";
import { type Ledger, openLedger } from "../chaos/ledger.ts";
import { type Break, broken, brokenTransactional } from "./broken.ts";
import type { StoreName } from "./cell.ts";
import { type Drivers, LEASE_MS, openDrivers, STORE_TIMEOUT_MS } from "./drivers.ts";

/** What a process is told at its start. */
export interface ServerSettings {
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
  readonly drivers: Drivers;
  /** What is wrong with it on purpose. */
  readonly broken?: Break | undefined;
}

export type ToServer =
  | { readonly kind: "start"; readonly settings: ServerSettings }
  /** Answers once the store does. */
  | { readonly kind: "reach" };

export type FromServer =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "reached" };

/** A record that nobody has. */
const NOBODY = "0".repeat(64);
const RETRY_MS = 20;

let ground: Ground | undefined;

async function start(settings: ServerSettings): Promise<void> {
  const ledger = openLedger(settings.ledger);
  ground = await openDrivers(settings.store, settings.address, settings.drivers);
  const guards = guarded(ground, ledger, settings.broken);
  const server = createServer((request, response) => serve(guards, request, response));
  server.listen(0, "127.0.0.1", () => {
    send({ kind: "listening", port: (server.address() as AddressInfo).port });
  });
}

/** The points of the chaos harness are around the store, and never armed: they note what is kept. */
function guarded(on: Ground, ledger: Ledger, how: Break | undefined): Guards {
  const crash = createCrash(ledger);
  const { transactional } = on;
  const common = {
    leaseMs: LEASE_MS,
    storeTimeoutMs: STORE_TIMEOUT_MS,
    required: true,
    onStoreDown: how === "open" ? ("run" as const) : ("refuse" as const),
    scope: guestOf,
    onEvent: (event: OncekeyEvent) => noteLatecomer(event, ledger),
  };
  const fragile = {
    store: fragileStore(broken(on.store, how), crash, ledger),
    transactional:
      transactional &&
      fragileTransactionalStore(brokenTransactional(transactional, how), crash, ledger),
  };
  return guardsOf(common, fragile, (request, response, book) =>
    chargeOnce(request, response, ledger, book),
  );
}

/** The effect in two legs, then an answer in one piece: of it no byte may leave before its record. */
async function chargeOnce(
  request: IncomingMessage,
  response: ServerResponse,
  ledger: Ledger,
  book?: Book,
): Promise<void> {
  const asked = await askedBy(request);
  const { round, guest, token } = asked;
  await pause(Number(request.headers["x-dwell"] ?? 0));

  ledger.write({ what: "effect", ...asked });
  ledger.sync();
  await book?.({ round, guest, token, leg: "debit" });
  await book?.({ round, guest, token, leg: "credit" });

  response.writeHead(201, {
    "Content-Type": "application/json",
    Location: `/charges/${token}`,
    Link: ["</help>; rel=help", `</charges/${token}>; rel=self`],
  });
  response.end(JSON.stringify({ ...asked, by: process.pid }));
}

async function reach(): Promise<void> {
  for (;;) {
    try {
      await ground?.store.get(NOBODY);
      return send({ kind: "reached" });
    } catch {
      await pause(RETRY_MS);
    }
  }
}

function send(message: FromServer): void {
  // A harness that is gone is no error of ours.
  process.send?.(message, undefined, undefined, () => {});
}

process.on("message", (message: ToServer) => {
  const done = message.kind === "start" ? start(message.settings) : reach();
  done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// When the harness is gone there is nobody left to answer.
process.once("disconnect", () => process.exit());
