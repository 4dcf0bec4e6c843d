/** One event as a line for people: when, what, to which request, and what else is to be known. */
import { styleText } from "node:util";
import type { SeenEvent } from "@oncekey/dashboard/events";
import type { OncekeyEvent } from "oncekey";
import { instant, SHORT_ID } from "./portrait.ts";
import { legible } from "./printer.ts";

/** An event of a store's call is of no key, and not in the stream. */
type Told = Exclude<OncekeyEvent["type"], "store-called">;
type Colour = "green" | "cyan" | "yellow" | "red" | "gray";

/** Green ran, cyan did not run again, yellow wants a look, red a person. */
const COLOUR: { readonly [Type in Told]: Colour } = {
  claimed: "green",
  completed: "green",
  released: "green",
  reconciled: "green",
  replayed: "cyan",
  "in-flight": "cyan",
  mismatch: "yellow",
  "gave-up": "yellow",
  "rolled-back": "yellow",
  recovered: "yellow",
  renewed: "gray",
  "in-doubt": "red",
  superseded: "red",
  "lease-lost": "red",
  "store-failed": "red",
  "record-corrupt": "red",
  "not-recorded": "red",
  abandoned: "red",
  "reconcile-failed": "red",
  "handler-failed": "red",
  "ran-unprotected": "red",
  "scope-unresolved": "red",
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
