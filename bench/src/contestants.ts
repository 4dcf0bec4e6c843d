/** Everybody who takes part. Each is loaded only in the process that runs it. */
import type { Contestant, PlaceKind, Setting } from "./contestant.ts";

const MARKER = "idempotent-replayed";

type Start = Contestant["start"];

const node = () => import("./contestants/node.ts");
const floors = () => import("./contestants/floors.ts");
const frameworks = () => import("./contestants/frameworks.ts");
const proxies = () => import("./contestants/proxies.ts");
const peers = () => import("./contestants/peers.ts");

const bare = (name: string, start: Start, place: PlaceKind = "none"): Contestant => ({
  ...{ name, kind: "bare", bare: name, place, start },
});

const ours = (name: string, place: PlaceKind, start: Start, bare = "node"): Contestant => ({
  ...{ name, kind: "oncekey", bare, place, marker: MARKER, start },
});

const floor = (name: string, place: PlaceKind, start: Start): Contestant => ({
  ...{ name, kind: "floor", bare: "node", place, start },
});

/** In the order in which a round asks them. */
export const CONTESTANTS: readonly Contestant[] = [
  bare("node", async (setting) => (await node()).bare(setting)),
  ours("node + memory", "none", async (setting) => (await node()).memory(setting)),
  ours("node + SQLite NORMAL", "sqlite", async (setting) => (await node()).sqliteNormal(setting)),
  ours("node + SQLite FULL", "sqlite", async (setting) => (await node()).sqliteFull(setting)),
  ours("node + Redis", "redis", async (setting) => (await node()).redis(setting)),
  ours("node + Postgres", "postgres", async (setting) => (await node()).postgres(setting)),

  floor("floor: memory", "none", async (setting) => (await floors()).memory(setting)),
  floor("floor: SQLite NORMAL", "sqlite", async (setting) => (await floors()).sqlite(setting)),
  floor("floor: Redis", "redis", async (setting) => (await floors()).redis(setting)),
  floor("floor: Postgres", "postgres", async (setting) => (await floors()).postgres(setting)),

  bare("own transaction", async (setting) => (await node()).transactionAlone(setting), "postgres"),
  ours(
    "own transaction + Postgres",
    "postgres",
    async (setting) => (await node()).transactional(setting),
    "own transaction",
  ),

  bare("express", async (setting) => (await frameworks()).express(setting)),
  ours(
    "express + memory",
    "none",
    async (setting: Setting) => (await frameworks()).expressGuarded(setting),
    "express",
  ),
  bare("fastify", async (setting) => (await frameworks()).fastify(setting)),
  ours(
    "fastify + memory",
    "none",
    async (setting) => (await frameworks()).fastifyGuarded(setting),
    "fastify",
  ),
  bare("hono", async (setting) => (await frameworks()).hono(setting)),
  ours(
    "hono + memory",
    "none",
    async (setting) => (await frameworks()).honoGuarded(setting),
    "hono",
  ),

  {
    ...{ name: "peer: express-idempotency", kind: "peer", bare: "express", place: "none" },
    start: async (setting) => (await peers()).expressIdempotency(setting),
  },
  {
    ...{ name: "peer: @node-idempotency/core + Redis", kind: "peer", bare: "node", place: "redis" },
    start: async (setting) => (await peers()).nodeIdempotency(setting),
  },

  bare("proxy: http-proxy", async (setting) => (await proxies()).httpProxy(setting), "upstream"),
  bare(
    "proxy: @fastify/http-proxy",
    async (setting) => (await proxies()).fastifyProxy(setting),
    "upstream",
  ),
  bare("gateway, unguarded", async (setting) => (await proxies()).unguarded(setting), "upstream"),
  ours(
    "gateway + memory",
    "upstream",
    async (setting) => (await proxies()).gateway(setting),
    "proxy: http-proxy",
  ),
];

export function contestantNamed(name: string): Contestant {
  const found = CONTESTANTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no contestant "${name}".`);
  return found;
}
