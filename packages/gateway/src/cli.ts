#!/usr/bin/env node
/** The `oncekey` command, as npm installs it. */
import { runCommand } from "./program.ts";

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
