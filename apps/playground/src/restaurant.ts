/** The whole scene: a store, a ledger, the API processes, and a balancer in front of them. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordId, settle } from "oncekey";
import { Agent, request } from "undici";
import { createBalancer } from "./balancer.ts";
import { startCluster } from "./cluster.ts";
import { createControls, type Storm } from "./controls.ts";
import { createFeed } from "./feed.ts";
import type { Stamped } from "./happening.ts";
import { clearLedger, createLedger, type Entry, readLedger } from "./ledger.ts";
import type { Behind } from "./page.ts";
import { openKitchen, openPlace, type StoreName } from "./stores.ts";
import type { Trap } from "./trap.ts";

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
  const cluster = await startCluster(
    instances,
    { store, address: place.address, ledger: path, cookingMs, leaseMs },
    feed.tell,
  );
  let trap: Trap | undefined;
  const balance = createBalancer({
    instances: cluster.instances,
    tell: feed.tell,
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
  const listener = settings.page?.({ balance, ledger, feed, controls }) ?? balance;
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.listen(settings.port, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: originOf(server),
    ledger,
    told: feed.told,
    orders: kitchen.orders,
    async stop() {
      server.closeAllConnections();
      server.close();
      await cluster.stop();
      await kitchen.close();
      await place.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const originOf = (server: ReturnType<typeof createServer>): string =>
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
