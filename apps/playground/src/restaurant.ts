/** The whole scene: a store, a ledger, the API processes, and a balancer in front of them. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordId, settle } from "oncekey";
import { Agent, request } from "undici";
import { createBalancer } from "./balancer.ts";
import { startCluster } from "./cluster.ts";
import { createCommits } from "./commits.ts";
import { createControls, type Storm } from "./controls.ts";
import { createFeed } from "./feed.ts";
import type { GatewaySettings } from "./gateway.ts";
import type { Happening, Stamped } from "./happening.ts";
import { clearLedger, createLedger, type Entry, openLedger, readLedger } from "./ledger.ts";
import type { Behind } from "./page.ts";
import { hasTransactions, openKitchen, openPlace, type StoreName } from "./stores.ts";
import type { Trap } from "./trap.ts";
import { gateOf } from "./wish.ts";
import { startWorker, type Worker } from "./worker.ts";

export interface Restaurant {
  readonly origin: string;
  readonly ledger: () => Entry[];
  /** What a page would have been told. */
  readonly told: () => readonly Stamped[];
  /** Rows in the orders table. */
  readonly orders: () => Promise<number>;
  stop(): Promise<void>;
}

interface Settings {
  readonly instances: number;
  readonly store: StoreName;
  readonly port: number;
  /** Long enough for every duplicate to arrive while the first is still cooking. 400 ms. */
  readonly cookingMs?: number;
  /** How long an owner may be silent. 30 s, as a guard has it. */
  readonly leaseMs?: number;
  /** Serves what is not the API's: the page. */
  readonly page?: (behind: Behind) => RequestListener;
}

const GATEWAY = fileURLToPath(import.meta.resolve("./gateway.js"));

/** Whose key it is on the page: there is one guest. */
const GUEST = "ann";

export async function openRestaurant(settings: Settings): Promise<Restaurant> {
  const { store, instances, cookingMs = 400, leaseMs = 30_000 } = settings;
  const directory = mkdtempSync(join(tmpdir(), "oncekey-ledger-"));
  const path = join(directory, "ledger.jsonl");
  createLedger(path);
  const ledger = () => readLedger(path);
  const place = await openPlace(store);
  const kitchen = await openKitchen(store, place.address);
  const feed = createFeed();
  const secret = randomBytes(16).toString("hex");
  const commits = createCommits({
    ...{ signed: kitchen.signed, ledger: openLedger(path), tell: feed.tell },
  });
  const tell = (happening: Happening): void => {
    feed.tell(happening);
    commits.heard(happening);
  };
  const at = { store, address: place.address, leaseMs, secret };
  const cluster = await startCluster(instances, { ...at, ledger: path, cookingMs }, tell);
  let gateway: Worker | undefined;
  let trap: Trap | undefined;
  const balancer = createBalancer({
    instances: cluster.instances,
    gate: (wish) => gateway?.origin(gateOf(wish)),
    ...{ secret, tell },
    afterwards: async ({ effects }) => {
      if (effects === "transactional") await commits.count();
    },
    takeTrap() {
      const taken = trap;
      trap = undefined;
      return taken;
    },
  });
  const controls = createControls({
    cluster,
    async clear() {
      trap = undefined;
      clearLedger(path);
      feed.tell({ what: "cleared" });
    },
    setTrap(next, isFresh) {
      trap = next;
      if (isFresh) server.closeIdleConnections();
    },
    storm: (wanted) => storm(originOf(server), wanted),
    async settle(key, happened) {
      const record = await kitchen.store.get(recordId(GUEST, key));
      if (record?.state !== "in-doubt") return false;
      const body = JSON.stringify({ settled: "by hand" });
      const headers = { "content-type": "application/json; charset=utf-8" };
      const answer = { status: 201, headers, body };
      return settle(kitchen.store, record, happened ? { happened, answer } : { happened });
    },
  });
  const { front, behind } = balancer;
  const facts = { hasTransactions: hasTransactions(store), leaseMs };
  const listener = settings.page?.({ balance: front, ledger, feed, controls, facts }) ?? front;
  const server = await listening(listener, settings.port);
  const inner = await listening(behind, 0);
  if (settings.page !== undefined) {
    const upstream = originOf(inner);
    gateway = await startWorker({
      ...{ script: GATEWAY, name: "gateway", tell },
      settings: { ...at, upstream } satisfies GatewaySettings,
    });
  }
  return {
    origin: originOf(server),
    ledger,
    told: feed.told,
    orders: kitchen.orders,
    async stop() {
      for (const one of [server, inner]) {
        one.closeAllConnections();
        one.close();
      }
      await Promise.all([cluster.stop(), gateway?.stop()]);
      await kitchen.close();
      await place.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function listening(
  listener: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown,
  port: number,
): Promise<Server> {
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const originOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** From here, because a browser opens six connections at a time. */
async function storm(origin: string, { key, requests, path, body }: Storm): Promise<void> {
  const agent = new Agent({ connections: 256 });
  const headers = { "content-type": "application/json", "idempotency-key": key, "x-guest": GUEST };
  const send = async (): Promise<void> => {
    const answer = await request(`${origin}${path}`, {
      ...{ method: "POST", dispatcher: agent, headers, body },
    });
    await answer.body.dump();
  };
  await Promise.allSettled(Array.from({ length: requests }, send));
  await agent.close();
}
