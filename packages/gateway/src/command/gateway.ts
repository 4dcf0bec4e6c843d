/** `oncekey gateway`: from a command line and a file to a gateway that runs until it is told to stop. */
import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import type { Inspector, Seal } from "oncekey";
import { Registry } from "prom-client";
import { type ListenAddress, listenAddressOf, originOf } from "../address.ts";
import { Complaint } from "../complaint.ts";
import { type Config, checkConfig, DEFAULT_CONFIG_FILE, defined, readConfig } from "../config.ts";
import { createLog, LEVELS, type Level, type Log } from "../log.ts";
import { durationOf, sizeOf } from "../quantity.ts";
import { notTransactional } from "../rules.ts";
import { scopeSecretOf } from "../scope-secret.ts";
import { sealOf } from "../seal-keys.ts";
import { createGateway, type Gateway } from "../server.ts";
import { type OpenStore, openStore } from "../stores.ts";
import { notListening } from "./listening.ts";
import { openPage, type Page } from "./page.ts";
import { several } from "./several.ts";
import { stopSignal } from "./stop-signal.ts";

const LISTEN = "127.0.0.1:8080";

/** What a command line may say, by the names that commander makes of its options. */
interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel: Level;
  readonly sealKeys?: string;
  readonly scopeSecret?: string;
  readonly [name: string]: unknown;
}

const duration = (flag: string) => (text: string) => durationOf(flag, text);
const size = (flag: string) => (text: string) => sizeOf(flag, text);
const words = (text: string) => text.split(",").map((word) => word.trim().toUpperCase());

export function gatewayCommand(): Command {
  const command = new Command("gateway")
    .description("Puts idempotency keys in front of an upstream in any language.")
    .option("--config <file>", `settings as JSON (${DEFAULT_CONFIG_FILE}, if it is there)`)
    .option("--upstream <url>", "where requests go, such as http://127.0.0.1:3000")
    .option("--listen <host:port>", `where they come from (${LISTEN}; port 0 is any free one)`)
    .addOption(
      new Option("--store <address>", "memory:, sqlite:FILE, redis://… or postgres://…").env(
        "ONCEKEY_STORE",
      ),
    )
    .option("--seal-keys <file>", "answers are sealed with its keys (ONCEKEY_SEAL_KEYS has keys)")
    .option("--scope <rule>", "whose key it is: header:NAME, or global; may be repeated", several)
    .option(
      "--scope-secret <file>",
      "the upstream is told the scope, signed (ONCEKEY_SCOPE_SECRET has the secret)",
    )
    .option("--authorize <url>", "asked with a GET before every request with a key: 2xx goes on")
    .option("--trusted-proxy <address>", "whose scope header counts (loopback)", several);
  addRules(command);
  addLimits(command);
  return command
    .option("--allow-upgrades", "pass upgrades, such as WebSockets, unguarded")
    .option("--allow-link-local", "the upstream may be a link-local address")
    .option("--health <path>", "a path that answers 200; with /ready behind it, 503 if not ready")
    .option(
      "--admin <host:port>",
      "answers /health, /ready, /metrics and /events on an address of their own",
    )
    .option(
      "--dashboard <host:port>",
      "what happened to a key, as a page for this machine to look at",
    )
    .option("--json", "logs as JSON")
    .addOption(new Option("--log-level <level>", "what is logged").choices(LEVELS).default("info"))
    .action((flags: Flags) => run(flags));
}

