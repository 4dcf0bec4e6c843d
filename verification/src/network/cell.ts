/** One cell of the sweep: a store, a mode, and where in their conversation the network fails, and how. */
import { STORES as ALL, MODES, type Mode, modesOf } from "../chaos/cell.ts";
import { mixed } from "../simulator/random.ts";

export { MODES, type Mode };

/** Those with a network between them and the application. */
export const STORES = ALL.filter((store) => store !== "sqlite");
export type StoreName = (typeof STORES)[number];

/** In the order in which an undisturbed request passes them. `connect` is the driver's greeting. */
export const STEPS = [
  ...["connect", "claim", "renew", "complete"],
  ...["begin", "debit", "credit", "settle", "commit"],
] as const;
export type Step = "connect" | "claim" | "renew" | "complete" | TransactionStep;
type TransactionStep = "begin" | "debit" | "credit" | "settle" | "commit";

/** What goes from the application to the store, and what comes back. */
export const SIDES = ["request", "reply"] as const;
export type Side = (typeof SIDES)[number];

/** Before the first byte of the message, in its middle, after its last byte. */
export const PLACES = ["before", "middle", "after"] as const;
export type Place = (typeof PLACES)[number];

/**
 * The connection is reset; from here on the bytes of this side vanish and the socket stays open;
 * from here on they come later than anybody waits for them.
 */
export const FAULTS = ["reset", "hole", "delay"] as const;
export type Fault = (typeof FAULTS)[number];

/** The one connection that the message is on, or all of them and each new one until it is healed. */
export const REACHES = ["connection", "outage"] as const;
export type Reach = (typeof REACHES)[number];

export interface Cell {
  readonly store: StoreName;
  readonly mode: Mode;
  readonly step: Step;
  readonly side: Side;
  readonly at: Place;
  readonly fault: Fault;
  readonly reach: Reach;
}

/** What of the sweep is asked for. Whatever is absent means all. */
export type Selection = Partial<Cell>;

export function stepsOf(mode: Mode): readonly Step[] {
  return mode === "transactional"
    ? ["connect", "claim", "renew", "begin", "debit", "credit", "settle", "commit"]
    : ["connect", "claim", "renew", "complete"];
}

export function cellsOf(selection: Selection = {}): readonly Cell[] {
  const cells = STORES.flatMap((store) => modesOf(store).map((mode) => ({ store, mode })))
    .flatMap((cell) => stepsOf(cell.mode).map((step) => ({ ...cell, step })))
    .flatMap((cell) => SIDES.map((side) => ({ ...cell, side })))
    .flatMap((cell) => PLACES.map((at) => ({ ...cell, at })))
    .flatMap((cell) => FAULTS.map((fault) => ({ ...cell, fault })))
    .flatMap((cell) => REACHES.map((reach) => ({ ...cell, reach })));
  return cells.filter((cell) => isWithin(cell, selection));
}

function isWithin(cell: Cell, selection: Selection): boolean {
  const names = Object.keys(selection) as (keyof Cell)[];
  return names.every((name) => selection[name] === undefined || selection[name] === cell[name]);
}

/** A number for each cell, to spread samples and seeds by. */
export function placeOf({ store, mode, step, side, at, fault, reach }: Cell): readonly number[] {
  const within = <Word>(words: readonly Word[], word: Word) => words.indexOf(word);
  return [
    ...[within(STORES, store), within(MODES, mode), within(STEPS as readonly Step[], step)],
    ...[within(SIDES, side), within(PLACES, at), within(FAULTS, fault), within(REACHES, reach)],
  ];
}

const HIT = { fault: "reset", reach: "connection" } as const;
const CUT = { fault: "hole", reach: "outage" } as const;

/** What no run may miss: a claim, a completion and a COMMIT without a reply, and the limit. */
const NAMED: readonly Selection[] = [
  { mode: "unrepeatable", step: "claim", side: "reply", at: "before", ...HIT },
  { mode: "unrepeatable", step: "claim", side: "reply", at: "before", ...CUT },
  { mode: "unrepeatable", step: "complete", side: "reply", at: "before", ...HIT },
  { mode: "unrepeatable", step: "complete", side: "request", at: "before", ...CUT },
  { mode: "repeatable", step: "complete", side: "request", at: "before", ...CUT },
  { mode: "transactional", step: "commit", side: "reply", at: "before", ...HIT },
  { mode: "transactional", step: "commit", side: "reply", at: "before", ...CUT },
  { mode: "transactional", step: "commit", side: "request", at: "middle", ...HIT },
  { mode: "transactional", step: "commit", side: "request", at: "middle", ...CUT },
];

/** How many cells there are for each of a sample. */
const SAMPLED = 18;

/** What no run may miss, and two cells of each step, others for every seed. */
export function sampleOf(cells: readonly Cell[], seed: number): readonly Cell[] {
  return cells.filter((cell) => {
    const [store = 0, mode = 0, step = 0, side = 0, at = 0, fault = 0, reach = 0] = placeOf(cell);
    const within = ((side * PLACES.length + at) * FAULTS.length + fault) * REACHES.length + reach;
    const isDrawn = within % SAMPLED === mixed(seed, store, mode, step) % SAMPLED;
    return isDrawn || NAMED.some((named) => isWithin(cell, named));
  });
}

/** The options that name all that is selected. */
export function optionsOf(selection: Selection): string {
  return (["store", "mode", "step", "side", "at", "fault", "reach"] as const)
    .filter((name) => selection[name] !== undefined)
    .map((name) => `--${name} ${selection[name]}`)
    .join(" ");
}

/** The command that runs one cell, or what else is selected, alone. */
export function commandOf(selection: Selection, seed: number): string {
  return `npm run verify -- --only network ${optionsOf(selection)} --seed ${seed}`;
}
