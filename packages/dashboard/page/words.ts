/** How states, events, spans and sizes are shown: what of it no text can say. */
import { LANGUAGE, say } from "./texts.ts";

/** Shapes, so that no state is told by its colour alone. */
export const STATE_SIGNS: Readonly<Record<string, string>> = {
  "in-flight": "◔",
  "in-doubt": "▲",
  completed: "●",
};

const GOOD: readonly string[] = [
  ...["completed", "record-completed", "replayed", "reconciled", "resolved", "recovered"],
];
const CALM: readonly string[] = [
  ...["claimed", "record-claimed", "renewed", "released", "expires", "lease-ends"],
  ...["in-flight", "rolled-back"],
];

/** How grave an event is, for its mark. */
export function eventTone(type: string): "calm" | "good" | "grave" {
  if (GOOD.includes(type)) return "good";
  return CALM.includes(type) ? "calm" : "grave";
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** The largest unit that a span has one of. */
function measured(ms: number): readonly [number, "day" | "hour" | "minute" | "second"] {
  const span = Math.abs(ms);
  for (const [unit, unitMs] of UNITS) {
    if (span >= unitMs) return [Math.floor(span / unitMs), unit];
  }
  return [Math.round(span / 1000), "second"];
}

const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });

/** "3 minutes ago", or "in 3 minutes". */
export function agoWords(ms: number): string {
  if (Math.abs(ms) < 1000) return say("justNow");
  const [count, unit] = measured(ms);
  return RELATIVE.format(ms < 0 ? count : -count, unit);
}

/** "10 sec", "6 hr". */
export function spanWords(ms: number): string {
  const [count, unit] = measured(ms);
  return new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay: "short" }).format(
    count,
  );
}

const COUNT = new Intl.NumberFormat(LANGUAGE);
export const countWords = (count: number): string => COUNT.format(count);

const PERCENT = new Intl.NumberFormat(LANGUAGE, { style: "percent" });
/** Of a part of 1. */
export const percentWords = (part: number): string => PERCENT.format(part);

const ONE_PLACE = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 });
export const bytesWords = (bytes: number): string =>
  bytes < 1024
    ? say("bytes", { count: countWords(bytes) })
    : say("kibibytes", { count: ONE_PLACE.format(bytes / 1024) });

export const shortDigest = (digest: string): string => digest.slice(0, 12);
