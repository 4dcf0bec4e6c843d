/** Everybody who takes part. Each is loaded only in the process that runs it. */
import type { Contestant, PlaceKind } from "./contestant.ts";

const MARKER = "idempotent-replayed";

type Start = Contestant["start"];

const node = () => import("./contestants/node.ts");
const floors = () => import("./contestants/floors.ts");
const frameworks = () => import("./contestants/frameworks.ts");
const proxies = () => import("./contestants/proxies.ts");
const peers = () => import("./contestants/peers.ts");
const engines = () => import("./contestants/engines.ts");
const twins = () => import("./contestants/twins.ts");
const bodies = () => import("./contestants/bodies.ts");
const held = () => import("./contestants/held.ts");

const bare = (name: string, start: Start, place: PlaceKind = "none"): Contestant => ({
  ...{ name, kind: "bare", bare: name, place, start },
});

const ours = (name: string, place: PlaceKind, start: Start, bare = "node"): Contestant => ({
  ...{ name, kind: "oncekey", bare, place, marker: MARKER, start },
});

const adapter = (framework: string, start: Start): Contestant => ({
  ...ours(`${framework} + memory`, "none", start, framework),
  beside: "node + memory",
});

/** A store of ours that shares no write with those who call at the same time. */
const twin = (name: string, place: PlaceKind, start: Start): Contestant => ({
  ...{ name, kind: "floor", bare: "node", place, marker: MARKER, start },
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

  twin("twin: SQLite FULL, a transaction for each call", "sqlite", async (setting) =>
    (await twins()).sqlite(setting),
  ),
  twin("twin: Postgres, a statement for each call", "postgres", async (setting) =>
    (await twins()).postgres(setting),
  ),

  bare("own transaction", async (setting) => (await node()).transactionAlone(setting), "postgres"),
  ours(
    "own transaction + Postgres",
    "postgres",
    async (setting) => (await node()).transactional(setting),
    "own transaction",
  ),

  bare("express", async (setting) => (await frameworks()).express(setting)),
  adapter("express", async (setting) => (await frameworks()).expressGuarded(setting)),
  bare("fastify", async (setting) => (await frameworks()).fastify(setting)),
  adapter("fastify", async (setting) => (await frameworks()).fastifyGuarded(setting)),
  bare("hono", async (setting) => (await frameworks()).hono(setting)),
  adapter("hono", async (setting) => (await frameworks()).honoGuarded(setting)),
  bare("web", async (setting) => (await frameworks()).web(setting)),
  adapter("web", async (setting) => (await frameworks()).webGuarded(setting)),

  {
    ...{ name: "peer: express-idempotency", kind: "peer", bare: "express", place: "none" },
    start: async (setting) => (await peers()).expressIdempotency(setting),
  },
  {
    ...{ name: "peer: @node-idempotency/core + Redis", kind: "peer", bare: "node", place: "redis" },
    beside: "node + Redis",
    start: async (setting) => (await peers()).nodeIdempotency(setting),
  },
  {
    ...{ name: "peer: Powertools + Redis", kind: "peer", bare: "node", place: "redis" },
    beside: "node + Redis",
    start: async (setting) => (await peers()).powertools(setting),
  },
  {
    ...{ name: "peer: DBOS + Postgres", kind: "peer", bare: "node", place: "postgres" },
    beside: "node + Postgres",
    start: async (setting) => (await engines()).dbos(setting),
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

/** Those of other programs than the race: their handlers do other work. */
const OTHERS: readonly Contestant[] = [
  bare("bodies: node", async (setting) => (await bodies()).bare(setting)),
  ours(
    "bodies: node + memory",
    "none",
    async (setting) => (await bodies()).memory(setting),
    "bodies: node",
  ),
  bare("held: node", async (setting) => (await held()).bare(setting)),
  ours(
    "held: node + memory",
    "none",
    async (setting) => (await held()).memory(setting),
    "held: node",
  ),
];

export function contestantNamed(name: string): Contestant {
  const found = [...CONTESTANTS, ...OTHERS].find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no contestant "${name}".`);
  return found;
}
