/** The application under trial: one guard, and a handler that charges once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Mode } from "../chaos/cell.ts";
import type { Book, Ground } from "../chaos/ground.ts";
import { askedBy, guardsOf, guestOf } from "../chaos/guards.ts";
import type { Ledger } from "../chaos/ledger.ts";

/** A third of it is longer than a request takes under strace, so that renewals are rare. */
const LEASE_MS = 600;

/** Whatever a handler waits for between the two halves of its effect. */
export type Gate = () => Promise<void>;

const OPEN: Gate = async () => {};

export function createApplication(
  mode: Mode,
  ground: Ground,
  ledger: Ledger,
  gate: Gate = OPEN,
): Server {
  const common = { leaseMs: LEASE_MS, required: true, scope: guestOf };
  const guard = guardsOf(common, ground, (...given) => charge(ledger, gate, ...given))[mode];
  if (guard === undefined) throw new TypeError("This store has no transactions.");
  return createServer(guard);
}

/** The effect is on the disk before anything else is done. */
async function charge(
  ledger: Ledger,
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  book?: Book,
): Promise<void> {
  const asked = await askedBy(request);
  const { round, guest, token } = asked;

  ledger.write({ what: "effect", ...asked });
  ledger.sync();
  await book?.({ round, guest, token, leg: "debit" });
  await gate();
  await book?.({ round, guest, token, leg: "credit" });

  response.writeHead(201, { "Content-Type": "application/json", Location: `/charges/${token}` });
  response.end(JSON.stringify({ ...asked, by: process.pid }));
}

/** Resolves with where it listens. */
export function listening(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
