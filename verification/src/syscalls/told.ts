/** A run in words: lines for whoever watches, and the sections of the page. */
import type { Outcome, Section } from "../program.ts";
import { CALLS, type Call, FAULTS, type Fault, MODES, type Mode } from "./cell.ts";
import type { DrillResult } from "./drill.ts";
import { SIGHTS, type Sight } from "./judge.ts";
import type { CellResult, Watched } from "./sweep.ts";

export interface Run {
  readonly watched: readonly Watched[];
  readonly cells: readonly CellResult[];
  readonly drills: readonly DrillResult[];
  /** What had to be seen, and was not. */
  readonly missing: readonly string[];
  readonly seed: number;
}

const DAMAGE = "a read that failed, and a file that was damaged by it";

/** What a run of all, or of a sample, has to have seen. */
export function missingIn(cells: readonly CellResult[]): readonly string[] {
  const seen = new Set<string>(cells.flatMap(({ sights }) => sights));
  if (cells.some(({ excused }) => excused.some((each) => each.startsWith("file")))) {
    seen.add(DAMAGE);
  }
  return [...SIGHTS, DAMAGE].filter((sight) => !seen.has(sight));
}

export function outcomeOf(run: Run): Outcome {
  const { watched, cells, drills, missing, seed } = run;
  const broken = [...watched, ...cells, ...drills].reduce(
    (sum, { violations }) => sum + violations.length,
    0,
  );
  const keys = drills.reduce((sum, drill) => sum + drill.keys, 0);
  const parts = [
    `${cells.length} system calls hit, each in a process of its own`,
    `${drills.length} drills with ${keys} keys in stores that were full`,
    `${broken} violations`,
    ...missing.map((sight) => `never seen: ${sight}`),
    `seed ${seed}`,
  ];
  return {
    holds: broken === 0 && missing.length === 0,
    summary: parts.join(", "),
    sections: [
      ...(cells.length > 0 ? [sweepSection(run), sightSection(cells)] : []),
      ...(drills.length > 0 ? [drillSection(drills)] : []),
    ],
    limits: [...secondEffects(cells, drills), ...lostReads(cells)],
  };
}

export function lineOf(cell: CellResult): string {
  const { mode, call, nth, phase, fault, effects, sights, excused } = cell;
  const columns = [mode.padEnd(13), call.padEnd(9), `${nth}`.padStart(2), phase.padEnd(6)];
  const figures = [fault.padEnd(11), `effects ${effects ?? "unknown"}`, ...sights];
  const notes = excused.length > 0 ? [`libsql: ${[...new Set(excused)].join("; ")}`] : [];
  return [...columns, ...figures, ...notes, verdictOf(cell)].join("  ");
}

export function drillLineOf(result: DrillResult): string {
  const { drill, mode, at, keys, effects, sights } = result;
  const columns = [drill.padEnd(11), mode.padEnd(13), at.padEnd(10), `${keys} keys`];
  return [...columns, `effects ${counted(effects)}`, ...sights, verdictOf(result)].join("  ");
}

interface Judged {
  readonly violations: readonly string[];
  readonly command: string;
}

function verdictOf({ violations, command }: Judged): string {
  if (violations.length === 0) return "held";
  return `✗\n  ${[...new Set(violations)].join("\n  ")}\n  again: ${command}`;
}

