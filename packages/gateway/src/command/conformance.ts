/**
 * `oncekey conformance URL`: holds any server that claims idempotency keys to what it claims. The
 * command's answer is its exit code: 0 if every MUST that applies holds, 1 if one does not, 2 if
 * the command was told something that cannot be.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Broken, NoAnswer } from "../conformance/broken.ts";
import { readDescription } from "../conformance/description.ts";
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

export const OPTIONS = {
  target: { type: "string" },
  profile: { type: "string" },
  method: { type: "string" },
  header: { type: "string", multiple: true },
  body: { type: "string" },
  "key-header": { type: "string" },
  count: { type: "string" },
  effect: { type: "string" },
  slow: { type: "string" },
  only: { type: "string", multiple: true },
  list: { type: "boolean" },
  json: { type: "boolean" },
  junit: { type: "string" },
  badge: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** `argv` is what comes after the word "conformance". */
export async function conformance(argv: readonly string[], streams: Streams): Promise<number> {
  try {
    return await obey(read(argv), streams);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    streams.stderr.write(`oncekey conformance: ${error.message}\n`);
    return 2;
  }
}

interface Command {
  readonly values: Values;
  readonly addresses: readonly string[];
}

type Values = ReturnType<typeof parse>["values"];

const parse = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });

function read(argv: readonly string[]): Command {
  try {
    const { values, positionals } = parse(argv);
    return { values, addresses: positionals };
  } catch (error) {
    // Its first sentence names the option; the rest is advice about other programs.
    const [sentence = ""] = (error as Error).message.split(/(?<=\.) /);
    throw new Usage(`${sentence.replace(/\.?$/, ".")} --help lists the options.`);
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

/** The file, and over it what the flags say. */
function targetOf(values: Values, addresses: readonly string[]): Target {
  const [address, ...rest] = addresses;
  if (address === undefined || rest.length > 0 || !URL.canParse(address)) {
    throw new Usage("Expected one address, such as http://127.0.0.1:3000/payments. See --help.");
  }
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) {
    throw new Usage("Expected an address that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Usage("Expected an address without a name or password: give them in `--header`.");
  }
  const [file, flags] = [fileOf(values.target), flagsOf(values, url)];
  return readDescription(url, {
    ...file,
    ...flags,
    ...merged("key", file, flags),
    ...merged("behaviours", file, flags),
  });
}

/** A flag that says one thing of a member leaves the rest of it as the file has it. */
function merged(
  member: string,
  file: Record<string, unknown>,
  flags: Record<string, unknown>,
): Record<string, unknown> {
  const [below, above] = [file[member], flags[member]];
  if (typeof below !== "object" || typeof above !== "object") return {};
  return { [member]: { ...below, ...above } };
}

function fileOf(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  try {
    const description: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof description === "object" && description !== null && !Array.isArray(description)) {
      return description as Record<string, unknown>;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Usage(`Expected \`--target\` to be a file of JSON (${code ?? "it does not parse"}).`);
  }
  throw new Usage("Expected `--target` to be a file that holds a JSON object.");
}

function flagsOf(values: Values, base: URL): Record<string, unknown> {
  const { profile, method, body, count, effect, slow } = values;
  const key = values["key-header"];
  return {
    ...(profile !== undefined && { profile }),
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body: bodyOf(body) }),
    ...(values.header !== undefined && { headers: headersOf(values.header) }),
    ...(key !== undefined && { key: { header: key } }),
    ...(count !== undefined && { count: countOf(count, base) }),
    ...(effect !== undefined && { count: { pointer: effect } }),
    ...(slow !== undefined && { behaviours: { slow: { path: slow } } }),
  };
}

/** JSON if it is that, so that its members can be moved about; otherwise the text as it is. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^\s:]+): *(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new Usage('Expected `--header` to be "Name: value".');
    }),
  );
}

/** The address without its fragment, which is the pointer (RFC 6901, section 6). */
function countOf(text: string, base: URL): Record<string, string> {
  if (!URL.canParse(text, base)) throw new Usage("Expected `--count` to be an address or a path.");
  const url = new URL(text, base);
  const pointer = decoded(url.hash.slice(1));
  url.hash = "";
  return { url: url.href, pointer };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Usage("Expected the pointer in `--count` to be percent-encoded as in an address.");
  }
}
