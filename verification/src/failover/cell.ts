/** One cell of the drill: a store, how it replicates, what happens around the failover, a mode. */
import { MODES, type Mode } from "../chaos/cell.ts";

export const STORES = ["redis", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** What an acknowledgement waits for: the first of each store waits for no other server. */
export const DURABILITIES = ["primary", "replicated", "asynchronous", "synchronous"] as const;
export type Durability = (typeof DURABILITIES)[number];

/** How a primary is lost. Each ends with its death, and the promotion of the other one. */
export const SCENARIOS = [
  /** Nothing is between the two. */
  "healthy",
  /** The link swallows everything before the request is sent. */
  "before-claim",
  /** The link swallows everything while the handler runs; the owner's process lives on. */
  "before-complete",
  /** The same, and the owner's process dies with the primary when it has sent its completion. */
  "owner-lost",
  /** The link swallows what a claim wrote, is mended, and the replica catches up in time. */
  "caught-up",
  /** The link swallows, is mended, and swallows again, while the request is sent. */
  "flickering",
  /** The link swallows the claim; its owner acts, stands still, and ends after the failover. */
  "stale-owner",
  /** A claim that was refused because nobody confirmed it; its process dies; the link is mended. */
  "committed-late",
  /** As before-claim; somebody cancels the sessions that wait for the standby. */
  "cancelled",
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Cell {
  readonly store: StoreName;
  readonly durability: Durability;
  readonly scenario: Scenario;
  readonly mode: Mode;
}

/** What of the cells is asked for. Whatever is absent means all. */
export type Selection = Partial<Cell>;

/** All the modes of one failover: they lose their primary together. */
export interface Drill {
  readonly store: StoreName;
  readonly durability: Durability;
  readonly scenario: Scenario;
  readonly modes: readonly Mode[];
}

const DURABILITIES_OF: Readonly<Record<StoreName, readonly Durability[]>> = {
  redis: ["primary", "replicated"],
  postgres: ["asynchronous", "synchronous"],
};

/** Whether an acknowledgement says that another server has it too. */
export const isConfirmed = (durability: Durability): boolean =>
  durability === "replicated" || durability === "synchronous";

function isPlayed({ store, durability, scenario }: Omit<Drill, "modes">): boolean {
  switch (scenario) {
    case "healthy":
    case "before-claim":
    case "before-complete":
    case "caught-up":
      return true;
    case "stale-owner":
      // A claim that is lost was acknowledged, or nobody would act under it.
      return !isConfirmed(durability);
    case "owner-lost":
    case "flickering":
    case "committed-late":
      return isConfirmed(durability);
    case "cancelled":
      return store === "postgres" && durability === "synchronous";
  }
}

export function drillsOf(selection: Selection = {}): readonly Drill[] {
  const { mode, ...rest } = selection;
  const names = Object.keys(rest) as (keyof typeof rest)[];
  return STORES.flatMap((store) =>
    DURABILITIES_OF[store].flatMap((durability) =>
      SCENARIOS.map((scenario) => ({ store, durability, scenario })),
    ),
  )
    .filter(isPlayed)
    .filter((drill) =>
      names.every((name) => rest[name] === undefined || rest[name] === drill[name]),
    )
    .map((drill) => ({
      ...drill,
      // Redis commits no effect of ours together with its record.
      modes: MODES.filter((each) => drill.store !== "redis" || each !== "transactional").filter(
        (each) => mode === undefined || mode === each,
      ),
    }))
    .filter(({ modes }) => modes.length > 0);
}

/** One drill of each store and durability, another one for every seed. */
export function sampleOf(drills: readonly Drill[], seed: number): readonly Drill[] {
  return DURABILITIES.flatMap((durability, index) => {
    const all = drills.filter((drill) => drill.durability === durability);
    const one = all[(seed + index) % Math.max(all.length, 1)];
    return one === undefined ? [] : [one];
  });
}

/** The command that runs one cell alone. */
export function commandOf({ store, durability, scenario, mode }: Cell, seed: number): string {
  const cell = `--store ${store} --durability ${durability} --scenario ${scenario} --mode ${mode}`;
  return `npm run verify -- --only failover ${cell} --seed ${seed}`;
}
