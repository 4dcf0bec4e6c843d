#!/usr/bin/env node
/**
 * The `oncekey` command. Each subcommand is a file in `command/`, and a line in the list below.
 *
 * A mistake of whoever types is one line on stderr and exit code 2, never a stack.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { gatewayCommand } from "./command/gateway.ts";
import { Complaint } from "./complaint.ts";

const COMMANDS: readonly (() => Command)[] = [gatewayCommand];

const MISTAKE = 2;

const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

const program = new Command("oncekey")
  .description("Send it again; it happens once.")
  .version(manifest.version)
  .showSuggestionAfterError(true)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`oncekey: ${onOneLine(text)}\n`) });

for (const make of COMMANDS) {
  program.addCommand(make().copyInheritedSettings(program));
}

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}

/** The exit code. What commander had to say, it has said. */
function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISTAKE;
  // The library's own word for a wrong option is a TypeError that names it.
  if (!(error instanceof Complaint || error instanceof TypeError)) throw error;
  process.stderr.write(`oncekey: ${onOneLine(error.message)}\n`);
  return MISTAKE;
}

function onOneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ");
}
