/** Starts server processes, speaks with them over HTTP, and stops all of them in the end. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entry, read } from "./ledger.ts";
import type { Spec, Told } from "./server-worker.ts";

const SERVER = fileURLToPath(new URL("./server-worker.js", import.meta.url));

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly isReplay: boolean;
  /** The code of a problem. */
  readonly code: string | undefined;
}

export interface Asking {
  readonly method?: string;
  readonly body?: string;
  /** Header lines beside the key. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly port: number;
  /** `POST /pay` as `ann`, under a key, unless told otherwise. */
  ask(key: string | undefined, asking?: Asking): Promise<Answer>;
  /** Resolves when its handler stands still, or hears its signal. */
  told(is: Told["is"]): Promise<void>;
  /** Lets handlers that stand still go on, now and later. */
  goOn(): void;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
}

export interface Fleet {
  start(spec: Omit<Spec, "ledger">): Promise<ServerProcess>;
  /** What has happened so far, by key. */
  happened(what: Entry["what"]): ReadonlyMap<string, readonly Entry[]>;
  stop(): Promise<void>;
}

/** The ledger is the fleet's own, so keys must be its own too. */
export function createFleet(): Fleet {
  const directory = mkdtempSync(join(tmpdir(), "oncekey-ledger-"));
  const ledger = join(directory, "ledger");
  writeFileSync(ledger, "");
  const agent = new Agent({ keepAlive: true });
  const children: ChildProcess[] = [];
  const killAll = () => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.once("exit", killAll);

  async function start(spec: Omit<Spec, "ledger">): Promise<ServerProcess> {
    const child = fork(SERVER, [JSON.stringify({ ...spec, ledger })], {
      execArgv: ["--no-warnings"],
    });
    children.push(child);
    const heard = new Map<Told["is"], Told>();
    child.on("message", (told: Told) => {
      heard.set(told.is, told);
      child.emit(`told ${told.is}`);
    });
    const told = async (is: Told["is"]) => {
      while (!heard.has(is)) await once(child, `told ${is}`);
    };
    const early = diedEarly(child);
    // Later it may well be killed.
    early.catch(() => {});
    await Promise.race([told("ready"), early]);
    const ready = heard.get("ready");
    if (ready?.is !== "ready") throw new Error("The server has told no port.");
    const { port } = ready;
    return {
      port,
      ask: (key, asking) => ask(agent, port, key, asking),
      told,
      goOn: () => child.send("go on"),
      signal: (signal) => child.kill(signal),
      kill: () => kill(child),
    };
  }

  return {
    start,
    happened(what) {
      const byKey = new Map<string, Entry[]>();
      for (const entry of read(ledger)) {
        if (entry.what !== what) continue;
        const known = byKey.get(entry.key);
        if (known === undefined) byKey.set(entry.key, [entry]);
        else known.push(entry);
      }
      return byKey;
    },
    async stop() {
      process.off("exit", killAll);
      await Promise.all(children.map(kill));
      agent.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function diedEarly(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`A server ended with ${code} before it was ready.`);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function ask(
  agent: Agent,
  port: number,
  key: string | undefined,
  { method = "POST", body = '{"amount":10}', headers = {} }: Asking = {},
): Promise<Answer> {
  const sent = {
    "x-user": "ann",
    ...(method === "GET" ? {} : { "content-type": "application/json" }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { agent, host: "127.0.0.1", port, path: "/pay", method, headers: sent },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0, headers: got } = response;
          const isProblem = got["content-type"] === "application/problem+json";
          resolve({
            status: statusCode,
            text,
            headers: got,
            isReplay: got["idempotent-replayed"] === "true",
            code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined,
          });
        });
      },
    );
    asked.on("error", reject);
    asked.end(method === "GET" ? undefined : body);
  });
}
