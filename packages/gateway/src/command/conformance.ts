/** `oncekey conformance URL`: holds any server that claims idempotency keys to what it claims. */
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { Complaint } from "../complaint.ts";
import { Broken, NoAnswer } from "../conformance/broken.ts";
import { type Described, targetOf } from "../conformance/described.ts";
import { PROFILES } from "../conformance/profile.ts";
import { badge } from "../conformance/report/badge.ts";
import { jsonReport } from "../conformance/report/json.ts";
import { junitReport } from "../conformance/report/junit.ts";
import { findingText, headText, sumText } from "../conformance/report/text.ts";
import { holdsUp, type Report } from "../conformance/report.ts";
import { casesOf, run, tryOut } from "../conformance/run.ts";
import type { Target } from "../conformance/target.ts";
import { Usage } from "../conformance/usage.ts";
import { Ending } from "./ending.ts";
import { type Printer, printerOf } from "./printer.ts";
import { several } from "./several.ts";

interface Flags extends Described {
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly badge?: string;
}

export function conformanceCommand(): Command {
  return new Command("conformance")
    .description("Holds any server that claims idempotency keys to what it claims.")
    .argument("[url]", "a request that has an effect; of a test server, since many are sent")
    .option("--target <file>", "what the server can be made to do, as JSON")
    .addOption(
      new Option("--profile <name>", "whose requirements (draft)").choices(Object.keys(PROFILES)),
    )
    .option("--method <method>", "how it is asked (POST)")
    .option("--header <line>", 'on every request, as "Name: value"; may be repeated', several)
    .option("--body <text>", "{{n}} in it is another number each time (JSON with an amount)")
    .option("--key-header <name>", "the key's field (Idempotency-Key)")
    .option("--count <url#pointer>", "where the number of runs can be asked")
    .option("--effect <pointer>", "where an answer has the id of its effect: a JSON pointer")
    .option("--slow <path>", "where the handler takes a second or more")
    .option("--only <id>", "this requirement, by its id or name; may be repeated", several)
    .option("--list", "print the requirements, and ask nobody")
    .option("--json", "the report as JSON")
    .option("--junit <file>", "the report as JUnit XML")
    .option("--badge <file>", "the report as a badge, in SVG")
    .action(obey);
}

/** Ends with 1 unless every MUST that applies holds, and one does apply. */
async function obey(address: string | undefined, flags: Flags, self: Command): Promise<void> {
  const printer = printerOf(self);
  try {
    const target = targetOf(flags, flags.list === true ? (address ?? NOBODY) : address);
    const only = chosen(target, flags.only);
    if (flags.list === true) return list(target, only, printer);
    await fits(target);
    const report = await played(target, only, flags, printer);
    if (flags.junit !== undefined) save("junit", flags.junit, junitReport(report));
    if (flags.badge !== undefined) save("badge", flags.badge, badge(report));
    if (!holdsUp(report)) throw new Ending(1);
  } catch (error) {
    throw error instanceof Usage ? new Complaint(error.message) : error;
  }
}

/** A list needs no server. */
const NOBODY = "http://127.0.0.1";

/** What was chosen, if there is any of it. */
function chosen(target: Target, only: readonly string[] = []): readonly string[] {
  if (casesOf(target, only).length > 0) return only;
  throw new Usage(`\`--only\` chooses nothing: --list has what ${target.profile} asks for.`);
}

function list(target: Target, only: readonly string[], { out }: Printer): void {
  for (const { name, title, cites } of casesOf(target, only)) {
    const [id, level] = cites[target.profile] ?? [];
    out(`${level?.padEnd(6)}  ${id}: ${title} (${name})\n`);
  }
}

async function fits(target: Target): Promise<void> {
  try {
    await tryOut(target);
  } catch (error) {
    if (!(error instanceof Broken || error instanceof NoAnswer)) throw error;
    throw new Usage(
      `The described request does not work at ${target.url.origin}${target.url.pathname}: ` +
        `${error.message}. Describe one that does (--target, --body, --header).`,
    );
  }
}

async function played(
  target: Target,
  only: readonly string[],
  { json = false }: Flags,
  { out }: Printer,
): Promise<Report> {
  if (!json) {
    const { title: document } = PROFILES[target.profile];
    const url = `${target.url.origin}${target.url.pathname}`;
    out(`${headText({ document, url })}\n`);
  }
  const report = await run(target, {
    only,
    onFinding(finding) {
      if (!json) out(`${findingText(finding)}\n`);
    },
  });
  out(json ? jsonReport(report) : `${sumText(report)}\n`);
  return report;
}

function save(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Usage(`Expected \`--${option}\` to be a file that can be written (${code}).`);
  }
}
