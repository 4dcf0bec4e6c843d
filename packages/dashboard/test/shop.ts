/** The shop's process, seen from a test: started, asked, killed. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { temporaryFile } from "./places.ts";

export interface Shop {
  readonly url: string;
  readonly page: string;
  pay(key: string, body?: object): Promise<Response>;
  /** How often the effect happened. */
  effects(): number;
  kill(): Promise<void>;
  /** Starts it again, over the same records, at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const SERVER = join(import.meta.dirname, "shop-server.js");

export async function startShop(): Promise<Shop> {
  const { file, remove } = temporaryFile("records.db");
  const ledger = `${file}.ledger`;
  let child: ChildProcess;
  let port = 0;

  async function start(): Promise<void> {
    child = fork(SERVER, [file, ledger, String(port)]);
    const [said] = await once(child, "message");
    port = Number(said);
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  await start();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    page: `${url}/oncekey/`,
    pay: (key, body = { amount: 10 }) =>
      fetch(`${url}/payments`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": `"${key}"` },
        body: JSON.stringify(body),
      }),
    effects: () => (existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").length - 1 : 0),
    kill,
    restart: start,
    async close() {
      await kill();
      remove();
    },
  };
}

/** Waits for what a database or another process has to bring about. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited 20 seconds in vain: ${what}.`);
    await pause(25);
  }
}
