/**
 * GUARANTEES.md: what the last whole run of `npm run verify` saw, written by nobody.
 *
 * Its last line holds a digest of all that stands above, so that no hand can improve a figure, and
 * the version of the contract that the figures were taken under, so that they cannot outlive it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { storeCases } from "oncekey/conformance";
import { cellsOf, MODES, type Mode } from "./chaos/cell.ts";
import { expectationOf } from "./chaos/expectation.ts";
import { table } from "./markdown.ts";
import type { Outcome } from "./program.ts";

export const GUARANTEES: string = join(import.meta.dirname, "../../../GUARANTEES.md");

/** One of the programs of a whole run. */
export interface ProgramRun {
  readonly name: string;
  readonly outcome: Outcome;
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
  /** ISO 8601. */
  readonly at: string;
  readonly isSample: boolean;
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
  "Two primaries at once, sentinels and managed failovers: here the old primary is dead before the new one is asked.",
  "A Postgres whose disk is full.",
  "Long load: `npm run verify -- --only soak` plays half an hour of it, and is no part of this run.",
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
export function guaranteesOf({ programs, machine, at, isSample }: Run): string {
  const outcomes = programs.map(({ outcome }) => outcome);
  const sections = [
    {
      title: "The promise of each mode",
      text: listed(MODES, (mode) => `**${mode}**: ${PROMISES[mode]}`),
    },
    { title: "The run", text: runOf(programs, machine, at, isSample) },
    { title: "Limits", text: limitsOf(outcomes) },
    ...outcomes.flatMap((outcome) => outcome.sections),
    { title: "What was not tested", text: listed(NOT_TESTED, (sentence) => sentence) },
  ];
  const text = [
    "# What was verified",
    "`npm run verify` has written this page; a test fails when a hand has changed it. What is promised, and why " +
      "it can be, is in [the guarantees](docs/guarantees.md); what each program does, in " +
      "[verification](docs/verification.md).",
    ...sections.map((section) => `## ${section.title}\n\n${section.text}`),
  ].join("\n\n");
  return sealed(`${text}\n`);
}

const listed = <Each>(all: readonly Each[], said: (each: Each) => string): string =>
  all.map((each) => `- ${said(each)}`).join("\n");

function runOf(
  programs: readonly ProgramRun[],
  machine: Machine,
  at: string,
  isSample: boolean,
): string {
  const { processor, cores, memoryGiB, versions } = machine;
  const rows = programs.map(({ name, outcome, seconds }) => [
    ...[name, outcome.holds ? "yes" : "**no**", outcome.summary, `${seconds}`],
  ]);
  return [
    `On ${at.slice(0, 10)}, ${processor}, ${cores} cores, ${memoryGiB} GiB. ${versions.join(", ")}.`,
    ...(isSample ? [SAMPLED] : []),
    table(["program", "held", "what it did", "seconds"], rows),
    "`npm run verify -- --only <program> --help` says how to run a part of one.",
  ].join("\n\n");
}

const SAMPLED =
  "**This was a sample**, `npm run verify -- --sample --write`: fewer histories, two workers of the model, and a " +
  "part of all cells, another one for each seed. `npm run verify` plays all of them.";

function limitsOf(outcomes: readonly Outcome[]): string {
  const limits = new Set(outcomes.flatMap((outcome) => outcome.limits));
  const lead =
    "What is documented as possible, and had to be seen: a run that never saw it has failed.";
  return [lead, listed([...limits], (sentence) => `**${sentence}**`)].join("\n\n");
}

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
