/**
 * `oncekey keys forget`: erases what was kept for one principal, and says what it had to leave.
 *
 * It asks first, since nothing brings an answer back, and each act leaves a line in the audit.
 */
import { Command, Option } from "commander";
import { type Door, type Forgotten, forget, type Inspector, type Seal, scopeDigest } from "oncekey";
import { Complaint, reasonOf, rootOf } from "../complaint.ts";
import { sealOf } from "../seal-keys.ts";
import { type Audit, openAudit } from "./audit.ts";
import { askConsent } from "./consent.ts";
import { type Database, withDatabase } from "./database.ts";
import { Ending } from "./ending.ts";
import { instant } from "./portrait.ts";
import { document, type Printer, printerOf } from "./printer.ts";
import { several } from "./several.ts";
import { scopeOf, sealOption, storeOption } from "./whose.ts";

interface ForgetFlags {
  readonly store?: string;
  readonly sealKeys?: string;
  readonly scope?: readonly string[];
  readonly door?: Door;
  readonly purge?: boolean;
  readonly reason?: string;
  readonly audit?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const DOORS: readonly Door[] = ["http", "run"];

export function forgetCommand(): Command {
  return new Command("forget")
    .description("Erases the answers and labels that were kept for one principal.")
    .addOption(storeOption())
    .addOption(sealOption())
    .option("--scope <words>", "whose: global, or a principal; repeat for its parts", several)
    .addOption(new Option("--door <door>", "only what came in so (both)").choices(DOORS))
    .option("--purge", "the records go too: a late retry runs again")
    .option("--reason <text>", "why; goes into the audit")
    .option("--audit <file>", "where the act is noted, at the end (stderr)")
    .option("--yes", "do not ask")
    .option("--json", "one document, for programs")
    .action((flags: ForgetFlags, self: Command) => run(flags, printerOf(self)));
}

const KEPT =
  "This erases the answers and labels of the scope. Its records stay until they expire, so that a " +
  "late retry does not run again.\n";
const PURGED =
  "This removes the records of the scope. Nothing tells any more that it happened: a late retry " +
  "runs again.\n";

async function run(flags: ForgetFlags, printer: Printer): Promise<void> {
  check(flags);
  const purge = flags.purge === true;
  const seal = sealOf(flags.sealKeys);
  await withDatabase(flags.store, async (database) => {
    const audit = openAudit(flags.audit, printer);
    let forgotten: Forgotten;
    try {
      printer.err(purge ? PURGED : KEPT);
      const question = purge ? "Remove them?" : "Erase them?";
      await askConsent(question, flags.yes === true);
      forgotten = await act(database, flags, seal, audit);
    } finally {
      audit.close();
    }
    printer.out(flags.json === true ? document(forgotten) : inWords(forgotten, purge));
    const { inFlight, inDoubt, unreadable } = forgotten;
    if (inFlight + inDoubt + unreadable > 0) throw new Ending(1);
  });
}

/** Throws a `Complaint` before anything is opened. */
function check({ scope = [], reason }: ForgetFlags): void {
  if (scope.length === 0 || scope[0] === "") {
    throw new Complaint(
      "Expected --scope to say whose records: global, or a principal, repeated for its parts.",
    );
  }
  if (reason !== undefined && (reason.trim() === "" || reason.length > 500)) {
    throw new Complaint("Expected --reason to say in 1 to 500 characters why.");
  }
}

/** The note is written whatever comes of it: what was erased before a failure stays erased. */
async function act(
  { store, now }: Database,
  { scope: words = [], door, purge = false, reason }: ForgetFlags,
  seal: Seal | undefined,
  audit: Audit,
): Promise<Forgotten> {
  const scope = scopeOf({ scope: words });
  const doors = door === undefined ? DOORS : [door];
  const scopes = doors.map((each) => scopeDigest(scope, each));
  const entry = { at: instant(await now()), act: "forget", purge, scopes, reason: reason?.trim() };
  try {
    const forgotten = await forget(only(store, scopes), { scope, purge, ...(seal && { seal }) });
    audit.write({ ...entry, ...forgotten });
    return forgotten;
  } catch (error) {
    audit.write({ ...entry, erased: "unknown", error: reasonOf(rootOf(error)) });
    throw error;
  }
}

/** The library looks behind both doors; behind one that was not meant there is nothing to see. */
function only(store: Inspector, scopes: readonly string[]): Pick<Inspector, "list" | "erase"> {
  return {
    list: async (asked) =>
      scopes.includes(asked.scope ?? "") ? store.list(asked) : { records: [] },
    erase: (lease, result) => store.erase(lease, result),
  };
}

const records = (count: number): string => `${count} ${count === 1 ? "record" : "records"}`;

function inWords({ erased, inFlight, inDoubt, unreadable }: Forgotten, purge: boolean): string {
  const lines = [
    `${purge ? "Removed" : "Erased what was kept of"} ${records(erased)}.`,
    inFlight > 0 && `Left ${records(inFlight)} in flight: do it again when they have ended.`,
    inDoubt > 0 &&
      `Left ${records(inDoubt)} in doubt: settle them first, with oncekey keys resolve.`,
    unreadable > 0 &&
      `Left ${records(unreadable)} that cannot be read, or that no key of --seal-keys opens: --purge removes them.`,
  ];
  return lines.map((line) => (line === false ? "" : `${line}\n`)).join("");
}
