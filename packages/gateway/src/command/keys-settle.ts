/**
 * `oncekey keys resolve` and `release`: what a person knows of a record in doubt.
 *
 * Two steps: the record is shown, then it is settled under the token that it was shown with, if it is
 * in doubt still. What changed meanwhile is left alone. Each act leaves a line in the audit.
 */
import { createHash } from "node:crypto";
import { Command, Option } from "commander";
import { type IdempotencyRecord, type KnownAnswer, type Seal, settle } from "oncekey";
import { Complaint, reasonOf, rootOf } from "../complaint.ts";
import { sealOf } from "../seal-keys.ts";
import { type Audit, openAudit } from "./audit.ts";
import { askConsent } from "./consent.ts";
import { type Database, withDatabase } from "./database.ts";
import { Ending } from "./ending.ts";
import { type AnswerFlags, knownAnswerOf } from "./known-answer.ts";
import { instant, portraitInLines } from "./portrait.ts";
import { document, type Printer, printerOf } from "./printer.ts";
import { several } from "./several.ts";
import { addWhose, findRecord, type Meant, sealOption, storeOption } from "./whose.ts";

interface SettleFlags extends Meant {
  readonly store?: string;
  readonly reason?: string;
  readonly token?: string;
  readonly audit?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface ResolveFlags extends SettleFlags, AnswerFlags {
  readonly sealKeys?: string;
  readonly happened?: boolean;
  readonly didNotHappen?: boolean;
}

type Outcome =
  | { readonly happened: true; readonly answer: KnownAnswer; readonly seal: Seal | undefined }
  | { readonly happened: false };

export function resolveCommand(): Command {
  const command = new Command("resolve")
    .description("Settles a record in doubt, as happened or as not happened.")
    .argument("[id]", "64 hex digits, or the first 12 or more, as logs have them")
    .option("--happened", "duplicates get the answer that you give")
    .addOption(
      new Option("--did-not-happen", "the next retry runs").conflicts([
        "happened",
        "status",
        "body",
        "header",
      ]),
    )
    .option("--status <code>", "the answer's status, such as 201")
    .option("--body <file>", "the answer's body, JSON or plain text; - is stdin")
    .option("--header <line>", "a header of the answer; may be repeated", several)
    .addOption(sealOption());
  return addSettling(command).action((id: string | undefined, flags: ResolveFlags, self: Command) =>
    run(id, flags, outcomeOf(flags), printerOf(self)),
  );
}

export function releaseCommand(): Command {
  const command = new Command("release")
    .description("Forgets a record in doubt that did not happen, so that the next retry runs.")
    .argument("[id]", "64 hex digits, or the first 12 or more, as logs have them");
  return addSettling(command).action((id: string | undefined, flags: SettleFlags, self: Command) =>
    run(id, flags, { happened: false }, printerOf(self)),
  );
}

function addSettling(command: Command): Command {
  command.addOption(storeOption());
  return addWhose(command)
    .option("--key <key>", "the key, as the client sent it")
    .option("--reason <text>", "how it is known; goes into the audit")
    .option("--token <token>", "only if it still has the token that it was shown with")
    .option("--audit <file>", "where the act is noted, at the end (stderr)")
    .option("--yes", "do not ask")
    .option("--json", "one document, for programs");
}

/** Throws a `Complaint` before anything is opened. */
function outcomeOf(flags: ResolveFlags): Outcome {
  if (flags.didNotHappen === true) return { happened: false };
  if (flags.happened === true) {
    return { happened: true, answer: knownAnswerOf(flags), seal: sealOf(flags.sealKeys) };
  }
  throw new Complaint("Expected --happened with the answer, or --did-not-happen.");
}

function checkReason(reason: string | undefined): string {
  const text = reason?.trim() ?? "";
  if (text !== "" && text.length <= 500) return text;
  throw new Complaint("Expected --reason to say in 1 to 500 characters how it is known.");
}

/** The label of work that came over HTTP: a method and a path. */
const OVER_HTTP = /^[A-Z]+ \//;

function check(record: IdempotencyRecord, flags: SettleFlags, outcome: Outcome): void {
  if (flags.token !== undefined && flags.token !== String(record.token)) {
    throw new Ending(1, `The record has changed: its token is ${record.token} now. Look again.`);
  }
  if (record.state !== "in-doubt") {
    throw new Ending(1, `The record is ${record.state}: only one in doubt can be settled.`);
  }
  // Duplicates of run() would find an answer of HTTP where they look for a value.
  if (outcome.happened && !OVER_HTTP.test(record.label)) {
    throw new Ending(
      1,
      "This record does not seem to be of an HTTP request: what run() keeps is a value of the " +
        "application's own, which only its `reconcile` option can give.",
    );
  }
}

const WARNING =
  "The next retry will run. Say so only of what can no longer happen: an owner that merely stands " +
  "still may go on, and act beside the retry.\n";

async function run(
  id: string | undefined,
  flags: SettleFlags,
  outcome: Outcome,
  printer: Printer,
): Promise<void> {
  const reason = checkReason(flags.reason);
  if (flags.token !== undefined && !/^[1-9]\d{0,15}$/.test(flags.token)) {
    throw new Complaint(
      "Expected --token to be the positive integer that the record is shown with.",
    );
  }
  await withDatabase(flags.store, async (database) => {
    const record = await findRecord(database.store, id, flags);
    printer.err(portraitInLines(record));
    check(record, flags, outcome);
    const audit = openAudit(flags.audit, printer);
    try {
      if (!outcome.happened) printer.err(WARNING);
      const question = outcome.happened ? "Settle it as happened?" : "Let the next retry run?";
      await askConsent(question, flags.yes === true);
      await act(database, record, outcome, reason, audit);
    } finally {
      audit.close();
    }
    const said = outcome.happened ? "happened" : "did-not-happen";
    const { token } = record;
    if (flags.json === true) {
      printer.out(document({ id: record.id, token, outcome: said, settled: true }));
    } else {
      printer.out(
        outcome.happened
          ? "Settled as happened: duplicates get the answer.\n"
          : "Settled as not happened: the next retry runs.\n",
      );
    }
  });
}

const sealing = (outcome: Outcome) =>
  outcome.happened && outcome.seal !== undefined ? { seal: outcome.seal } : undefined;

/** The note is written whatever comes of it: a lost reply may hide an act that was done. */
async function act(
  { store, now }: Database,
  record: IdempotencyRecord,
  outcome: Outcome,
  reason: string,
  audit: Audit,
): Promise<void> {
  const entry = {
    at: instant(await now()),
    act: "settle",
    outcome: outcome.happened ? "happened" : "did-not-happen",
    ...(outcome.happened && attached(outcome.answer)),
    id: record.id,
    scope: record.scope,
    label: record.label,
    token: record.token,
    reason,
  };
  let isSettled: boolean;
  try {
    isSettled = await settle(store, record, outcome, sealing(outcome));
  } catch (error) {
    audit.write({ ...entry, settled: "unknown", error: reasonOf(rootOf(error)) });
    throw error;
  }
  audit.write({ ...entry, settled: isSettled });
  if (isSettled) return;
  throw new Ending(
    1,
    "Nothing was changed: the record is not in doubt any more. Its owner came back, it was completed, " +
      "or somebody else settled it. Look again.",
  );
}

function attached({ status, body = "" }: KnownAnswer): Readonly<Record<string, unknown>> {
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  return { status, bodyBytes: Buffer.byteLength(body), bodySha256 };
}