function addRules(command: Command): void {
  command
    .option("--effects <kind>", "unrepeatable (the default) or repeatable")
    .option("--methods <list>", "the methods that are looked at (POST,PATCH)", words)
    .option("--header <name>", "the key's field (Idempotency-Key); may be repeated", several)
    .option("--form-field <name>", "a form field that may carry the key")
    .option("--required", "refuse a request without a key")
    .option("--blank-key <what>", "a blank key is refused (refuse), or counts as none (absent)")
    .option("--on-duplicate <what>", "answer duplicates again (replay), or refuse them (refuse)")
    .option("--compare-header <name>", "a request header that counts too; may be repeated", several)
    .option("--ignore <pointer>", "a member of a JSON body that does not; may be repeated", several)
    .option("--on-store-down <what>", "refuse, or run without protection (run)")
    .option("--drop-header <name>", "a header that is not replayed; may be repeated", several)
    .option("--keep-header <name>", "a header that is replayed; may be repeated", several)
    .option("--no-echo-key", "answers do not carry the key")
    .option("--docs <url>", "where your problems are explained");
}

function addLimits(command: Command): void {
  const durations = [
    ["--timeout <duration>", "how long the upstream may be silent (60s)"],
    ["--wait <duration>", "how long a duplicate waits for the first (0s)"],
    ["--lease <duration>", "how long a gateway may be silent before its key is in doubt (30s)"],
    ["--retention <duration>", "how long answers are kept (24h)"],
    ["--max-run <duration>", "renewal of the lease stops after this long (off)"],
    ["--store-timeout <duration>", "a store call that takes longer has failed (5s)"],
    ["--stop-timeout <duration>", "how long a stop waits for what runs (65s)"],
  ] as const;
  for (const [flags, text] of durations) {
    command.option(flags, text, duration(flags.split(" ", 1)[0] ?? flags));
  }
  command
    .option("--max-request <size>", "the longest request with a key (1MiB)", size("--max-request"))
    .option(
      "--max-response <size>",
      "the longest answer that is kept (1MiB)",
      size("--max-response"),
    );
}

/** What the options are called in the file, and on the command line. */
const FLAG_OF: Readonly<Record<string, string>> = {
  upstream: "--upstream",
  listen: "--listen",
  store: "--store",
  scope: "--scope",
  trustedProxies: "--trusted-proxy",
  authorize: "--authorize",
  sealKeys: "--seal-keys",
  scopeSecret: "--scope-secret",
  effects: "--effects",
  methods: "--methods",
  header: "--header",
  formField: "--form-field",
  required: "--required",
  blankKey: "--blank-key",
  onDuplicate: "--on-duplicate",
  onStoreDown: "--on-store-down",
  docs: "--docs",
  timeoutMs: "--timeout",
  waitMs: "--wait",
  leaseMs: "--lease",
  retentionMs: "--retention",
  maxRunMs: "--max-run",
  storeTimeoutMs: "--store-timeout",
  stopTimeoutMs: "--stop-timeout",
  maxRequestBytes: "--max-request",
  maxResponseBytes: "--max-response",
  allowUpgrades: "--allow-upgrades",
  allowLinkLocal: "--allow-link-local",
  health: "--health",
  admin: "--admin",
  dashboard: "--dashboard",
};

/** As commander names it. */
const camelCase = (flag: string): string =>
  flag.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** A file's word, and over it the command line's, by the names of the file. */
function configOf(flags: Flags): Config {
  const file = flags.config ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const fromFile = file === undefined ? {} : readConfig(file);
  const named = Object.entries(FLAG_OF).map(([name, flag]) => [name, flags[camelCase(flag)]]);
  const fingerprint = defined({ headers: flags.compareHeader, ignore: flags.ignore });
  const replayHeaders = defined({ drop: flags.dropHeader, keep: flags.keepHeader });
  const said: Record<string, unknown> = defined({
    ...Object.fromEntries(named),
    // Commander says true where nothing was said.
    echoKey: flags.echoKey === false ? false : undefined,
    fingerprint: Object.keys(fingerprint).length > 0 ? fingerprint : undefined,
    replayHeaders: Object.keys(replayHeaders).length > 0 ? replayHeaders : undefined,
  });
  if (said.effects === "transactional") throw notTransactional();
  return { ...fromFile, ...checkConfig(said, (name) => FLAG_OF[name] ?? name) };
}

