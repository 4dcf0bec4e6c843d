/** What came of a run, as a table in Markdown. */
import type { Contestant } from "./contestant.ts";
import { row, type Spread, shown, signed, spreadOf } from "./figures.ts";
import type { Round, Sample } from "./measure.ts";

export interface Result {
  readonly contestant: Contestant;
  readonly rounds: readonly Round[];
  /** Why it does not count: it answered wrong. */
  readonly disqualified?: string;
}

const BAR = 24;
const PHASES = {
  first: "First requests",
  again: "Duplicates (bare: the same request again)",
} as const;

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
  return [...lines, ...besides(results), ...wrong].join("\n");
}

/** What an adapter adds to ours over node:http, and how often ours answers while another does once. */
function besides(results: readonly Result[]): string[] {
  const counted = results.filter(({ disqualified }) => disqualified === undefined);
  const named = (name: string | undefined) =>
    counted.find(({ contestant }) => contestant.name === name);
  const rows = counted.flatMap((result) => {
    const { name, kind, bare, beside } = result.contestant;
    const ours = named(beside);
    const [alone, ourAlone] = [named(bare), named(ours?.contestant.bare)];
    if (!ours || !alone || !ourAlone) return [];
    const cells = (["first", "again"] as const).map((phase) => {
      const cpu = (of: Result) => over(of, phase, ({ cpuMicros }) => cpuMicros).median;
      if (kind === "peer") return `${spreadOf(ratiosOf(ours, result, phase)).median.toFixed(2)} ×`;
      return `${signed(cpu(result) - cpu(alone) - (cpu(ours) - cpu(ourAlone)))} µs`;
    });
    const what = kind === "peer" ? "throughput of ours to it" : "what its adapter adds";
    return [row([name, `${what}, ${ours.contestant.name}`, ...cells])];
  });
  if (rows.length === 0) return [];
  return ["## Beside ours", "", "| | | first | duplicate |", "|---|---|--:|--:|", ...rows, ""];
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
