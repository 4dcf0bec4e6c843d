/**
 * `oncekey conformance URL`: holds any server that claims idempotency keys to what it claims. The
 * command's answer is its exit code: 0 if every MUST that applies holds, 1 if one does not, 2 if
 * the command was told something that cannot be.
 */
import { writeFileSync } from "node:fs";
import { Broken, NoAnswer } from "../conformance/broken.ts";
import { type Command, readCommandLine, targetOf } from "../conformance/command-line.ts";
import { PROFILES } from "../conformance/profile.ts";
import { badge } from "../conformance/report/badge.ts";
import { jsonReport } from "../conformance/report/json.ts";
import { junitReport } from "../conformance/report/junit.ts";
import { findingText, headText, sumText } from "../conformance/report/text.ts";
import { holdsUp, type Report } from "../conformance/report.ts";
import { casesOf, run, tryOut } from "../conformance/run.ts";
import type { Target } from "../conformance/target.ts";
import { Usage } from "../conformance/usage.ts";

/** Where the command writes: the report, and what went wrong. */
export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const HELP = `oncekey conformance URL [options]

Sends real requests, many times, to a server that claims idempotency keys. Use a test server.

  --target FILE        what the server can be made to do, as JSON (docs/conformance-url.md)
  --profile NAME       ${Object.keys(PROFILES).join(", ")}; draft unless given
  --method METHOD      POST unless given
  --header "N: value"  on every request; may be repeated
  --body TEXT          {{n}} in it is another number each time; JSON with an amount unless given
  --key-header NAME    Idempotency-Key unless given
  --count URL#POINTER  where the number of runs can be asked
  --effect POINTER     where answers have the id of their effect, as a JSON pointer
  --slow PATH          where the handler takes a second or more
  --only ID            this requirement only, by its id or name; may be repeated
  --list               the requirements of the profile, without a run
  --json               the report as JSON
  --junit FILE         the report as JUnit XML
  --badge FILE         the report as a badge, in SVG
`;

/** `argv` is what comes after the word "conformance". */
export async function conformance(argv: readonly string[], streams: Streams): Promise<number> {
  try {
    return await obey(readCommandLine(argv), streams);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    streams.stderr.write(`oncekey conformance: ${error.message}\n`);
    return 2;
  }
}

async function obey({ values, addresses }: Command, streams: Streams): Promise<number> {
  if (values.help) {
    streams.stdout.write(HELP);
    return 0;
  }
  const target = targetOf(values, values.list && addresses.length === 0 ? LISTED : addresses);
  const only = values.only ?? [];
  const cases = casesOf(target, only);
  if (cases.length === 0) {
    throw new Usage(`\`--only\` chooses nothing: --list has what ${target.profile} asks for.`);
  }
  if (values.list) {
    for (const { name, title, cites } of cases) {
      const [id, level] = cites[target.profile] ?? [];
      streams.stdout.write(`${level?.padEnd(6)}  ${id}: ${title} (${name})\n`);
    }
    return 0;
  }
  await fits(target);
  const report = await played(target, only, values.json === true, streams);
  if (values.junit !== undefined) save("junit", values.junit, junitReport(report));
  if (values.badge !== undefined) save("badge", values.badge, badge(report));
  return holdsUp(report) ? 0 : 1;
}

/** A list needs no server. */
const LISTED = ["http://127.0.0.1"];

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
  asJson: boolean,
  { stdout }: Streams,
): Promise<Report> {
  if (!asJson) {
    const { title: document } = PROFILES[target.profile];
    const url = `${target.url.origin}${target.url.pathname}`;
    stdout.write(`${headText({ document, url })}\n`);
  }
  const report = await run(target, {
    only,
    onFinding(finding) {
      if (!asJson) stdout.write(`${findingText(finding)}\n`);
    },
  });
  stdout.write(asJson ? jsonReport(report) : `${sumText(report)}\n`);
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