/** The library names an option as in a program; who typed a command looks for a flag. */
function inFlags(error: unknown): unknown {
  if (!(error instanceof TypeError) || error instanceof Complaint) return error;
  const named = /`(\w+)`/.exec(error.message)?.[1] ?? "";
  const flag = FLAG_OF[named];
  if (flag === undefined) return new Complaint(error.message);
  return new Complaint(error.message.replace(`\`${named}\``, `${flag} (${named})`));
}

async function run(flags: Flags): Promise<void> {
  const config = configOf(flags);
  const {
    $schema: _,
    listen = LISTEN,
    store: address,
    admin,
    dashboard,
    scope,
    ...others
  } = config;
  const { sealKeys, scopeSecret: secretFile, ...rest } = others;
  const at = listenAddressOf("--listen", listen);
  const adminAt = admin === undefined ? undefined : listenAddressOf("--admin", admin);
  const pageAt = dashboard === undefined ? undefined : listenAddressOf("--dashboard", dashboard);
  if (address === undefined) {
    throw new Complaint(
      "Expected --store to say where records live: sqlite:./oncekey.db, redis://… or postgres://….",
    );
  }
  if (scope === undefined) {
    throw new Complaint(
      "Expected --scope to say whose key it is: header:NAME, or global in words if all share one.",
    );
  }
  const seal = sealOf(flags.sealKeys, sealKeys);
  const scopeSecret = scopeSecretOf(flags.scopeSecret, secretFile);
  const log = createLog({ isJson: flags.json === true, level: flags.logLevel });
  const opened = await openStore(address);
  let gateway: Gateway | undefined;
  let page: Page | undefined;
  try {
    const { store, notifier } = opened;
    if (pageAt !== undefined) page = await openDashboard(store, seal, pageAt);
    const registry = adminAt && new Registry();
    gateway = createGateway({
      ...{ ...defined(rest), scope, store, log },
      ...(notifier && { notifier }),
      ...(seal && { seal }),
      ...(scopeSecret && { scopeSecret }),
      ...(registry && { registry }),
      ...(page && { onEvent: page.onEvent }),
    });
    if (adminAt !== undefined) await listening(gateway.listenAdmin(adminAt), "--admin", adminAt);
    const bound = await listening(gateway.listen(at), "--listen", at);
    if (page !== undefined) log.info({ url: page.url }, "dashboard");
    for (const warning of opened.warnings) log.warn({}, warning);
    if (config.authorize === undefined) {
      log.info(
        {},
        "A kept answer goes to whoever still presents the same scope, though rights were taken " +
          "away since: --authorize asks first.",
      );
    }
    stopOnSignal(gateway, [page, opened], log);
    // Whoever waits for this line may send the signal at once, and it must find somebody.
    process.stdout.write(`listening on ${originOf(bound)}\n`);
  } catch (error) {
    await gateway?.stop();
    await page?.close();
    await opened.close();
    throw inFlags(error);
  }
}

/** Who sits at this machine may look, and settles with `oncekey keys`: the page asks nobody's name. */
const openDashboard = (
  inspector: Inspector,
  seal: Seal | undefined,
  at: ListenAddress,
): Promise<Page> =>
  openPage({ inspector, ...(seal && { seal }) }, at, {
    option: "--dashboard",
    mend: "For others, there is `oncekey dashboard`, or mount @oncekey/dashboard behind your sign-in.",
  });

async function listening<T>(opening: Promise<T>, option: string, at: ListenAddress): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw notListening(error, option, at);
  }
}

/** The first signal ends what runs; the second ends the process. */
function stopOnSignal(
  gateway: Gateway,
  others: readonly (Pick<OpenStore, "close"> | undefined)[],
  log: Log,
): void {
  const stop = async () => {
    log.info({}, "stopping: what runs is ended, and nothing new is taken");
    const isDone = await gateway.stop();
    if (!isDone) log.warn({}, "what still ran was cut, and will be in doubt");
    for (const other of others) await other?.close();
    process.exitCode = isDone ? 0 : 1;
  };
  stopSignal().addEventListener("abort", () => void stop());
}
