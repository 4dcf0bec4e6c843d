/** A process under long load: the guards that an application would have, and a gauge on itself. */
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { startReaper } from "oncekey";
import type { StoreName } from "../chaos/cell.ts";
import { openGround } from "../chaos/ground.ts";
import { askedBy, type Charge, guardsOf, guestOf, serve } from "../chaos/guards.ts";
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

async function start(settings: Settings): Promise<void> {
  const ground = await openGround(settings.store, settings.address);
  const ledger = openLedger(settings.ledger);
  startReaper(ground.store, { everyMs: REAP_MS });

  const handle: Charge = async (request, response) => {
    const asked = await askedBy(request);
    if (settings.leaks) leaked.push(Buffer.alloc(65_536));
    await pause(Number(request.headers["x-dwell"] ?? 0));
    ledger.write({ what: "effect", ...asked });
    response.writeHead(201, { "Content-Type": "application/json" });
    response.write(JSON.stringify(asked));
    response.end(asked.amount % 50 === 0 ? LARGE : "");
  };

  const common = {
    waitMs: WAIT_MS,
    retentionMs: settings.retentionMs,
    required: true,
    scope: guestOf,
    ...(ground.notifier !== undefined && { notifier: ground.notifier }),
  };
  const guards = guardsOf(common, ground, handle);
  const server = createServer((request, response) => serve(guards, request, response));
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
  start(message.start).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit());
