/** A process under long load: the guards that an application would have, and a gauge on itself. */
import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { startReaper } from "oncekey";
import { idempotency, idempotencyOf } from "oncekey/node";
import type { StoreName } from "../chaos/cell.ts";
import { openGround } from "../chaos/ground.ts";
import { openLedger } from "../chaos/ledger.ts";
import type { Reading } from "./flat.ts";

export interface Settings {
  readonly store: StoreName;
  readonly address: string;
  readonly ledger: string;
  readonly retentionMs: number;
  /** Keeps a little of every request for ever, so that the soak itself can be tried. */
  readonly leaks: boolean;
}

export type ToProcess = { readonly start: Settings } | { readonly read: true };
export type FromProcess = { readonly port: number } | Reading;

const WAIT_MS = 2_000;
const REAP_MS = 2_000;
/** More than a page of the answers' store, and less than what is too large to keep. */
const LARGE = "x".repeat(64 * 1_024);

const leaked: unknown[] = [];

async function serve(settings: Settings): Promise<void> {
  const ground = await openGround(settings.store, settings.address);
  const ledger = openLedger(settings.ledger);
  startReaper(ground.store, { everyMs: REAP_MS });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token, attempt, deriveKey } = idempotencyOf(request);
    const round = (request.url ?? "").split("/").at(-1) ?? "";
    const { amount } = JSON.parse(await text(request)) as { readonly amount: number };
    const guest = String(request.headers["x-guest"]);
    if (settings.leaks) leaked.push(Buffer.alloc(16_384));
    await pause(Number(request.headers["x-dwell"] ?? 0));
    const entry = { round, guest, amount, token, attempt, derived: deriveKey("charge") };
    ledger.write({ what: "effect", ...entry });
    response.writeHead(201, { "Content-Type": "application/json" });
    response.write(JSON.stringify(entry));
    response.end(amount % 50 === 0 ? LARGE : "");
  }

  const common = {
    waitMs: WAIT_MS,
    retentionMs: settings.retentionMs,
    required: true,
    scope: (request: IncomingMessage) => String(request.headers["x-guest"]),
    ...(ground.notifier !== undefined && { notifier: ground.notifier }),
  };
  const { store, transactional } = ground;
  const guards: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
    unrepeatable: idempotency({ ...common, store, effects: "unrepeatable" }, handle),
    repeatable: idempotency({ ...common, store, effects: "repeatable" }, handle),
    ...(transactional !== undefined && {
      transactional: idempotency(
        { ...common, store: transactional, effects: "transactional" },
        handle,
      ),
    }),
  };
  const server = createServer((request, response) => {
    const guard = guards[(request.url ?? "").split("/")[1] ?? ""];
    if (guard !== undefined) return guard(request, response);
    response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1", () => send({ port: (server.address() as AddressInfo).port }));
}

/** After the garbage is gone, which takes two goes: the first may only run the finalizers. */
function read(): Reading {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heapBytes: heapUsed + external,
    residentBytes: rss,
    handles: process.getActiveResourcesInfo().length,
    // Sockets and database connections are among them.
    files: readdirSync("/proc/self/fd").length,
  };
}

function send(message: FromProcess): void {
  process.send?.(message);
}

process.on("message", (message: ToProcess) => {
  if ("read" in message) return send(read());
  serve(message.start).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit());
