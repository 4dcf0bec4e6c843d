/** An application: a guard for each mode, and a handler that charges once. It does not know of the proxy. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { OncekeyEvent } from "oncekey";
import { idempotency, idempotencyOf } from "oncekey/node";
import { createCrash } from "../chaos/crash.ts";
import { fragileStore, fragileTransactionalStore, roundOf } from "../chaos/fragile-store.ts";
import type { Book, Ground } from "../chaos/ground.ts";
import { type Ledger, openLedger } from "../chaos/ledger.ts";
import { type Break, broken, brokenTransactional } from "./broken.ts";
import type { Mode, StoreName } from "./cell.ts";
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

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A record that nobody has. */
const NOBODY = "0".repeat(64);
const RETRY_MS = 20;

let ground: Ground | undefined;

async function serve(settings: ServerSettings): Promise<void> {
  const ledger = openLedger(settings.ledger);
  ground = await openDrivers(settings.store, settings.address, settings.drivers);
  const guards = guardsOf(ground, ledger, settings.broken);
  const server = createServer((request, response) => {
    const [, mode = ""] = (request.url ?? "").split("/");
    const guard = guards[mode as Mode];
    if (guard !== undefined) return guard(request, response);
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1", () => {
    send({ kind: "listening", port: (server.address() as AddressInfo).port });
  });
}

/** The points of the chaos harness are around the store, and never armed: they note what is kept. */
function guardsOf(
  on: Ground,
  ledger: Ledger,
  how: Break | undefined,
): Partial<Record<Mode, Listener>> {
  const crash = createCrash(ledger);
  const common = {
    leaseMs: LEASE_MS,
    storeTimeoutMs: STORE_TIMEOUT_MS,
    required: true,
    onStoreDown: how === "open" ? ("run" as const) : ("refuse" as const),
    scope: (request: IncomingMessage) => guestOf(request),
    onEvent: (event: OncekeyEvent) => note(event, ledger),
  };
  const store = fragileStore(broken(on.store, how), crash, ledger);
  const charge = (request: IncomingMessage, response: ServerResponse) =>
    chargeOnce(request, response, ledger);
  const repeatable = idempotency({ ...common, store, effects: "repeatable" }, charge);
  const guards: Partial<Record<Mode, Listener>> = {
    unrepeatable: idempotency({ ...common, store, effects: "unrepeatable" }, charge),
    repeatable,
    // The same application: it is the downstream, and so the counting, that differs.
    deduplicated: repeatable,
  };
  if (on.transactional === undefined) return guards;
  const honest = brokenTransactional(on.transactional, how);
  const transactional = fragileTransactionalStore(honest, crash, ledger);
  guards.transactional = idempotency(
    { ...common, store: transactional, effects: "transactional" },
    (request: IncomingMessage, response: ServerResponse) =>
      chargeOnce(request, response, ledger, idempotencyOf<Book>(request).transaction),
  );
  return guards;
}

function note(event: OncekeyEvent, ledger: Ledger): void {
  const round = "record" in event ? roundOf(event.label) : "";
  if (event.type === "superseded") ledger.write({ what: "superseded", round });
  const isLate = event.type === "lease-lost" && event.reason.includes("in time");
  if (isLate) ledger.write({ what: "lease-lost", round });
}

/** The effect in two legs, then an answer in one piece: of it no byte may leave before its record. */
async function chargeOnce(
  request: IncomingMessage,
  response: ServerResponse,
  ledger: Ledger,
  book?: Book,
): Promise<void> {
  const { token, attempt, deriveKey } = idempotencyOf(request);
  const round = roundOf(request.url ?? "");
  const guest = guestOf(request);
  const { amount } = JSON.parse(await text(request)) as { readonly amount: number };
  const derived = deriveKey("charge");
  await pause(Number(request.headers["x-dwell"] ?? 0));

  ledger.write({ what: "effect", round, guest, amount, token, attempt, derived });
  ledger.sync();
  await book?.({ round, guest, token, leg: "debit" });
  await book?.({ round, guest, token, leg: "credit" });

  response.writeHead(201, {
    "Content-Type": "application/json",
    Location: `/charges/${token}`,
    Link: ["</help>; rel=help", `</charges/${token}>; rel=self`],
  });
  response.end(JSON.stringify({ round, guest, amount, token, attempt, derived, by: process.pid }));
}

const guestOf = (request: IncomingMessage): string => String(request.headers["x-guest"]);

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
  const done = message.kind === "start" ? serve(message.settings) : reach();
  done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// When the harness is gone there is nobody left to answer.
process.once("disconnect", () => process.exit());
