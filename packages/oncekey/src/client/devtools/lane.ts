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
/** Of an answer that came at once there is still something to see. */
const BAR_PART = 0.01;

/**
 * Time where nothing happens is cut short, and all else keeps its proportions. Also how long what
 * happened took in all, in ms.
 */
export function placed(
  bars: readonly Bar[],
  now: number,
): { readonly places: Place[]; readonly ms: number } {
  const spans = bars.map(({ from, to }) => ({ from, to: Math.max(from, to ?? now) }));
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const pieces = edges.slice(1).map((to, index) => {
    const from = edges[index] ?? to;
    return {
      from,
      ms: to - from,
      isIdle: !spans.some((each) => each.from <= from && each.to >= to),
    };
  });
  const sum = (idle: boolean): number =>
    pieces.reduce((all, { ms, isIdle }) => (isIdle === idle ? all + ms : all), 0);
  const ms = sum(false);
  const cut = Math.max(1, ms) * IDLE_PART;
  const at = new Map<number, number>();
  let length = 0;
  for (const piece of pieces) {
    at.set(piece.from, length);
    length += piece.isIdle ? Math.min(piece.ms, cut) : piece.ms;
  }
  at.set(edges.at(-1) ?? 0, length);
  const part = (time: number): number => (length === 0 ? 0 : (at.get(time) ?? 0) / length);
  const places = spans.map(({ from, to }) => {
    const width = Math.max(BAR_PART, part(to) - part(from));
    return { start: Math.min(part(from), 1 - width), width };
  });
  return { places, ms };
}
