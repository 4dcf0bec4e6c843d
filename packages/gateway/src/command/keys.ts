/** `oncekey keys`: what became of a key, what a person knows of one in doubt, and what is erased. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { IdempotencyRecord } from "oncekey";
import { Complaint } from "../complaint.ts";
import { durationOf } from "../quantity.ts";
import { sealOf } from "../seal-keys.ts";
import { type Database, withDatabase } from "./database.ts";
import { forgetCommand } from "./keys-forget.ts";
import { releaseCommand, resolveCommand } from "./keys-settle.ts";
import { gallery, inLines, instant, keptInWords, portrait } from "./portrait.ts";
import { document, printerOf } from "./printer.ts";
import {
  addWhose,
  findRecord,
  type Meant,
  scopeIn,
  sealOption,
  storeOption,
  type Whose,
} from "./whose.ts";

/** The most that a store gives at once. */
const LIMIT_MAX = 1_000;
/** A screen or two. */
const LIMIT = 100;
/** Small enough to hold no lock for long. */
const REAP_LIMIT = 10_000;

export function keysCommand(): Command {
  return new Command("keys")
    .description("Lists, shows, settles and erases records.")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(resolveCommand())
    .addCommand(releaseCommand())
    .addCommand(reapCommand())
    .addCommand(forgetCommand());
}

const count = (most: number) => (text: string) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new InvalidArgumentError(`Expected an integer from 1 to ${most}.`);
};

interface ListFlags extends Whose {
  readonly store?: string;
  readonly state?: IdempotencyRecord["state"];
  readonly olderThan?: number;
  readonly limit: number;
  readonly after?: string;
  readonly json?: boolean;
}

function listCommand(): Command {
  const command = new Command("list")
    .description("Lists records, a page at a time.")
    .addOption(storeOption())
    .addOption(
      new Option("--state <state>", "only those that read so now").choices([
        "in-flight",
        "in-doubt",
        "completed",
      ]),
    )
    .option("--older-than <duration>", "only those claimed longer ago, such as 5m", (text) =>
      durationOf("--older-than", text),
    );
  return addWhose(command)
    .option("--limit <count>", "the most records of a page", count(LIMIT_MAX), LIMIT)
    .option("--after <cursor>", "where the page before ended")
    .option("--json", "one document, for programs")
    .action((flags: ListFlags, self: Command) =>
      withDatabase(flags.store, async (database) => {
        const { now, records, next } = await listed(database, flags);
        const { out, err } = printerOf(self);
        if (flags.json === true) {
          out(document({ now: instant(now), records: records.map(portrait), next }));
          return;
        }
        if (records.length > 0) out(gallery(records));
        else err("No record is so.\n");
        if (next !== undefined) err(`More: the same command with --after ${next}\n`);
      }),
    );
}

/** A page with something on it, or the last one: what is too young is passed over. */
async function listed({ store, now }: Database, flags: ListFlags) {
  const scope = scopeIn(flags);
  const { limit, state, olderThan = 0 } = flags;
  const at = await now();
  let after = flags.after;
  for (;;) {
    const page = await store
      .list({
        limit,
        ...(after !== undefined && { after }),
        ...(scope !== undefined && { scope }),
        ...(state !== undefined && { state }),
      })
      .catch(inFlags);
    const records = page.records.filter((record) => at - record.claimedAt >= olderThan);
    after = page.next;
    if (records.length > 0 || after === undefined) return { now: at, records, next: after };
  }
}

/** A cursor is the only thing in a request that is handed on as it was typed. */
function inFlags(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  throw new Complaint("Expected --after to be the cursor that the page before ended with.");
}

interface ShowFlags extends Meant {
  readonly store?: string;
  readonly sealKeys?: string;
  readonly json?: boolean;
}

function showCommand(): Command {
  const command = new Command("show")
    .description("Shows one record: by its id, or by scope and key.")
    .argument("[id]", "64 hex digits, or the first 12 or more, as logs have them")
    .addOption(storeOption())
    .addOption(sealOption());
  return addWhose(command)
    .option("--key <key>", "the key, as the client sent it")
    .option("--json", "one document, for programs")
    .action((id: string | undefined, flags: ShowFlags, self: Command) => {
      const seal = sealOf(flags.sealKeys);
      return withDatabase(flags.store, async ({ store }) => {
        const record = await findRecord(store, id, flags);
        const kept = seal && (await keptInWords(record, seal));
        const shown = { ...portrait(record), ...(kept !== undefined && { kept }) };
        printerOf(self).out(flags.json === true ? document(shown) : inLines(shown));
      });
    });
}

interface ReapFlags {
  readonly store?: string;
  readonly limit: number;
  readonly json?: boolean;
}

function reapCommand(): Command {
  return new Command("reap")
    .description("Removes expired records; never one in doubt, never one in flight.")
    .addOption(storeOption())
    .option("--limit <count>", "remove at most so many", count(1_000_000), REAP_LIMIT)
    .option("--json", "one document, for programs")
    .action((flags: ReapFlags, self: Command) =>
      withDatabase(flags.store, async ({ store, kind }) => {
        const reaped = await store.reap(flags.limit);
        const { out } = printerOf(self);
        if (flags.json === true) out(document({ reaped }));
        else if (kind === "redis")
          out("Nothing to do: Redis removes by itself what has expired.\n");
        else out(`Removed ${reaped} expired ${reaped === 1 ? "record" : "records"}.\n`);
      }),
    );
}
