/**
 * The keys that answers are sealed with at rest, from a file or from the environment.
 *
 * Never from a command line, which everybody on the machine may read; and no message has a word of
 * what was read, since what stands in the wrong place may be a key.
 */
import { readFileSync } from "node:fs";
import type { Seal } from "oncekey";
import { aesGcm, type SealKey } from "oncekey/seal";
import { Complaint } from "./complaint.ts";

/** Holds the keys themselves; the option and the configuration name a file. */
const VARIABLE = "ONCEKEY_SEAL_KEYS";
const FLAG = "--seal-keys";
const MEMBER = "sealKeys of the configuration";

/** An id of the library's, and 32 bytes in base64, with or without the padding. */
const ENTRY = /^(?<id>[\w.-]{1,32}):(?<key>[A-Za-z0-9+/]{43})=?$/;

/**
 * The command line's file goes before the environment, and that before the configuration's file.
 * `undefined`: nobody has named keys. Throws a `Complaint` for keys that cannot be used.
 */
export function sealOf(flag: string | undefined, inConfig?: string): Seal | undefined {
  if (flag !== undefined) return sealIn(contentOf(flag, FLAG), FLAG);
  const text = process.env[VARIABLE];
  if (text !== undefined) return sealIn(text, VARIABLE);
  if (inConfig === undefined) return undefined;
  return sealIn(contentOf(inConfig, MEMBER), MEMBER);
}

/** Who types a key where a file's name belongs must not find it in a log: the name is not quoted. */
function contentOf(file: string, where: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint(`Expected ${where} to be a file that can be read (${code}). ${FORM}`);
  }
}

/** Nothing in it is a mistake, too: a template that was not filled in must not switch sealing off. */
function sealIn(text: string, where: string): Seal {
  const entries = text
    .split(/[\n,]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("#"));
  if (entries.length === 0) throw new Complaint(`Expected ${where} to hold a key. ${FORM}`);
  const keys = entries.map((entry, index) => keyIn(entry, index, where));
  const ids = new Set(keys.map(({ id }) => id));
  if (ids.size === keys.length) return aesGcm(keys);
  throw new Complaint(`Expected each key of ${where} to have an id of its own.`);
}

const FORM =
  "A key is ID:KEY, the 32 bytes of KEY in base64 (openssl rand -base64 32), each on a line or " +
  "after a comma; the first one seals.";

function keyIn(entry: string, index: number, where: string): SealKey {
  const { id, key } = ENTRY.exec(entry)?.groups ?? {};
  if (id !== undefined && key !== undefined) return { id, key: Buffer.from(key, "base64") };
  throw new Complaint(
    `Expected ${where} to hold keys alone, and number ${index + 1} is none. ${FORM}`,
  );
}
