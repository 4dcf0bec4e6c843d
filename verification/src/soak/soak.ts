/** Load in waves over five processes, each of which is read at rest between two of them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { modesOf, type StoreName } from "../chaos/cell.ts";
import { PROCESSES } from "../chaos/cluster.ts";
import { type LedgerReader, readLedger } from "../chaos/ledger.ts";
import { openPlace } from "../chaos/place.ts";
import { seeded } from "../simulator/random.ts";
import { type Gauge, gaugesOf, type Reading } from "./flat.ts";
import { createUsers } from "./load.ts";
import type { FromProcess, Settings, ToProcess } from "./server.ts";

export interface SoakOptions {
  readonly store: StoreName;
  readonly seconds: number;
  readonly seed: number;
  readonly waves?: number;
  readonly leaks?: boolean;
}

export interface Soaked {
  readonly store: StoreName;
  readonly seconds: number;
  readonly requests: number;
  readonly replays: number;
  readonly refusals: number;
  readonly effects: number;
  readonly gauges: readonly Gauge[];
  readonly violations: readonly string[];
}

const WAVES = 20;
/** Short, so that records come and go many times while it runs. */
const RETENTION_MS = 20_000;
/** For the sockets of the last requests to close. */
const REST_MS = 500;
const SERVER = fileURLToPath(import.meta.resolve("./server.js"));

export async function soak(options: SoakOptions): Promise<Soaked> {
  const { store, seconds, seed, waves = WAVES, leaks = false } = options;
  const folder = mkdtempSync(join(tmpdir(), "oncekey-soak-"));
  const place = await openPlace(store);
  const path = join(folder, "ledger");
  const ledger = readLedger(path);
  const settings = { store, address: place.address, ledger: path, leaks };
  const children = Array.from({ length: PROCESSES }, start);
  const killAll = () => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.once("exit", killAll);
  try {
    const origins = await Promise.all(
      children.map((child) => begin(child, { ...settings, retentionMs: RETENTION_MS })),
    );
    const modes = modesOf(store).filter((mode) => mode !== "deduplicated");
    const rememberedMs = RETENTION_MS / 2;
    const users = createUsers({ origins, modes, random: seeded(seed), rememberedMs });
    const counted = countEffects(ledger);
    const readings: Reading[] = [];
    for (let wave = 0; wave < waves; wave++) {
      await users.play((seconds * 1_000) / waves);
      await pause(REST_MS);
      readings.push(sumOf(await Promise.all(children.map(read))));
      counted.look();
    }
    const gauges = gaugesOf(readings);
    const grown = gauges
      .filter(({ isFlat }) => !isFlat)
      .map(({ name, early, late }) => `G9: ${name} grew from ${early} to ${late}`);
    const { violations, ...tally } = users.tally;
    const all = [...violations, ...counted.violations, ...grown];
    return { store, seconds, ...tally, effects: counted.effects, gauges, violations: all };
  } finally {
    process.off("exit", killAll);
    await Promise.all(children.map(end));
    ledger.close();
    await place.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every key once; old ones are let go, since this process is to stay small as well. */
function countEffects(ledger: LedgerReader) {
  let before = new Set<string>();
  let recent = new Set<string>();
  const counted = {
    effects: 0,
    violations: [] as string[],
    look() {
      for (const { round } of ledger.news()) {
        counted.effects++;
        if (before.has(round) || recent.has(round)) {
          counted.violations.push(`G1: a second effect of ${round}`);
        }
        recent.add(round);
      }
      [before, recent] = [recent, new Set()];
    },
  };
  return counted;
}

const start = (): ChildProcess =>
  fork(SERVER, { execArgv: ["--expose-gc"], stdio: ["ignore", "ignore", "inherit", "ipc"] });

async function begin(child: ChildProcess, settings: Settings): Promise<string> {
  const reply = await ask(child, { start: settings });
  if (!("port" in reply)) throw new Error("A process under load did not start.");
  return `http://127.0.0.1:${reply.port}`;
}

async function read(child: ChildProcess): Promise<Reading> {
  const reply = await ask(child, { read: true });
  if ("port" in reply) throw new Error("A process under load did not say what it holds.");
  return reply;
}

async function ask(child: ChildProcess, message: ToProcess): Promise<FromProcess> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`A process under load ended with ${code}.`);
  });
  ended.catch(() => {});
  try {
    const answered = once(child, "message", { signal });
    child.send(message);
    const [reply] = await Promise.race([answered, ended]);
    return reply as FromProcess;
  } finally {
    settled.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** What all five hold together: one that grows shows, whichever it is. */
function sumOf(readings: readonly Reading[]): Reading {
  const sum = (name: keyof Reading) => readings.reduce((total, each) => total + each[name], 0);
  return {
    heapBytes: sum("heapBytes"),
    residentBytes: sum("residentBytes"),
    handles: sum("handles"),
    files: sum("files"),
  };
}
