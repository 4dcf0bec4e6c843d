/**
 * The gateway process: `@oncekey/gateway` in front of API processes that protect nothing.
 *
 * A gateway has one set of rules, and the page has switches for some of them: so one of each kind
 * listens here, all over one store, and the balancer's front sends an order to the one that its
 * switches name.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { createGateway } from "@oncekey/gateway";
import { createGuarding } from "./guard.ts";
import { openKitchen, type StoreName } from "./stores.ts";
import { DUPLICATES, GATED_EFFECTS, gateOf } from "./wish.ts";
import { say, whenTold } from "./worker.ts";

export interface GatewaySettings {
  readonly store: StoreName;
  readonly address: string;
  /** Where the balancer before the API processes listens. */
  readonly upstream: string;
  readonly leaseMs: number;
  readonly secret: string;
}

async function serve(settings: GatewaySettings): Promise<void> {
  const { store, address, upstream, leaseMs, secret } = settings;
  const kitchen = await openKitchen(store, address);
  const guarding = createGuarding({
    ...{ instance: "gateway", leaseMs, secret, notifier: kitchen.notifier },
  });
  // The gateway's server is its own; Node tells of each request before the server hears of it.
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    guarding.about.enterWith(guarding.aboutOf(request));
  });
  const ports: Record<string, number> = {};
  for (const effects of GATED_EFFECTS) {
    for (const duplicates of DUPLICATES) {
      const gateway = createGateway({
        ...guarding.options(duplicates),
        ...{ upstream, effects, store: guarding.cuttable(kitchen.store) },
      });
      const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
      ports[gateOf({ effects, duplicates })] = port;
    }
  }
  await say({ ports });
}

whenTold(serve);
