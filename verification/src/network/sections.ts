/** What the page says of a run: figures of that run, and nothing else. */

import { modesOf } from "../chaos/cell.ts";
import type { Section } from "../program.ts";
import { commandOf, FAULTS, optionsOf, REACHES, type Selection, STORES, stepsOf } from "./cell.ts";
import { type CommitUnknown, commitUnknownOf } from "./expectation.ts";
import type { CellResult } from "./network.ts";
import type { SilenceResult } from "./silence.ts";

export interface Run {
  readonly cells: readonly CellResult[];
  readonly silences: readonly SilenceResult[];
  readonly seed: number;
}

export function sectionsOf(run: Run): readonly Section[] {
  const tables = [
    { title: "Network faults at every step", text: stepsIn(run) },
    { title: "COMMIT without an answer", text: commitsIn(run) },
    { title: "Drivers as they come, before a silent network", text: silencesIn(run) },
  ];
  return tables.filter(({ text }) => text !== "");
}

type Counts = Readonly<Record<string, number>>;

/** A line for each step: its cells are at both sides, at three places, with all faults. */
function stepsIn({ cells, seed }: Run): string {
  const groups = STORES.flatMap((store) =>
    modesOf(store).flatMap((mode) => stepsOf(mode).map((step) => ({ store, mode, step }))),
  );
  const rows = groups.flatMap((group) => {
    const here = cells.filter((cell) => isWithin(cell, group));
    if (here.length === 0) return [];
    const { store, mode, step } = group;
    return [[store, mode, step, ...figuresOf(here), code(optionsOf(group))]];
  });
  if (rows.length === 0) return "";
  const head = ["store", "mode", "step", ...FIGURES, "one line alone"];
  const faults = `${FAULTS.join(", ")}; ${REACHES.join(" or ")}`;
  return [
    `Every message of a request to its store, and every reply, met a fault before its first byte, in its middle ` +
      `and behind its last one (${faults}). Seed ${seed}. A line alone: ` +
      `${code(`npm run verify -- --only network OPTIONS --seed ${seed}`)}, and one cell with ` +
      `${code("--side --at --fault --reach")} as well.`,
    table(head, rows),
  ].join("\n\n");
}

const FIGURES = ["cells", "rounds", "effects", "leases lost", "violations"];

function figuresOf(cells: readonly CellResult[]): readonly (string | number)[] {
  const sum = (of: (cell: CellResult) => number) => cells.reduce((all, cell) => all + of(cell), 0);
  return [
    ...[cells.length, sum(({ rounds }) => rounds), counted(cells.map(({ effects }) => effects))],
    ...[sum(({ disturbed }) => disturbed), sum(({ violations }) => violations.length)],
  ];
}

const MEANINGS: Readonly<Record<CommitUnknown, string>> = {
  committed: "it did commit: its reply was cut",
  not: "it did not: COMMIT was cut",
  unknown: "it left, and nothing more was known",
};

/** Both legs of the effect or none: how often the handler ran, and what stood in the end. */
function commitsIn({ cells, seed }: Run): string {
  const commits = cells.filter((cell) => commitUnknownOf(cell) !== undefined);
  const rows = (["committed", "not", "unknown"] as const).flatMap((unknown) =>
    REACHES.flatMap((reach) => {
      const here = commits.filter(
        (cell) => cell.reach === reach && commitUnknownOf(cell) === unknown,
      );
      if (here.length === 0) return [];
      const told = counted(here.map((cell) => cell.told));
      const runs = counted(here.map((cell) => cell.runs));
      const [cells, rounds, effects, , violations] = figuresOf(here);
      return [[MEANINGS[unknown], reach, cells, rounds, runs, effects, told, violations]];
    }),
  );
  if (rows.length === 0) return "";
  const head = [
    ...["COMMIT", "reach", "cells", "rounds", "handler ran", "effects, both legs"],
    ...["the caller was told", "violations"],
  ];
  const selection = { store: "postgres", mode: "transactional", step: "commit" } as const;
  return [`${code(commandOf(selection, seed))}`, table(head, rows)].join("\n\n");
}

function silencesIn({ silences }: Run): string {
  if (silences.length === 0) return "";
  const rows = silences.map(({ name, store, setting, watchedMs, told, effects, violations }) => [
    ...[store, setting, `${watchedMs} ms`, counted([told]), effects, violations.length],
    code(`npm run verify -- --only network --silence ${name}`),
  ]);
  const head = [
    ...["store", "what was not set", "watched for", "callers were told meanwhile"],
    ...["effects in the end", "violations", "alone"],
  ];
  return table(head, rows);
}

function isWithin(cell: CellResult, group: Selection): boolean {
  return cell.store === group.store && cell.mode === group.mode && cell.step === group.step;
}

/** `12×1, 3×2`: twelve times one, three times two. */
function counted(all: readonly Counts[]): string {
  const sums = new Map<string, number>();
  for (const counts of all) {
    for (const [what, times] of Object.entries(counts)) {
      sums.set(what, (sums.get(what) ?? 0) + times);
    }
  }
  return [...sums].map(([what, times]) => `${times}×${what}`).join(", ");
}

const code = (text: string): string => `\`${text}\``;

function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  const line = (columns: readonly (string | number | undefined)[]) => `| ${columns.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
