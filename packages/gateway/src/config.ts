/**
 * `oncekey.config.json`: what it may hold, and what is wrong with one that holds something else.
 *
 * The names are those of the library's options, with numbers in ms and bytes. One schema checks the
 * file and gives the types; `oncekey.schema.json`, for editors, is printed from it, and a test
 * compares the two.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { Complaint, reasonOf } from "./complaint.ts";

const effects = z
  .enum(["unrepeatable", "repeatable"])
  .describe("What the upstream says about being sent a request again.");
const methods = z
  .array(z.enum(["POST", "PATCH", "PUT", "DELETE"]))
  .min(1)
  .describe("The methods that are looked at. POST and PATCH.");
const scope = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe('Whose key it is: "global" in words, or "header:NAME", "path", or a list of these.');
const ms = z.int().min(0);
const timeoutMs = z.int().min(1).describe("How long the upstream may be silent. 60 s.");
const fieldNames = z.array(z.string());

const upstream = z.strictObject({
  url: z.string().describe("http:// or https://, without a path."),
  host: z
    .enum(["preserve", "upstream"])
    .optional()
    .describe('Which Host the upstream sees: the client\'s ("preserve"), or its own.'),
  timeoutMs: timeoutMs.optional(),
  connectTimeoutMs: z.int().min(1).optional().describe("5 s."),
  connections: z.int().min(1).optional().describe("The most at one time. 256."),
  tls: z
    .strictObject({
      ca: z.string().optional().describe("File with the certificates to trust, in PEM."),
      servername: z.string().optional().describe("The name to ask for, and to find."),
    })
    .optional(),
});

const route = z.strictObject({
  match: z
    .string()
    .startsWith("/")
    .describe("A path. * stands for one segment, ** at the end for any number."),
  guard: z.boolean().optional().describe("False: keys are not looked at here."),
  effects: effects.optional(),
  required: z.boolean().optional(),
  methods: methods.optional(),
  waitMs: ms.optional(),
  scope: scope.optional(),
  timeoutMs: timeoutMs.optional(),
});

const config = z
  .strictObject({
    $schema: z.string().optional(),
    listen: z.string().optional(),
    store: z.string().optional().describe("memory:, sqlite:PATH, redis://…, postgres://…"),
    sealKeys: z.string().optional().describe("File with the keys that answers are sealed with."),
    scopeSecret: z
      .string()
      .optional()
      .describe("File with the secret that the upstream is told the scope with."),
    upstream: z.union([z.string(), upstream]).optional(),
    upstreams: z
      .record(z.string().startsWith("/"), z.union([z.string(), upstream]))
      .optional()
      .describe("Upstreams by the prefix of the path; the longest one wins."),
    trustedProxies: z
      .array(z.string())
      .optional()
      .describe("Addresses whose scope header counts: IPs or CIDR. Loopback."),
    routes: z.array(route).optional().describe("The first that matches a path changes the rules."),
    timeoutMs: timeoutMs.optional(),
    authorize: z
      .string()
      .optional()
      .describe("Asked with a GET before every request with a key: 2xx goes on."),
    allowUpgrades: z.boolean().optional(),
    allowLinkLocal: z.boolean().optional(),
    health: z.string().startsWith("/").optional(),
    admin: z.string().optional().describe("Address of /health, /ready, /metrics and /events."),
    dashboard: z.string().optional().describe("Address of the dashboard, on this machine."),
    stopTimeoutMs: z.int().min(1).optional(),
    scope: scope.optional(),
    effects: effects.optional(),
    methods: methods.optional(),
    header: z.union([z.string(), fieldNames.min(1)]).optional(),
    formField: z.string().optional(),
    required: z.boolean().optional(),
    blankKey: z.enum(["refuse", "absent"]).optional(),
    onDuplicate: z.enum(["replay", "refuse"]).optional(),
    fingerprint: z
      .strictObject({ headers: fieldNames.optional(), ignore: z.array(z.string()).optional() })
      .optional(),
    waitMs: ms.optional(),
    leaseMs: ms.optional(),
    retentionMs: ms.optional(),
    maxRunMs: ms.optional(),
    maxRequestBytes: ms.optional(),
    maxResponseBytes: ms.optional(),
    storeTimeoutMs: ms.optional(),
    onStoreDown: z.enum(["refuse", "run"]).optional(),
    replayHeaders: z
      .strictObject({ drop: fieldNames.optional(), keep: fieldNames.optional() })
      .optional(),
    echoKey: z.boolean().optional(),
    docs: z.string().optional(),
  })
  .describe("Configuration of `oncekey gateway`. Durations are in ms, sizes in bytes.");

export type UpstreamConfig = z.output<typeof upstream>;
export type RouteConfig = z.output<typeof route>;

export type Config = z.output<typeof config>;

/** For editors: what the published `oncekey.schema.json` holds. */
export const jsonSchema = (): object => z.toJSONSchema(config);

export const DEFAULT_CONFIG_FILE = "oncekey.config.json";

/** Reads and checks a file. Throws a `Complaint` that says which member is wrong. */
export function readConfig(file: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // Node names the file in one, and quotes its content in the other.
    const reason = error instanceof SyntaxError ? "it is not JSON" : reasonOf(error);
    throw new Complaint(`Could not read --config ${file}: ${reason}.`);
  }
  return checkConfig(value, (name) => (name === "" ? `--config ${file}` : `${name} in ${file}`));
}

/** `called` says how an option is called where it was given; "" is the whole. */
export function checkConfig(value: unknown, called: (name: string) => string): Config {
  const checked = config.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const [name = "", ...rest] = issue?.path.map(String) ?? [];
  const at = [called(name), ...rest].join(", ");
  const what = issue?.code === "unrecognized_keys" ? unknownName(issue.keys) : issue?.message;
  throw new Complaint(`Not valid: ${at}: ${what ?? "it is something else"}.`);
}

const unknownName = (names: readonly string[]): string =>
  `there is no option ${names.map((name) => JSON.stringify(name)).join(", ")}`;

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** Without the members that are undefined: to say nothing is not to say "undefined". */
export function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}
