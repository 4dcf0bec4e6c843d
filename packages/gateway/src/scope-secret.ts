/**
 * The secret that the upstream is told the scope with, from a file or from the environment: never
 * from a command line, which everybody on the machine may read.
 */
import { readFileSync } from "node:fs";
import { Complaint } from "./complaint.ts";

/** Holds the secret itself; the option and the configuration name a file. */
const VARIABLE = "ONCEKEY_SCOPE_SECRET";

/**
 * The command line's file goes before the environment, and that before the configuration's file.
 * The bytes as they are written, without the white space around. `undefined`: nobody has named one.
 */
export function scopeSecretOf(flag: string | undefined, inConfig?: string): Buffer | undefined {
  if (flag !== undefined) return contentOf(flag, "--scope-secret");
  const text = process.env[VARIABLE];
  if (text !== undefined) return Buffer.from(text.trim());
  return inConfig === undefined
    ? undefined
    : contentOf(inConfig, "scopeSecret of the configuration");
}

/** Who types the secret where a file's name belongs must not find it in a log. */
function contentOf(file: string, where: string): Buffer {
  try {
    return Buffer.from(readFileSync(file, "utf8").trim());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint(
      `Expected ${where} to be a file that can be read (${code}), with 32 bytes or more in it ` +
        "(openssl rand -base64 32).",
    );
  }
}
