/** `oncekey doctor`: whether a store keeps what it is told, and whether headers come through. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { Complaint, reasonOf } from "../complaint.ts";
import { durationOf } from "../quantity.ts";
import { kindOf, withDatabase } from "./database.ts";
import { type Durations, examineLease } from "./doctor-lease.ts";
import { examineStore } from "./doctor-store.ts";
import { examinePreflight, examineProbes, type Way } from "./doctor-url.ts";
import { Ending } from "./ending.ts";
import { type Finding, findingsInLines, warning } from "./finding.ts";
import { document, printerOf } from "./printer.ts";
import { storeOption } from "./whose.ts";

interface Flags {
  readonly store?: string;
  readonly lease: number;
  readonly timeout: number;
  readonly storeTimeout: number;
  readonly url?: string;
  readonly path?: string;
  readonly origin?: string;
  readonly headers?: string;
  readonly probe?: boolean;
  readonly json?: boolean;
}

const duration = (flag: string) => (text: string) => durationOf(flag, text);

/** As the gateway has them unless it is told otherwise. */
const LEASE_MS = 30_000;
const TIMEOUT_MS = 60_000;
const STORE_TIMEOUT_MS = 5_000;
/** An origin that no server can have allowed by name. */
const ORIGIN = "https://oncekey-doctor.invalid";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Checks a store's settings, and with --url what is left of the headers.")
    .addOption(storeOption())
    .option("--lease <duration>", "the lease that is used (30s)", duration("--lease"), LEASE_MS)
    .option(
      "--timeout <duration>",
      "how long a request may take (60s)",
      duration("--timeout"),
      TIMEOUT_MS,
    )
    .option(
      "--store-timeout <duration>",
      "how long a store call may take (5s)",
      duration("--store-timeout"),
      STORE_TIMEOUT_MS,
    )
    .option("--url <url>", "asks by a preflight what CORS allows there")
    .option("--path <path>", "the path there (/)")
    .option("--origin <origin>", "the origin of your pages, for CORS", ORIGIN)
    .option("--probe", "sends two real POST requests to --path: they may have an effect, once")
    .option("--headers <file>", "header lines for the probes, such as one that signs in")
    .option("--json", "one document, for programs")
    .action(run);
}

async function run(flags: Flags, self: Command): Promise<void> {
  const way = wayOf(flags);
  const findings: Finding[] = [];
  if (way === undefined || flags.store !== undefined) findings.push(...(await ofStore(flags)));
  if (way !== undefined) {
    findings.push(await examinePreflight(way));
    if (flags.probe === true) findings.push(...(await examineProbes(way)));
  }
  const { out } = printerOf(self);
  out(flags.json === true ? document({ findings }) : findingsInLines(findings));
  if (findings.some(({ verdict }) => verdict === "problem")) throw new Ending(1);
}

async function ofStore(flags: Flags): Promise<readonly Finding[]> {
  const durations: Durations = {
    leaseMs: flags.lease,
    timeoutMs: flags.timeout,
    storeTimeoutMs: flags.storeTimeout,
  };
  const lease = examineLease(durations);
  const { store = "" } = flags;
  if (kindOf(flags.store) === "memory") {
    return [
      warning(
        "store",
        "Records are in memory: one process only, and a restart forgets every key.",
        "Use sqlite:FILE, redis://… or postgres://… for what must not run twice.",
      ),
      lease,
    ];
  }
  const ofDatabase = await withDatabase(store, (database) => examineStore(database, store));
  return [...ofDatabase, lease];
}

/** Throws a `Complaint`. */
function wayOf({ url, path, origin = ORIGIN, probe, headers }: Flags): Way | undefined {
  if (url === undefined) {
    if (path === undefined && probe !== true && headers === undefined) return undefined;
    throw new Complaint("Expected --url to say where --path, --probe and --headers belong.");
  }
  if (probe === true && path === undefined) {
    throw new Complaint(
      "Expected --path to name what --probe sends its requests to: they may have an effect.",
    );
  }
  // Two slashes would name another host.
  if (path !== undefined && !/^\/(?!\/)/.test(path)) {
    throw new Complaint("Expected --path to begin with one slash, such as /payments.");
  }
  if (!/^https?:\/\/[^/]+$/.test(origin)) {
    throw new Complaint("Expected --origin to be an origin, such as https://shop.example.");
  }
  return { url: urlOf(url, path), origin, headers: headersIn(headers) };
}

function urlOf(url: string, path: string | undefined): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = parsed?.protocol === "http:" || parsed?.protocol === "https:";
  if (parsed === undefined || !isHttp || parsed.username !== "" || parsed.password !== "") {
    throw new Complaint("Expected --url to be http:// or https://, without a name or password.");
  }
  return path === undefined ? parsed : new URL(path, parsed);
}

/** In a file, because a command line is seen by everybody on the machine. */
function headersIn(file: string | undefined): Readonly<Record<string, string>> {
  if (file === undefined) return {};
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Complaint(`Could not read the file of --headers: ${reasonOf(error)}.`);
  }
  const headers: Record<string, string> = {};
  for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*([\t\x20-\x7e]*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Complaint("Expected each line of --headers to be a header: Name: value.");
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
