/** The whole scene: a store, a ledger, the API processes, and a balancer in front of them. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Balancer, createBalancer } from "./balancer.ts";
import { startCluster } from "./cluster.ts";
import { createLedger, type Entry, readLedger } from "./ledger.ts";
import { openKitchen, openPlace, type StoreName } from "./stores.ts";

export interface Restaurant {
  readonly origin: string;
  readonly ledger: () => Entry[];
  /** Rows in the orders table. */
  readonly orders: () => Promise<number>;
  stop(): Promise<void>;
}

interface Settings {
  readonly instances: number;
  readonly store: StoreName;
  readonly port: number;
  /** Serves what is not the API's: the page. */
  readonly page?: (balance: Balancer, ledger: () => Entry[]) => RequestListener;
}

export async function openRestaurant(settings: Settings): Promise<Restaurant> {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-ledger-"));
  const path = join(directory, "ledger.jsonl");
  createLedger(path);
  const ledger = () => readLedger(path);
  const place = await openPlace(settings.store);
  const { store, instances } = settings;
  const kitchen = await openKitchen(store, place.address);
  const cluster = await startCluster(instances, { store, address: place.address, ledger: path });
  const balance = createBalancer(cluster.instances);
  const listener = settings.page?.(balance, ledger) ?? balance;
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.listen(settings.port, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger,
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
