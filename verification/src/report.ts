/**
 * GUARANTEES.md: what the last whole run of `npm run verify` saw, written by nobody.
 *
 * Its last line holds a digest of all that stands above, so that no hand can improve a figure, and
 * the version of the contract that the figures were taken under, so that they cannot outlive it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { storeCases } from "oncekey/conformance";
import {
  cellsOf,
  FAULTS,
  MODES,
  type Mode,
  modesOf,
  POINTS,
  STORES,
  type StoreName,
} from "./chaos/cell.ts";
import type { CellResult } from "./chaos/chaos.ts";
import { expectationOf } from "./chaos/expectation.ts";
import type { ChaosRecord } from "./chaos/program.ts";
import type { Storm } from "./chaos/storm.ts";

export const GUARANTEES: string = join(import.meta.dirname, "../../../GUARANTEES.md");

/** One of the programs of a whole run. */
export interface ProgramRun {
  readonly name: string;
  readonly holds: boolean;
  readonly seconds: number;
}

/** What a run stood on: a figure without its machine is a rumour. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Name and version of the system, of Node and of every server, in words. */
  readonly versions: readonly string[];
}

export interface Run {
  readonly programs: readonly ProgramRun[];
  readonly chaos: ChaosRecord;
  readonly machine: Machine;
}

const PROMISES: Readonly<Record<Mode, string>> = {
  unrepeatable:
    "The effect happens at most once; where nobody knows whether it did, all are told so.",
  repeatable: "The effect happens at least once, and all are told of the same one.",
  deduplicated:
    "As repeatable; the effect happens once, since downstream honours the key that we derive.",
  transactional: "The effect happens once, because it commits together with its record.",
};

const NOT_TESTED: readonly string[] = [
  "Loss of power, and disks that lie about what they have written: processes die here, machines do not.",
  "Clocks of the database server that jump while it runs. The applications' clocks were wrong by up to an hour in every round.",
  "More than one machine: sockets are on loopback, and a stopped process stands for a network that is cut.",
  "Failovers, database servers that die, disks that are full, and what dies inside a database's own write: the tests of the stores meet some of these, this run none.",
  "MySQL and MariaDB, and databases as a managed service.",
];

/**
 * Changes whenever a sentence of the store's contract or a cell of the fault matrix does. 12 hex
 * digits.
 */
function contractVersion(): string {
  const sentences = storeCases.map(({ name }) => name).sort();
  const matrix = cellsOf().map((cell) => ({ ...cell, ...expectationOf(cell) }));
  return digestOf(JSON.stringify([sentences, PROMISES, matrix]));
}

/** The whole page. */
export function guaranteesOf({ programs, chaos, machine }: Run): string {
  const text = [
    "# What was verified",
    "`npm run verify` has written this page; a test fails when a hand has changed it. What is promised, and why " +
      "it can be, is in [the guarantees](docs/guarantees.md).",
    "## The promise of each mode",
    MODES.map((mode) => `- **${mode}**: ${PROMISES[mode]}`).join("\n"),
    "## The run",
    runOf(programs, chaos, machine),
    "## The fault matrix",
    MATRIX,
    ...STORES.map((store) => matrixOf(store, chaos)),
    "## Limits",
    limitsOf(chaos.cells),
    "## A thousand duplicates at once",
    stormsOf(chaos.storms),
    "## What was not tested",
    NOT_TESTED.map((sentence) => `- ${sentence}`).join("\n"),
  ].join("\n\n");
  return sealed(`${text}\n`);
}

const MATRIX =
  "Five processes over one store, their leases 300 ms. One is armed to be hit at a point of its first request; " +
  "duplicates go to the other four; then all is healed, and everybody is asked until there is an answer. A cell " +
  "says how many effects there were in how many rounds. *In doubt*: how unrepeatable keys end whose owner died. " +
  "**Bold** is a limit, which a run has to reproduce. Rows and columns are named as the command names them.";

