/** Which records are meant: a scope in words, a key, an id, or the beginning of one. */
import { type Command, Option } from "commander";
import { type Door, type IdempotencyRecord, type Inspector, recordId, scopeDigest } from "oncekey";
import { Complaint } from "../complaint.ts";
import { Ending } from "./ending.ts";
import { SHORT_ID } from "./portrait.ts";
import { several } from "./several.ts";

export interface Whose {
  readonly scope?: readonly string[];
  readonly door: Door;
}

export const storeOption = (): Option =>
  new Option("--store <address>", "sqlite:FILE, redis://… or postgres://…").env("ONCEKEY_STORE");

export const sealOption = (): Option =>
  new Option(
    "--seal-keys <file>",
    "keys that answers are sealed with (ONCEKEY_SEAL_KEYS has keys)",
  );

export function addWhose(command: Command): Command {
  return command
    .option("--scope <words>", "whose key: global, or a principal; repeat for its parts", several)
    .addOption(
      new Option("--door <door>", "how the work came in").choices(["http", "run"]).default("http"),
    );
}

/** `global` is the word, and one part is the same principal as a list of one. */
export function scopeOf({ scope = [] }: Pick<Whose, "scope">): string | readonly string[] {
  const [only = ""] = scope;
  return scope.length === 1 ? only : scope;
}

export function scopeIn(whose: Whose): string | undefined {
  return whose.scope === undefined ? undefined : scopeDigest(scopeOf(whose), whose.door);
}

export interface Meant extends Whose {
  readonly key?: string;
}

/** Throws a `Complaint` if it is not one record that was meant, and an `Ending` if it is not there. */
export async function findRecord(
  store: Inspector,
  id: string | undefined,
  meant: Meant,
): Promise<IdempotencyRecord> {
  const record = await look(store, id, meant);
  if (record !== undefined) return record;
  throw new Ending(1, "There is no such record: it never was, it was released, or it has expired.");
}

async function look(store: Inspector, id: string | undefined, meant: Meant) {
  const { scope, key } = meant;
  if (id === undefined) {
    if (scope === undefined || key === undefined) {
      throw new Complaint("Expected an id, or --scope and --key, to say which record is meant.");
    }
    return store.get(recordId(scopeOf(meant), key, meant.door));
  }
  if (scope !== undefined || key !== undefined) {
    throw new Complaint("Expected either an id, or --scope and --key, and not both.");
  }
  const digits = id.toLowerCase();
  if (!/^[0-9a-f]{12,64}$/.test(digits)) {
    throw new Complaint(
      `Expected an id of 64 hex digits, or its beginning as logs have it: ${SHORT_ID} or more.`,
    );
  }
  return digits.length === 64 ? store.get(digits) : beginningWith(store, digits);
}

/** The most that a store gives at once. */
const PAGE = 1_000;

/** No store finds records by the beginning of an id: all are looked at, to be sure that it is one. */
async function beginningWith(store: Inspector, digits: string) {
  const found = new Map<string, IdempotencyRecord>();
  let after: string | undefined;
  do {
    const page = await store.list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const record of page.records) {
      if (record.id.startsWith(digits)) found.set(record.id, record);
    }
    after = page.next;
  } while (after !== undefined);
  if (found.size > 1) {
    throw new Complaint(`${found.size} records begin with ${digits}: give more digits of the id.`);
  }
  return [...found.values()][0];
}
