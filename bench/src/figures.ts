/** Samples as figures, and figures as cells of a table in Markdown. */

/** A figure over all rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least = Number.NaN, most = Number.NaN] = [sorted[0], sorted.at(-1)];
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return { median: middle.reduce((sum, each) => sum + each, 0) / middle.length, least, most };
}

export const medianOf = (values: readonly number[]): number => spreadOf(values).median;

/** `part` of all values are at most this: 0.99 for a p99. */
export function quantileOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

/** The first column is words, the others are numbers. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = heads.map((_, index) => (index === 0 ? "---" : "--:"));
  return [row(heads), `|${rule.join("|")}|`, ...rows.map(row)].join("\n");
}

export const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

export const signed = (value: number): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;

/** Empty where nobody could tell. */
export const shown = (value: number | undefined, digits: number): string =>
  value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
