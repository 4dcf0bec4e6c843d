/**
 * One place to play rounds: an application whose store is behind the proxy, another one that is
 * connected directly, and the harness's own view of store and ledger.
 */
import { rmSync } from "node:fs";
import { send } from "../chaos/client.ts";
import { type Ground, openGround } from "../chaos/ground.ts";
import { type LedgerReader, readLedger } from "../chaos/ledger.ts";
import type { Mode, StoreName } from "./cell.ts";
import { type Child, startChild } from "./child.ts";
import { DWELL_MS } from "./drivers.ts";
import type { FromProxy, Order, ToProxy } from "./proxy.ts";
import { type Route, routeOf } from "./route.ts";
import type { FromServer, ServerSettings, ToServer } from "./server.ts";

export interface Application {
  readonly origin: string;
  readonly pid: number;
  /** Resolves when it has spoken to its store. */
  reach(): Promise<void>;
  stop(): Promise<void>;
}

export interface Network {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the proxy has heard; what it resolves with does when the fault has struck. */
  arm(order: Order): Promise<{ readonly struck: Promise<number> }>;
  heal(): Promise<void>;
  /** Takes dead connections away, or all. */
  sweep(all: boolean): Promise<void>;
  /** The names of the requests to the store that belong to `round`, while `act` goes on. */
  record(round: string, act: () => Promise<void>): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface Lane {
  readonly store: StoreName;
  readonly network: Network;
  /** Behind the proxy. */
  readonly victim: Application;
  /** Connected directly. */
  readonly witness: Application;
  /** The harness's own connection: to count rows, and to look at what is in doubt. */
  readonly ground: Ground;
  readonly ledger: LedgerReader;
  /** What an undisturbed request sends, learned once for each mode. */
  route(mode: Mode): Promise<Route>;
  stop(): Promise<void>;
}

/** How often the way is looked for: on a busy machine a renewal may stand where none should. */
const TRIES_MAX = 20;

/** `settings.address` is the store's own: that of the proxy before it is not known yet. */
export async function openLane(settings: ServerSettings): Promise<Lane> {
  const { store, address, ledger: ledgerPath } = settings;
  const ground = await openGround(store, address);
  const network = await startNetwork(store, address);
  const victim = await startApplication({ ...settings, address: network.url });
  const witness = await startApplication(settings);
  const ledger = readLedger(ledgerPath);
  const routes = new Map<Mode, Promise<Route>>();

  async function learn(mode: Mode): Promise<Route> {
    for (let tries = 1; ; tries++) {
      const brief = await recordOne(mode, `undisturbed-${mode}-${victim.pid}-${tries}-brief`, 0);
      const long = await recordOne(mode, `undisturbed-${mode}-${victim.pid}-${tries}`, DWELL_MS);
      const route = routeOf(mode, brief, long);
      if (route !== undefined) return route;
      if (tries === TRIES_MAX) throw new Error(`No way was found: ${long.join("; ")}`);
    }
  }

  async function recordOne(mode: Mode, round: string, dwellMs: number) {
    const request = { path: `/${mode}/${round}`, key: round, guest: round, amount: 1, dwellMs };
    // Whatever it is answered: what it sent is looked at, and what is not right is asked again.
    await victim.reach();
    return network.record(
      round,
      async () => void (await send({ ...request, origin: victim.origin })),
    );
  }

  return {
    ...{ store, network, victim, witness, ground, ledger },
    route(mode) {
      const known = routes.get(mode) ?? learn(mode);
      routes.set(mode, known);
      return known;
    },
    async stop() {
      await Promise.all([victim.stop(), witness.stop(), network.stop()]);
      await ground.close();
      ledger.close();
      rmSync(ledgerPath, { force: true });
    },
  };
}

async function startApplication(settings: ServerSettings): Promise<Application> {
  const child: Child<ToServer, FromServer> = startChild("./server.js", () => false);
  const reply = await child.ask({ kind: "start", settings });
  if (reply.kind !== "listening") throw new Error("An application did not start.");
  return {
    origin: `http://127.0.0.1:${reply.port}`,
    pid: child.pid,
    reach: async () => void (await child.ask({ kind: "reach" })),
    stop: child.stop,
  };
}

async function startNetwork(store: StoreName, address: string): Promise<Network> {
  let strike: (at: number) => void = () => {};
  const child: Child<ToProxy, FromProxy> = startChild("./proxy.js", (message) => {
    if (message.kind !== "struck") return false;
    strike(message.at);
    return true;
  });
  const url = new URL(address);
  const reply = await child.ask({ kind: "start", store, port: Number(url.port) });
  if (reply.kind !== "listening") throw new Error("The proxy did not start.");
  url.port = String(reply.port);
  return {
    url: url.href,
    pid: child.pid,
    async arm(order) {
      const struck = new Promise<number>((resolve) => {
        strike = resolve;
      });
      await child.ask({ kind: "arm", order });
      // Within an object, or to wait for the one would be to wait for the other.
      return { struck };
    },
    heal: async () => void (await child.ask({ kind: "heal" })),
    sweep: async (all) => void (await child.ask({ kind: "sweep", all })),
    async record(round, act) {
      await child.ask({ kind: "record", round });
      await act();
      const played = await child.ask({ kind: "play" });
      return played.kind === "done" ? played.recorded : [];
    },
    stop: child.stop,
  };
}