function sweepSection({ watched, cells, seed }: Run): Section {
  const rows = watched.flatMap(({ mode, census }) =>
    CALLS.filter((call) => cells.some((cell) => cell.mode === mode && cell.call === call)).map(
      (call) => {
        const { all, claim } = census[call];
        const own = cells.filter((cell) => cell.mode === mode && cell.call === call);
        const violations = own.reduce((sum, cell) => sum + cell.violations.length, 0);
        const faults = FAULTS.map((fault) => toldFault(own, call, fault));
        return [mode, `\`${call}\``, `${claim} + ${all - claim}`, ...faults, `${violations}`];
      },
    ),
  );
  const unsafe = watched.flatMap(({ mode, violations }) =>
    violations.map((what) => `**${mode}: ${what}**`),
  );
  const table = tableOf(["mode", "call", "calls", ...FAULTS, "violations"], rows);
  return {
    title: "SQLite, hit at each system call",
    text: [
      "A request makes so many calls on the database's files until its effect and after it. Each is hit in a process of " +
        "its own; a cell says how many effects there were in the end, and in how many of the runs. *kill* is SIGKILL in " +
        `place of the call. Seed ${seed}.`,
      table,
      "`npm run verify -- --only syscalls --mode <mode> --call <call> --nth <1, 2, ...> --fault <fault>`",
      unsafe.length > 0
        ? unsafe.join("\n\n")
        : `In ${watched.length} undisturbed requests the log was synced before the effect, and again before the answer left.`,
    ].join("\n\n"),
  };
}

function toldFault(own: readonly CellResult[], call: Call, fault: Fault): string {
  const hit = own.filter((cell) => cell.fault === fault);
  if (hit.length === 0) return "";
  if (call === "pread64") {
    return `nothing is promised in ${hit.filter(({ excused }) => excused.length > 0).length} of ${hit.length}`;
  }
  const effects: Record<number, number> = {};
  for (const { effects: count = 0 } of hit) effects[count] = (effects[count] ?? 0) + 1;
  return counted(effects);
}

/** "1 (28×), **2** (4×)" */
function counted(effects: Readonly<Record<number, number>>): string {
  return Object.entries(effects)
    .map(([count, times]) => `${Number(count) > 1 ? `**${count}**` : count} (${times}×)`)
    .join(", ");
}

function sightSection(cells: readonly CellResult[]): Section {
  const times = (sight: Sight, mode: Mode) =>
    cells.filter((cell) => cell.mode === mode && cell.sights.includes(sight)).length;
  const rows = SIGHTS.map((sight) => [sight, ...MODES.map((mode) => `${times(sight, mode)}`)]);
  return {
    title: "What became of those keys",
    text: tableOf(["in so many runs", ...MODES], rows),
  };
}

function drillSection(drills: readonly DrillResult[]): Section {
  const rows = drills.map(({ drill, mode, at, keys, effects, sights, violations, command }) => [
    ...[drill, mode, at, `${keys}`, counted(effects), sights.join("; ")],
    ...[`${violations.length}`, `\`${command}\``],
  ]);
  const head = ["drill", "mode", "full at", "keys", "effects", "seen", "violations", "command"];
  return {
    title: "Stores that run full",
    text: [
      "SQLite on a file system without room, Redis at its `maxmemory`. *claim*: before the request. *completion*: while " +
        "the handler runs. *death*: likewise, and the owner is killed. Then there is room again.",
      tableOf(head, rows),
    ].join("\n\n"),
  };
}

function secondEffects(
  cells: readonly CellResult[],
  drills: readonly DrillResult[],
): readonly string[] {
  const twice = "a second effect of a repeatable key";
  const count = [...cells, ...drills].filter(({ sights }) => sights.includes(twice)).length;
  if (count === 0) return [];
  return [
    `repeatable, where the owner dies after its effect or cannot record it: the effect can happen twice (${count} runs here).`,
  ];
}

function lostReads(cells: readonly CellResult[]): readonly string[] {
  const reads = cells.filter(({ call }) => call === "pread64");
  const lost = reads.filter(({ excused }) => excused.length > 0);
  if (lost.length === 0) return [];
  const damaged = lost.filter(({ excused }) => excused.some((each) => each.startsWith("file")));
  return [
    "SQLite through libsql, when the disk fails to read: libsql takes what stood in its memory for the page, says nothing, and " +
      `may write it back; ${damaged.length} of ${reads.length} failed reads damaged the file, and then nothing is promised.`,
  ];
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
