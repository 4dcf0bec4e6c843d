/** One cell of the fault matrix: a store, a mode, where the process is hit, and by what. */

export const STORES = ["sqlite", "redis", "postgres"] as const;
export type StoreName = (typeof STORES)[number];

/** `deduplicated` is repeatable with a downstream that honours the derived key. */
export const MODES = ["unrepeatable", "repeatable", "deduplicated", "transactional"] as const;
export type Mode = (typeof MODES)[number];

/** In the order in which an undisturbed request passes them; then where many are on their way. */
export const POINTS = [
  "before-claim",
  "after-claim",
  "mid-effect",
  "after-effect",
  "before-complete",
  "complete-sent",
  "after-complete",
  "mid-response",
  "under-load",
] as const;
export type Point = (typeof POINTS)[number];

/**
 * SIGKILL; SIGSTOP for two leases, then SIGCONT; `process.exit(1)`; an exception; the client
 * leaves; the handler takes four leases. The last two are no faults of the process: nothing may
 * change. `restart` is the store's: its server is killed and started again, the processes live on.
 */
export const FAULTS = ["kill", "stop", "exit", "throw", "leave", "linger", "restart"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Cell {
  readonly store: StoreName;
  readonly mode: Mode;
  readonly point: Point;
  readonly fault: Fault;
}

/** What of the matrix is asked for. Whatever is absent means all. */
export type Selection = Partial<Cell>;

/** Redis commits no effect of ours together with its record. */
export const modesOf = (store: StoreName): readonly Mode[] =>
  store === "redis" ? MODES.filter((mode) => mode !== "transactional") : MODES;

/** A handler lingers in its effect, and nowhere else. Many keys are hit together by their store. */
export const faultsAt = (point: Point): readonly Fault[] =>
  FAULTS.filter((fault) =>
    point === "under-load" ? fault === "restart" : fault !== "linger" || point === "mid-effect",
  );

/** SQLite is a file, and lives and dies with the processes that have opened it. */
export const restarts = (store: StoreName): store is Exclude<StoreName, "sqlite"> =>
  store !== "sqlite";

export const faultsOf = (store: StoreName, point: Point): readonly Fault[] =>
  faultsAt(point).filter((fault) => fault !== "restart" || restarts(store));

export function cellsOf(selection: Selection = {}): readonly Cell[] {
  return STORES.flatMap((store) =>
    modesOf(store).flatMap((mode) =>
      POINTS.flatMap((point) =>
        faultsOf(store, point).map((fault) => ({ store, mode, point, fault })),
      ),
    ),
  ).filter((cell) => isWithin(cell, selection));
}

function isWithin(cell: Cell, selection: Selection): boolean {
  const names = Object.keys(selection) as (keyof Cell)[];
  return names.every((name) => selection[name] === undefined || selection[name] === cell[name]);
}

/** A restart takes a second: fewer of them, and another few for every seed. */
const RESTARTS_SHARE = 12;

/**
 * Every point under every fault of the process, over all stores and modes taken together: each store
 * and mode meets a share of them, another one for every seed. A few restarts besides.
 */
export function sampleOf(cells: readonly Cell[], seed: number): readonly Cell[] {
  return cells.filter(({ store, mode, point, fault }) => {
    const turn = STORES.indexOf(store) + MODES.indexOf(mode) + POINTS.indexOf(point) + seed;
    const share = fault === "restart" ? RESTARTS_SHARE : MODES.length;
    return (turn + FAULTS.indexOf(fault)) % share === 0;
  });
}

/** The command that runs one cell alone. */
export function commandOf({ store, mode, point, fault }: Cell, seed: number): string {
  const cell = `--store ${store} --mode ${mode} --at ${point} --fault ${fault}`;
  return `npm run verify -- --only chaos ${cell} --seed ${seed}`;
}
