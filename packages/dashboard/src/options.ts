/** The options of the dashboard, checked when it is made: a mistake is found at start, and named. */
import type { Inspector, Seal } from "oncekey";
import { type Authorize, LOOPBACK_NAMES } from "./access.ts";
import type { Audit } from "./audit.ts";
import type { Examine } from "./health.ts";
import { type Messages, messagesWith } from "./messages.ts";

export interface DashboardOptions {
  /** The store: memory, SQLite, Redis or Postgres. */
  readonly inspector: Inspector;
  /** Who may look, and who may settle. There is no default: nobody is let in by accident. */
  readonly authorize: Authorize;
  /** The names that browsers call it by, such as "admin.example.com". This machine's own. */
  readonly hosts?: readonly string[];
  /** The path that it is mounted at. "/". */
  readonly base?: string;
  /** Keeps who settled what and why, such as `auditFile(path)`. Without it nothing can be settled. */
  readonly audit?: Audit;
  /** Shows kept answers, which may be personal. False. */
  readonly showAnswers?: boolean;
  /** The guard's, where it has one: opens what it kept, and seals the answers that are attached. */
  readonly seal?: Seal;
  /** Tells what the store's database is set to, such as what `oncekey doctor` has found. None. */
  readonly examine?: Examine;
  /** Texts of the page in place of the English ones, by name; `language` among them. None. */
  readonly messages?: Partial<Messages>;
  /** How many events are remembered for the timelines. 10,000, about 3 MB. */
  readonly eventsMax?: number;
}

/** Without them the dashboard has no default, and does less. */
type Absent = "audit" | "seal" | "examine";

export interface Settings extends Required<Omit<DashboardOptions, Absent | "messages">> {
  readonly audit: Audit | undefined;
  readonly seal: Seal | undefined;
  readonly examine: Examine | undefined;
  /** All of them. */
  readonly messages: Messages;
}

const OPTIONS: readonly string[] = [
  ...["inspector", "authorize", "hosts", "base", "audit", "showAnswers", "seal"],
  ...["examine", "messages", "eventsMax"],
];

/** About 3 MB, and some minutes of a busy service. */
const EVENTS = 10_000;
const EVENTS_MAX = 1_000_000;

export function checked(options: DashboardOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw new TypeError(`The dashboard has no option \`${name}\`.`);
  }
  const { inspector, authorize, audit, seal, examine } = options;
  const { hosts = LOOPBACK_NAMES, showAnswers = false, eventsMax = EVENTS } = options;
  for (const verb of ["list", "get", "resolve"] as const) {
    if (typeof inspector?.[verb] !== "function") {
      refuse("inspector", "a store that can list, such as sqliteStore(db)");
    }
  }
  if (typeof authorize !== "function") {
    refuse("authorize", "a function that says who may look: there is no default");
  }
  if (audit !== undefined && typeof audit !== "function") {
    refuse("audit", "a function, such as auditFile(path)");
  }
  if (examine !== undefined && typeof examine !== "function") {
    refuse("examine", "a function that gives back findings");
  }
  // Not with what was given: that may be the keys themselves.
  if (seal !== undefined && (typeof seal?.seal !== "function" || typeof seal.open !== "function")) {
    refuse("seal", "the seal of the guard, such as aesGcm(keys) of oncekey/seal");
  }
  if (!Array.isArray(hosts) || !hosts.every(isName)) {
    refuse("hosts", 'a list of names, such as ["admin.example.com"]');
  }
  if (typeof showAnswers !== "boolean") refuse("showAnswers", "true or false");
  if (!Number.isInteger(eventsMax) || eventsMax < 1 || eventsMax > EVENTS_MAX) {
    refuse("eventsMax", `an integer from 1 to ${EVENTS_MAX}`);
  }
  if (typeof (options.messages ?? {}) !== "object") refuse("messages", "texts by their names");
  const messages = messagesWith(options.messages ?? {});
  const base = checkBase(options.base ?? "/");
  return {
    inspector,
    authorize,
    audit,
    hosts,
    base,
    showAnswers,
    seal,
    examine,
    messages,
    eventsMax,
  };
}

/** With a slash at both ends. */
function checkBase(base: unknown): string {
  if (typeof base === "string" && /^\/[\w./~-]*$/.test(base) && !base.includes("//")) {
    return base.endsWith("/") ? base : `${base}/`;
  }
  return refuse("base", 'a path, such as "/oncekey"');
}

/** A host as the browser has it, with a port or without. */
const isName = (host: unknown): boolean =>
  typeof host === "string" && /^([\w.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/.test(host);

function refuse(option: string, expected: string): never {
  throw new TypeError(`Expected \`${option}\` of the dashboard to be ${expected}.`);
}
