/** `oncekey` as a process of its own, over databases with records in them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, startRedis } from "local-servers";
import { type Inspector, recordId, type Store, scopeDigest } from "oncekey";
import { idempotency } from "oncekey/web";
import { type Database, withDatabase } from "../../src/command/database.ts";

export const CLI: string = join(import.meta.dirname, "../../src/cli.js");

/** More than any command here takes, on a machine that is busy with other things. */
const COMMAND_MS = 60_000;

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function command(
  args: readonly string[],
  { stdin = "", env = {} }: { readonly stdin?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Said> {
  const child = started(process.execPath, [CLI, ...args], env);
  const said = listenTo(child);
  child.stdin.end(stdin);
  await once(child, "close");
  return { code: child.exitCode, ...said };
}

/**
 * On a terminal, as `script` makes one: what is typed and what is said come over the same line.
 * `meanwhile` is done once the question is there, and before it is answered.
 */
export async function onTerminal(
  args: readonly string[],
  typed: string,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<Said> {
  const line = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
  const child = started("script", ["-qec", line, "/dev/null"], {});
  const said = listenTo(child);
  child.stdout.on("data", function answer() {
    if (!said.stdout.includes("(yes/no)")) return;
    child.stdout.off("data", answer);
    void meanwhile().finally(() => child.stdin.write(typed));
  });
  await once(child, "close");
  return { code: child.exitCode, ...said };
}

function started(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ONCEKEY_STORE: undefined, ...env },
    timeout: COMMAND_MS,
  });
}

function listenTo(child: ReturnType<typeof started>) {
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk) => {
      said[stream] += String(chunk);
    });
  }
  // A command that did not read its input to the end has closed it.
  child.stdin.on("error", () => {});
  return said;
}

export interface Place {
  readonly kind: "sqlite" | "redis" | "postgres";
  readonly address: string;
  remove(): Promise<void>;
}

export async function places(): Promise<readonly Place[]> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-command-"));
  const redis = await startRedis();
  const postgres = await startPostgres();
  return [
    {
      kind: "sqlite",
      address: `sqlite:${join(folder, "a.db")}`,
      remove: async () => rmSync(folder, { recursive: true }),
    },
    { kind: "redis", address: redis.url, remove: () => redis.stop() },
    { kind: "postgres", address: postgres.url, remove: () => postgres.stop() },
  ];
}

const JOIN_SCOPE = ["tenant", "user-1"];

/** Uses a store, its tables included. */
export function withStore<T>(
  address: string,
  use: (store: Store & Inspector) => Promise<T>,
): Promise<T> {
  return withDatabase(address, usingTables, { mayCreate: true });

  async function usingTables(database: Database): Promise<T> {
    await database.setup();
    return use(database.store);
  }
}

/** A record that was completed over HTTP, for a principal of two parts. */
export async function complete(store: Store & Inspector, key: string): Promise<string> {
  const guarded = idempotency({ store, scope: () => JOIN_SCOPE }, () => new Response("done"));
  await (await ask(guarded, key)).text();
  return recordId(JOIN_SCOPE, key);
}

/** A record of the scope `"global"` whose owner has given up. */
export async function doubt(
  store: Store & Inspector,
  key: string,
  label = "POST /pay",
): Promise<{ readonly id: string; readonly token: number }> {
  const claim = await store.claim({
    id: recordId("global", key),
    scope: scopeDigest("global"),
    fingerprint: "0".repeat(64),
    effects: "unrepeatable",
    label,
    leaseMs: 30_000,
    retentionMs: 60_000,
    nonce: crypto.randomUUID().replaceAll("-", ""),
  });
  if (claim.outcome !== "claimed") throw new Error("The key is taken.");
  await store.renew(claim.lease, 0);
  return claim.lease;
}

type Guarded = (request: Request) => Promise<Response>;

export async function ask(guarded: Guarded, key: string): Promise<Response> {
  const headers = { "idempotency-key": key };
  return guarded(new Request("http://h/pay", { method: "POST", headers }));
}
