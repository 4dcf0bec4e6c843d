/** The application under trial: one guard, and a handler that charges once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { idempotency, idempotencyOf } from "oncekey/node";
import type { Mode } from "../chaos/cell.ts";
import { roundOf } from "../chaos/fragile-store.ts";
import type { Book, Ground } from "../chaos/ground.ts";
import type { Ledger } from "../chaos/ledger.ts";

/** A third of it is longer than a request takes under strace, so that renewals are rare. */
const LEASE_MS = 600;

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Whatever a handler waits for between the two halves of its effect. */
export type Gate = () => Promise<void>;

const OPEN: Gate = async () => {};

export function createApplication(
  mode: Mode,
  ground: Ground,
  ledger: Ledger,
  gate: Gate = OPEN,
): Server {
  return createServer(guardOf(mode, ground, (...given) => charge(ledger, gate, ...given)));
}

type Charge = (request: IncomingMessage, response: ServerResponse, book?: Book) => Promise<void>;

function guardOf(mode: Mode, ground: Ground, handler: Charge): Listener {
  const common = {
    leaseMs: LEASE_MS,
    required: true,
    scope: (request: IncomingMessage) => guestOf(request),
  };
  const { store, transactional } = ground;
  if (mode === "transactional") {
    if (transactional === undefined) throw new TypeError("This store has no transactions.");
    return idempotency(
      { ...common, store: transactional, effects: mode },
      (request: IncomingMessage, response: ServerResponse) =>
        handler(request, response, idempotencyOf<Book>(request).transaction),
    );
  }
  const effects = mode === "unrepeatable" ? mode : "repeatable";
  return idempotency(
    { ...common, store, effects },
    (request: IncomingMessage, response: ServerResponse) => handler(request, response),
  );
}

/** The effect is on the disk before anything else is done. */
async function charge(
  ledger: Ledger,
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  book?: Book,
): Promise<void> {
  const { token, attempt, deriveKey } = idempotencyOf(request);
  const round = roundOf(request.url ?? "");
  const guest = guestOf(request);
  const { amount } = JSON.parse(await text(request)) as { readonly amount: number };
  const derived = deriveKey("charge");

  ledger.write({ what: "effect", round, guest, amount, token, attempt, derived });
  ledger.sync();
  await book?.({ round, guest, token, leg: "debit" });
  await gate();
  await book?.({ round, guest, token, leg: "credit" });

  response.writeHead(201, { "Content-Type": "application/json", Location: `/charges/${token}` });
  response.end(JSON.stringify({ guest, amount, token, attempt, derived, by: process.pid }));
}

const guestOf = (request: IncomingMessage): string => String(request.headers["x-guest"]);

/** Resolves with where it listens. */
export function listening(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
