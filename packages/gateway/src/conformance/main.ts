#!/usr/bin/env node
/** Runs the conformance command by itself, until the `oncekey` command has it. */
import { conformance } from "../command/conformance.ts";

process.exitCode = await conformance(process.argv.slice(2), process);
