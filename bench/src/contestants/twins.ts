/**
 * Our own stores, handed one call at a time: what they would cost if calls that come together did
 * not share a transaction. For comparison only.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Store } from "oncekey";
import { idempotency } from "oncekey/node";
import { postgresStore } from "oncekey/postgres";
import { sqliteStore } from "oncekey/sqlite";
import type { Listening, Setting } from "../contestant.ts";
import { databaseOf, POOL, poolOf } from "./clients.ts";
import { listen } from "./listen.ts";
import { handlerOf } from "./node.ts";

export async function sqlite(setting: Setting): Promise<Listening> {
  const store = sqliteStore(databaseOf(setting), { durability: "full" });
  await store.setup();
  return serve(setting, unshared([store]));
}

/** A store for each connection: as many statements at once, and one call in each. */
export async function postgres(setting: Setting): Promise<Listening> {
  const pool = poolOf(setting);
  const stores = Array.from({ length: POOL }, () => postgresStore(pool));
  await stores[0]?.setup();
  return serve(setting, unshared(stores));
}

const serve = (setting: Setting, store: Store): Promise<Listening> =>
  listen(
    idempotency<IncomingMessage, ServerResponse>({ store, scope: "global" }, handlerOf(setting)),
  );

/** Each of the stores has one call at a time; the others wait for one that is free. */
export function unshared(stores: readonly Store[]): Store {
  const free = [...stores];
  const queue: ((store: Store) => void)[] = [];
  async function alone<Answer>(call: (store: Store) => Promise<Answer>): Promise<Answer> {
    const store = free.pop() ?? (await new Promise<Store>((resolve) => queue.push(resolve)));
    try {
      return await call(store);
    } finally {
      const next = queue.shift();
      if (next === undefined) free.push(store);
      else next(store);
    }
  }
  return {
    claim: (request) => alone((store) => store.claim(request)),
    renew: (lease, leaseMs) => alone((store) => store.renew(lease, leaseMs)),
    complete: (lease, result) => alone((store) => store.complete(lease, result)),
    release: (lease) => alone((store) => store.release(lease)),
    resolve: (lease, result) => alone((store) => store.resolve(lease, result)),
    get: (id) => alone((store) => store.get(id)),
  };
}
