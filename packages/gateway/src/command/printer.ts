/** Where a subcommand writes: what was asked for, and what is said beside it. */
import type { Command } from "commander";

export interface Printer {
  /** What was asked for: stdout. */
  out(text: string): void;
  /** What is said to whoever sits there: stderr. */
  err(text: string): void;
}

/** The program's own streams, which a subcommand inherits. */
export function printerOf(command: Command): Printer {
  const { writeOut, writeErr } = command.configureOutput();
  return { out: (text) => writeOut?.(text), err: (text) => writeErr?.(text) };
}

/** One document on lines of its own, for programs. */
export const document = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const GAP = "  ";

/** Columns as wide as what stands in them. The last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  const lineOf = (row: readonly string[]) =>
    row.map((cell, at) => cell.padEnd(at === row.length - 1 ? 0 : (widths[at] ?? 0))).join(GAP);
  return rows.map((row) => `${lineOf(row).trimEnd()}\n`).join("");
}

/** A label is an application's text: on a terminal it must not move the cursor. */
export const legible = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
