/** One of the five server processes: a guard for each mode, and a handler that charges once. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { OncekeyEvent } from "oncekey";
import type { StoreName } from "./cell.ts";
import { shiftClock } from "./clock.ts";
import { type Crash, createCrash, type Order } from "./crash.ts";
import { fragileStore, fragileTransactionalStore } from "./fragile-store.ts";
import { type Book, type Ground, openGround } from "./ground.ts";
import { askedBy, type Guards, guardsOf, guestOf, noteLatecomer, serve } from "./guards.ts";
import { type Ledger, openLedger } from "./ledger.ts";

/** What a process is told at its start. */
export interface ServerSettings {
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
  readonly leaseMs: number;
  readonly waitMs: number;
  /** How wrong its clock is. */
  readonly clockMs: number;
}

export type ToServer =
  | { readonly kind: "start"; readonly settings: ServerSettings }
  | { readonly kind: "arm"; readonly order: Order }
  | { readonly kind: "memory" };

export type FromServer =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "armed" }
  | { readonly kind: "memory"; readonly bytes: number };

/** Less than the stop of two leases, so that some calls are given up and others come back late. */
const STORE_TIMEOUT_MS = 2_000;
/** For a process to notice that its client has left. */
const NOTICING_MS = 10;
/** Stands in the second part of the body: a piece of the answer that holds it is not the first. */
const TAIL = '"tail":"';

async function start(settings: ServerSettings): Promise<void> {
  const ledger = openLedger(settings.ledger);
  const crash = createCrash(ledger);
  // The database clients are given the right time: they are not what is tried here.
  const ground = await openGround(settings.store, settings.address);
  shiftClock(settings.clockMs);
  const guards = guarded(settings, ground, crash, ledger);
  const server = createServer((request, response) => {
    const [, , round] = (request.url ?? "").split("/");
    if (crash.due("mid-response", round) !== undefined) breakResponse(request.socket, round, crash);
    return serve(guards, request, response);
  });
  process.on("message", (message: ToServer) => {
    if (message.kind === "memory") send({ kind: "memory", bytes: process.memoryUsage().rss });
    if (message.kind !== "arm") return;
    crash.arm(message.order);
    send({ kind: "armed" });
  });
  server.listen(0, "127.0.0.1", () => {
    send({ kind: "listening", port: (server.address() as AddressInfo).port });
  });
}

function guarded(
  { leaseMs, waitMs }: ServerSettings,
  ground: Ground,
  crash: Crash,
  ledger: Ledger,
): Guards {
  const { store, transactional } = ground;
  const common = {
    leaseMs,
    waitMs,
    ...(ground.notifier !== undefined && { notifier: ground.notifier }),
    storeTimeoutMs: STORE_TIMEOUT_MS,
    required: true,
    scope: guestOf,
    onEvent: (event: OncekeyEvent) => noteLatecomer(event, ledger),
  };
  const fragile = {
    store: fragileStore(store, crash, ledger),
    transactional: transactional && fragileTransactionalStore(transactional, crash, ledger),
  };
  return guardsOf(common, fragile, (request, response, book) =>
    chargeOnce(request, response, crash, ledger, book),
  );
}

/** The effect, in two steps with a crash point between; then an answer in two pieces. */
async function chargeOnce(
  request: IncomingMessage,
  response: ServerResponse,
  crash: Crash,
  ledger: Ledger,
  book?: Book,
): Promise<void> {
  const asked = await askedBy(request);
  const { round, guest, token } = asked;
  await pause(Number(request.headers["x-dwell"] ?? 0));
  const threw = () => new Error("Injected: the handler failed.");

  ledger.write({ what: "effect", ...asked });
  await book?.({ round, guest, token, leg: "debit" });
  if (crash.at("mid-effect", round, threw)) await pause(NOTICING_MS);
  await book?.({ round, guest, token, leg: "credit" });
  ledger.sync();
  if (crash.at("after-effect", round, threw)) await pause(NOTICING_MS);

  response.writeHead(201, {
    "Content-Type": "application/json",
    Location: `/charges/${token}`,
    Link: ["</help>; rel=help", `</charges/${token}>; rel=self`],
  });
  response.write(JSON.stringify({ ...asked, by: process.pid }).replace(/\}$/, ","));
  response.end(`${TAIL}${"x".repeat(100)}"}`);
}

/** Hits when a part of the answer is on the wire and the rest is not. */
function breakResponse(socket: Socket, round: string | undefined, crash: Crash): void {
  const write = socket.write.bind(socket) as (...values: unknown[]) => boolean;
  const broken = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const bytes = Buffer.from(chunk as string);
    const tail = bytes.indexOf(TAIL);
    if (tail === -1 || crash.due("mid-response", round) === undefined) return write(chunk, ...rest);
    write(bytes.subarray(0, tail + TAIL.length));
    socket.uncork();
    try {
      crash.at("mid-response", round, () => new Error("Injected: the connection broke."));
    } catch {
      socket.destroy();
      return false;
    }
    return write(bytes.subarray(tail + TAIL.length), ...rest);
  };
  socket.write = broken as typeof socket.write;
}

function send(message: FromServer): void {
  process.send?.(message);
}

process.once("message", (message: ToServer) => {
  if (message.kind !== "start") return;
  start(message.settings).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// When the harness is gone there is nobody left to answer.
process.once("disconnect", () => process.exit());
