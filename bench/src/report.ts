/** What came of a run, as a table in Markdown. */
import type { Contestant } from "./contestant.ts";
import type { Round, Sample } from "./measure.ts";

export interface Result {
  readonly contestant: Contestant;
  readonly rounds: readonly Round[];
  /** Why it does not count: it answered wrong. */
  readonly disqualified?: string;
}

/** A figure over all rounds. */
interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const BAR = 24;
const PHASES = {
  first: "First requests",
  again: "Duplicates (bare: the same request again)",
} as const;

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [least = Number.NaN, most = Number.NaN] = [sorted[0], sorted.at(-1)];
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return { median: middle.reduce((sum, each) => sum + each, 0) / middle.length, least, most };
}

export function report(results: readonly Result[]): string {
  const lines = Object.entries(PHASES).flatMap(([phase, title]) => [
    `## ${title}`,
    "",
    "| | CPU, µs | (least–most) | over bare | database CPU, µs | trips | commits | p50, ms | p99, ms | throughput to bare | |",
    "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ...rowsOf(results, phase as keyof Round),
    "",
  ]);
  const wrong = results.flatMap(({ contestant, disqualified }) =>
    disqualified === undefined ? [] : [`- ${contestant.name} does not count: ${disqualified}.`],
  );
  return [...lines, ...wrong].join("\n");
}

function rowsOf(results: readonly Result[], phase: keyof Round): string[] {
  const counted = results.filter(({ disqualified }) => disqualified === undefined);
  const cpuOf = (result: Result) => over(result, phase, ({ cpuMicros }) => cpuMicros);
  const widest = Math.max(...counted.map((result) => cpuOf(result).median));
  return counted.map((result) => {
    const { name, bare } = result.contestant;
    const base = counted.find(({ contestant }) => contestant.name === bare);
    const cpu = cpuOf(result);
    const median = (figure: (sample: Sample) => number) => over(result, phase, figure).median;
    const isBare = base === undefined || name === bare;
    const ratios = isBare ? [] : ratiosOf(result, base, phase);
    return row([
      name,
      cpu.median.toFixed(0),
      `${cpu.least.toFixed(0)}–${cpu.most.toFixed(0)}`,
      isBare ? "" : signed(cpu.median - cpuOf(base).median),
      shown(
        median(({ databaseMicros }) => databaseMicros ?? Number.NaN),
        0,
      ),
      shown(median(({ trips }) => trips) || Number.NaN, 2),
      shown(median(({ commits }) => commits) || Number.NaN, 2),
      median(({ p50 }) => p50).toFixed(1),
      median(({ p99 }) => p99).toFixed(1),
      isBare ? "" : spreadOf(ratios).median.toFixed(2),
      "█".repeat(Math.max(1, Math.round((cpu.median / widest) * BAR))),
    ]);
  });
}

/** Within each round, because the machine's mood is shared by those who ran in it. */
function ratiosOf(result: Result, base: Result, phase: keyof Round): number[] {
  return result.rounds.map(
    (each, index) => each[phase].perSecond / (base.rounds[index]?.[phase].perSecond ?? Number.NaN),
  );
}

const over = (result: Result, phase: keyof Round, figure: (sample: Sample) => number): Spread =>
  spreadOf(result.rounds.map((each) => figure(each[phase])));

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`;
const shown = (value: number, digits: number): string =>
  Number.isNaN(value) ? "" : value.toFixed(digits);
