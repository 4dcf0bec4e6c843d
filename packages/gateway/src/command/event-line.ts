/** One event as a line for people: when, what, to which request, and what else is to be known. */
import { styleText } from "node:util";
import type { SeenEvent } from "@oncekey/dashboard/events";
import type { OncekeyEvent } from "oncekey";
import { instant, SHORT_ID } from "./portrait.ts";
import { legible } from "./printer.ts";

/** An event of a store's call is of no key, and not in the stream. */
type Told = Exclude<OncekeyEvent["type"], "store-called">;
type Colour = "green" | "magenta" | "cyan" | "gray" | "yellow" | "red";

/** Green runs, magenta ended without a result, cyan did not run again; red and yellow are levels. */
export const COLOUR: { readonly [Type in Told]: Colour } = {
  claimed: "green",
  completed: "green",
  released: "magenta",
  "gave-up": "magenta",
  "rolled-back": "magenta",
  reconciled: "magenta",
  replayed: "cyan",
  "in-flight": "cyan",
  mismatch: "cyan",
  renewed: "gray",
  "in-doubt": "yellow",
  superseded: "yellow",
  "lease-lost": "yellow",
  "store-failed": "yellow",
  "not-recorded": "yellow",
  recovered: "yellow",
  "ran-unprotected": "yellow",
  abandoned: "red",
  "record-corrupt": "red",
  "scope-unresolved": "red",
  "handler-failed": "red",
  "reconcile-failed": "red",
};

/** What `--type` may say. */
export const TYPES = Object.keys(COLOUR).toSorted() as readonly Told[];

const WIDTH = Math.max(...TYPES.map((type) => type.length));

/** Whether there are colours has been decided, and is not to be decided again. */
const PAINT = { validateStream: false };

/** Without its newline. Nothing in it moves a cursor, whatever the event says. */
export function eventLine(event: SeenEvent, hasColours: boolean): string {
  const { at, type, record = "-", label } = event;
  const word = legible(type).padEnd(WIDTH);
  const colour = Object.hasOwn(COLOUR, type) ? COLOUR[type as Told] : undefined;
  const painted = hasColours && colour !== undefined ? styleText(colour, word, PAINT) : word;
  const others = [String(record).padEnd(SHORT_ID), label, ...rest(event)].map(legible);
  return [instant(at), painted, ...others].join("  ").trimEnd();
}

function rest({ attempt, ranMs, waitedMs, call, reason, error, happened }: SeenEvent): string[] {
  const said = [
    attempt !== undefined && attempt > 1 && `attempt ${attempt}`,
    ranMs !== undefined && `ran ${Math.round(ranMs)} ms`,
    waitedMs !== undefined && waitedMs > 0 && `waited ${Math.round(waitedMs)} ms`,
    happened !== undefined && (happened ? "it happened" : "it did not happen"),
    call,
    reason,
    error,
  ];
  return said.filter((part) => typeof part === "string");
}
