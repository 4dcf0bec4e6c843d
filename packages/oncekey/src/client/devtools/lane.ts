/** What happened under a key, as bars over time: sends, and what lies between them. */
import type { State } from "../reduce.ts";
import type { Intent, Send } from "./intent.ts";
import { momentsOf } from "./log.ts";

export type Bar = {
  readonly from: number;
  /** `null`: it goes on. */
  readonly to: number | null;
} & (
  | { readonly kind: "send"; readonly send: Send }
  /** What the machine waits for, as long as it does nothing else. */
  | { readonly kind: "wait"; readonly for: "pausing" | "watching" | "asking" }
);

/** Where a bar lies in its lane, in parts of it. */
export interface Place {
  readonly start: number;
  readonly width: number;
}

/** In the order in which they began. */
export function barsOf({ log, sends }: Pick<Intent, "log" | "sends">): Bar[] {
  const bars: Bar[] = sends.map((send) => ({
    kind: "send",
    from: send.at,
    to: send.endedAt,
    send,
  }));
  const moments = momentsOf(log);
  moments.forEach(({ event, state }, index) => {
    const waits = waitOf(state);
    if (waits === undefined || waits === waitOf(moments[index - 1]?.state)) return;
    const end = moments.slice(index + 1).find((later) => waitOf(later.state) !== waits);
    bars.push({ kind: "wait", for: waits, from: event.at, to: end?.event.at ?? null });
  });
  return bars.sort((one, other) => one.from - other.from);
}

function waitOf(state: State | undefined): "pausing" | "watching" | "asking" | undefined {
  const doing = state?.doing;
  return doing === "pausing" || doing === "watching" || doing === "asking" ? doing : undefined;
}

/** Ten minutes in which a person thinks must not squeeze what took ten milliseconds. */
const IDLE_PART = 0.06;
/** Of an answer that came at once one can still read what it was. */
const SEND_PART = 0.16;
/** All sends together leave that much room for what lies between them. */
const SENDS_PART = 0.6;

/**
 * Time where nothing happens is cut short, a send that was too quick to be seen is drawn out, and
 * all else keeps its proportions. Also how long what happened took in all, in ms.
 */
export function placed(
  bars: readonly Bar[],
  now: number,
): { readonly places: Place[]; readonly ms: number } {
  const spans = bars.map(({ kind, from, to }) => ({
    ...{ isSend: kind === "send", from, to: Math.max(from + 1, to ?? now) },
  }));
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const pieces = edges.slice(1).map((to, index) => {
    const from = edges[index] ?? to;
    const there = spans.filter((each) => each.from <= from && each.to >= to);
    const isIdle = there.length === 0;
    return { from, ms: to - from, isIdle, isSend: there.some(({ isSend }) => isSend) };
  });
  const ms = pieces.reduce((sum, piece) => (piece.isIdle ? sum : sum + piece.ms), 0);
  const sends = pieces.filter(({ isSend }) => isSend).length;
  const wished = Math.min(SEND_PART, SENDS_PART / Math.max(1, sends));
  // Of the whole, which grows with each that is drawn out.
  const floor = (ms * wished) / (1 - sends * wished);
  const starts = new Map<number, number>();
  let length = 0;
  for (const piece of pieces) {
    starts.set(piece.from, length);
    if (piece.isIdle) length += Math.min(piece.ms, ms * IDLE_PART);
    else length += piece.isSend ? Math.max(piece.ms, floor) : piece.ms;
  }
  const part = (time: number): number => (starts.get(time) ?? length) / Math.max(1, length);
  const places = spans.map(({ from, to }) => ({ start: part(from), width: part(to) - part(from) }));
  return { places, ms };
}
