/** Gateways for the tests: one in this process over records in memory, or a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { memoryStore } from "oncekey/memory";
import { createGateway, type GatewayOptions } from "../src/server.ts";

export interface TestGateway {
  readonly url: string;
  readonly port: number;
  stop(): Promise<unknown>;
}

export async function gatewayTo(
  upstream: NonNullable<GatewayOptions["upstream"]>,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const gateway = createGateway({ upstream, scope: "global", store: memoryStore(), ...options });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  return { url: `http://127.0.0.1:${port}`, port, stop: () => gateway.stop() };
}

/** One request, with a key unless it is told otherwise. */
export async function send(
  gateway: Pick<TestGateway, "url">,
  { path = "/pay", ...init }: RequestInit & { readonly path?: string } = {},
): Promise<Said> {
  const headers = { "idempotency-key": "k1", "content-type": "application/json" };
  const response = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    body: init.method === "GET" ? null : '{"amount":10}',
    ...init,
    headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
  });
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  const code = isProblem ? String((JSON.parse(text) as { code?: unknown }).code) : undefined;
  const isReplay = response.headers.get("idempotent-replayed") === "true";
  return { status: response.status, headers: response.headers, text, code, isReplay };
}

export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly code: string | undefined;
  readonly isReplay: boolean;
}

const CLI = join(import.meta.dirname, "../src/cli.js");

export interface GatewayProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** What it has written to stderr. */
  log(): string;
  /** Sends the signal, and resolves with the code that it ended with. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A test that failed leaves no process behind. */
const started = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});

/** Resolves once it says where it listens; the first line must be that and nothing else. */
export async function gatewayProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [CLI, "gateway", "--listen", "127.0.0.1:0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += String(chunk);
  });
  started.add(child);
  child.once("exit", () => started.delete(child));
  // Not "exit": what it wrote last may arrive after that.
  const exit = once(child, "close");
  const line = once(createInterface({ input: child.stdout }), "line");
  const ended = exit.then(() => {
    throw new Error(`The gateway did not start: ${log}`);
  });
  ended.catch(() => {});
  const [first] = (await Promise.race([line, ended])) as [string];
  const port = Number(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(first)?.[1]);
  if (!(port > 0)) throw new Error(`The first line was: ${first}`);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    child,
    log: () => log,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exit;
      return child.exitCode;
    },
  };
}

/** Runs `oncekey` with something wrong, until it has ended. */
export async function failedStart(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk) => {
      said[stream] += String(chunk);
    });
  }
  await once(child, "close");
  return { code: child.exitCode, ...said };
}

/** The address of its dashboard, which is logged once the first line of stdout is out. */
export async function dashboardOf(gateway: GatewayProcess): Promise<string> {
  for (let looked = 0; looked < 400; looked++) {
    const url = /"url":"([^"]+)"[^\n]*"msg":"dashboard"/.exec(gateway.log())?.[1];
    if (url !== undefined) return url;
    await pause(25);
  }
  throw new Error(`No word of a dashboard: ${gateway.log()}`);
}
