/**
 * What `oncekey` understands. Each subcommand is a file in `command/`, and a line in the list below.
 *
 * A mistake of whoever types is one line on stderr and exit code 2, never a stack.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { completionCommand } from "./command/completion.ts";
import { conformanceCommand } from "./command/conformance.ts";
import { dashboardCommand } from "./command/dashboard.ts";
import { doctorCommand } from "./command/doctor.ts";
import { Ending } from "./command/ending.ts";
import { gatewayCommand } from "./command/gateway.ts";
import { keysCommand } from "./command/keys.ts";
import { migrateCommand } from "./command/migrate.ts";
import { tailCommand } from "./command/tail.ts";
import { Complaint } from "./complaint.ts";

const COMMANDS: readonly (() => Command)[] = [
  gatewayCommand,
  keysCommand,
  migrateCommand,
  doctorCommand,
  conformanceCommand,
  tailCommand,
  dashboardCommand,
  completionCommand,
];

const MISTAKE = 2;

export interface Written {
  out(text: string): void;
  err(text: string): void;
}

/** Resolves with the exit code; a command that goes on, such as a server, has then begun. */
export async function runCommand(args: readonly string[], written: Written): Promise<number> {
  const complain = (text: string) => written.err(`oncekey: ${onOneLine(text)}\n`);
  const program = new Command("oncekey")
    .description("Send it again; it happens once.")
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.out(text),
      writeErr: (text) => written.err(text),
      outputError: complain,
    });
  for (const make of COMMANDS) program.addCommand(inheriting(make(), program));
  try {
    if (args.length === 0) written.out(program.helpInformation());
    else await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // What commander had to say, it has said.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISTAKE;
    if (error instanceof Ending) {
      if (error.message !== "") complain(error.message);
      return error.code;
    }
    if (!(error instanceof Complaint)) throw error;
    complain(error.message);
    return MISTAKE;
  }
}

/** A command that was made apart would end the process by itself, and write where it likes. */
function inheriting(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const inner of command.commands) inheriting(inner, command);
  return command;
}

function version(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version;
}

function onOneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ");
}
