/** One application process: a guard for each mode, and a handler that charges, and may stand still. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { OncekeyEvent } from "oncekey";
import { roundOf } from "../chaos/fragile-store.ts";
import type { Book, Ground } from "../chaos/ground.ts";
import { askedBy, type Guards, guardsOf, serve } from "../chaos/guards.ts";
import { type Ledger, openLedger } from "../chaos/ledger.ts";
import { type Breakage, withoutFence } from "./broken.ts";
import { type Durability, isConfirmed, type StoreName } from "./cell.ts";
import { openGround } from "./ground.ts";

export interface ApplicationSettings {
  readonly store: StoreName;
  readonly durability: Durability;
  readonly address: string;
  readonly ledger: string;
  /** Undefined: as the documentation says. */
  readonly breakage?: Breakage | undefined;
}

export type ToApplication =
  | { readonly kind: "start"; readonly settings: ApplicationSettings }
  /** Handlers stand still after their effect, until they are told to go on. */
  | { readonly kind: "hold" | "go-on" };

export interface FromApplication {
  readonly port: number;
}

/** Longer than a failover of a server that is not busy, so that leases are there to outlive it. */
export const LEASE_MS = 1_500;
/** Enough for all claims of a drill that wait for their replica one behind the other. */
const STORE_TIMEOUT_MS = 2_000;

let goOn: () => void = () => {};
let held: Promise<void> = Promise.resolve();

async function start(settings: ApplicationSettings): Promise<void> {
  const ledger = openLedger(settings.ledger);
  const guards = guarded(await groundOf(settings), ledger);
  const server = createServer((request, response) => serve(guards, request, response));
  const tell = () => {
    process.send?.({ port: (server.address() as AddressInfo).port } satisfies FromApplication);
  };
  process.on("message", ({ kind }: ToApplication) => {
    if (kind === "go-on") goOn();
    if (kind === "hold") {
      held = new Promise((resolve) => {
        goOn = resolve;
      });
    }
    tell();
  });
  server.listen(0, "127.0.0.1", tell);
}

async function groundOf({
  store,
  durability,
  address,
  breakage,
}: ApplicationSettings): Promise<Ground> {
  const isWaiting = isConfirmed(durability) && breakage !== "unconfirmed";
  const ground = await openGround(store, address, isWaiting);
  return breakage === "unfenced" ? withoutFence(ground) : ground;
}

function guarded(ground: Ground, ledger: Ledger): Guards {
  const common = {
    leaseMs: LEASE_MS,
    storeTimeoutMs: STORE_TIMEOUT_MS,
    required: true,
    scope: () => "ann",
    onEvent: (event: OncekeyEvent) => note(event, ledger),
  };
  return guardsOf(common, ground, (request, response, book) =>
    chargeOnce(request, response, ledger, book),
  );
}

function note(event: OncekeyEvent, ledger: Ledger): void {
  if (event.type === "superseded")
    ledger.write({ what: "superseded", round: roundOf(event.label) });
}

/** The effect in two steps; then, where it was told so, the handler stands still. */
async function chargeOnce(
  request: IncomingMessage,
  response: ServerResponse,
  ledger: Ledger,
  book?: Book,
): Promise<void> {
  const asked = await askedBy(request);
  const { round, guest, token } = asked;

  await book?.({ round, guest, token, leg: "debit" });
  await book?.({ round, guest, token, leg: "credit" });
  ledger.write({ what: "effect", ...asked });
  ledger.sync();
  await held;

  response.writeHead(201, { "Content-Type": "application/json", Location: `/charges/${token}` });
  response.end(JSON.stringify({ ...asked, by: process.pid }));
}

process.once("message", (message: ToApplication) => {
  if (message.kind !== "start") return;
  start(message.settings).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// When the harness is gone there is nobody left to answer.
process.once("disconnect", () => process.exit());
