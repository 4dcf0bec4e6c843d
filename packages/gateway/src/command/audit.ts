/**
 * Who settled which record, as what and why: a line of JSON to stderr, or at the end of a file.
 *
 * It holds digests and the operator's own words, never a key and never a body.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { userInfo } from "node:os";
import { Complaint, reasonOf } from "../complaint.ts";
import type { Printer } from "./printer.ts";

export interface Audit {
  write(entry: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/** Opened before anything is done: an act that could not be noted must not happen. */
export function openAudit(file: string | undefined, printer: Printer): Audit {
  const by = operator();
  if (file === undefined) {
    return {
      write: (entry) => printer.err(`${JSON.stringify({ ...entry, by })}\n`),
      close() {},
    };
  }
  const descriptor = opened(file);
  return {
    write(entry) {
      // One write to a file that is open to append: lines of several people do not mix.
      writeSync(descriptor, `${JSON.stringify({ ...entry, by })}\n`);
    },
    close: () => closeSync(descriptor),
  };
}

function opened(file: string): number {
  try {
    return openSync(file, "a", 0o600);
  } catch (error) {
    throw new Complaint(`Could not open the file of --audit: ${reasonOf(error)}.`);
  }
}

/** The account that the command runs under. In a container there may be no name for it. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