function runOf(
  programs: readonly ProgramRun[],
  { cells, seed, at }: ChaosRecord,
  { processor, cores, memoryGiB, versions }: Machine,
): string {
  const rounds = cells.reduce((sum, cell) => sum + cell.rounds, 0);
  const disturbed = cells.reduce((sum, cell) => sum + cell.disturbed, 0);
  const violations = cells.reduce((sum, cell) => sum + cell.violations.length, 0);
  return [
    `On ${at.slice(0, 10)}, ${processor}, ${cores} cores, ${memoryGiB} GiB. ${versions.join(", ")}.`,
    table(
      ["program", "held", "seconds"],
      programs.map(({ name, holds, seconds }) => [name, holds ? "yes" : "**no**", `${seconds}`]),
    ),
    `Chaos: ${cells.length} cells, ${rounds} rounds, ${violations} violations, seed ${seed}. In ${disturbed} rounds ` +
      "the machine itself held an owner up for longer than its lease; a repeatable effect may then happen once more.",
  ].join("\n\n");
}

function matrixOf(store: StoreName, { cells, seed }: ChaosRecord): string {
  const modes = modesOf(store);
  const rows = POINTS.flatMap((point) =>
    FAULTS.map((fault) => {
      const found = modes.map((mode) =>
        cells.find(
          (cell) =>
            cell.store === store &&
            cell.mode === mode &&
            cell.point === point &&
            cell.fault === fault,
        ),
      );
      return [point, fault, ...found.map(told)];
    }),
  );
  return [
    `### ${store}`,
    `\`npm run verify -- --only chaos --store ${store} --mode <column> --at <at> --fault <fault> --seed ${seed}\``,
    table(["at", "fault", ...modes], rows),
  ].join("\n\n");
}

/** One cell in words. */
function told(cell: CellResult | undefined): string {
  if (cell === undefined) return "not run";
  const { effects, rounds, violations } = cell;
  const counts = Object.entries(effects).map(([count, times]) => {
    const words = Object.keys(effects).length === 1 ? count : `${count} (${times}×)`;
    return Number(count) > 1 ? `**${words}**` : words;
  });
  const end = expectationOf(cell).end === "in-doubt" ? ", in doubt" : "";
  const bad = violations.length === 0 ? "" : `, **✗ ${violations.length} violations**`;
  return `${counts.join(", ")}${end} in ${rounds}${bad}`;
}

function limitsOf(cells: readonly CellResult[]): string {
  const limits = new Map<string, Set<string>>();
  for (const cell of cells) {
    if (Math.max(...expectationOf(cell).effects) <= 1) continue;
    const where = `${cell.mode}, hit at ${cell.point}`;
    const faults = limits.get(where) ?? new Set();
    limits.set(where, faults.add(cell.fault));
  }
  return [...limits]
    .map(([where, faults]) => {
      return `- **${where} by ${[...faults].join(", ")}: the effect can happen twice.**`;
    })
    .join("\n");
}

function stormsOf(storms: readonly Storm[]): string {
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return table(
    ["store", "mode", "storms", "violations", "p50", "p99", "largest process, before and after"],
    storms.map(({ store, mode, storms: count, violations, p50Ms, p99Ms, memoryBytes }) => [
      ...[store, mode, `${count}`, `${violations.length}`, `${p50Ms} ms`, `${p99Ms} ms`],
      `${mib(memoryBytes.before)}, ${mib(memoryBytes.after)}`,
    ]),
  );
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The last line of a page. */
const SEAL = /\n<!-- contract ([0-9a-f]{12}), digest ([0-9a-f]{12}) -->\n$/;

function sealed(text: string): string {
  const contract = contractVersion();
  return `${text}\n<!-- contract ${contract}, digest ${digestOf(`${contract}\n${text}`)} -->\n`;
}

/** What is wrong with a page, in a sentence; undefined if it is as it was written, and of today. */
export function faultOf(page: string): string | undefined {
  const [line, contract, digest] = SEAL.exec(page) ?? [];
  if (line === undefined) return "It has lost its last line: `npm run verify` writes it anew.";
  const text = page.slice(0, -line.length);
  if (digest !== digestOf(`${contract}\n${text}`)) {
    return "A hand has changed it: `npm run verify` writes it anew.";
  }
  if (contract === contractVersion()) return undefined;
  return "It speaks of another version of the contract: `npm run verify` writes it anew.";
}
