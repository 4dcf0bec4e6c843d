/** Durations and sizes as people write them on a command line: `60s`, `500ms`, `24h`, `1MiB`. */
import { Complaint } from "./complaint.ts";

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const BYTES: Readonly<Record<string, number>> = { "": 1, KiB: 1_024, MiB: 1_048_576 };

/** Milliseconds. A unit is asked for, because a bare `60` means a minute to one and nothing to another. */
export function durationOf(option: string, text: string): number {
  const [, count, unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = MS[unit];
  if (count !== undefined && factor !== undefined) return Number(count) * factor;
  throw new Complaint(
    `Expected ${option} to be a duration with its unit, such as 500ms, 60s or 24h.`,
  );
}

export function sizeOf(option: string, text: string): number {
  const [, count, unit = ""] = /^(\d{1,12})(KiB|MiB)?$/.exec(text) ?? [];
  const factor = BYTES[unit];
  if (count !== undefined && factor !== undefined) return Number(count) * factor;
  throw new Complaint(`Expected ${option} to be a number of bytes, such as 65536, 512KiB or 1MiB.`);
}
