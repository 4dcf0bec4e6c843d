/** One round: a request meets its fault, its duplicates go to the other processes, and all is healed. */
import { setTimeout as pause } from "node:timers/promises";
import { mixed, type Random, seeded } from "../simulator/random.ts";
import { ALL, aftermathOf, createTrial, RETRY_MS, type Trial } from "./aftermath.ts";
import { type Cell, FAULTS, MODES, POINTS, STORES } from "./cell.ts";
import type { Sighting } from "./client.ts";
import { type Cluster, PROCESSES } from "./cluster.ts";
import type { Ground } from "./ground.ts";
import { LEASE_MS } from "./judge.ts";
import { type Entry, type LedgerReader, now } from "./ledger.ts";
import type { Observation } from "./observation.ts";
import type { Database } from "./place.ts";

export interface Scene {
  readonly cluster: Cluster;
  /** The harness's own connection: to count rows, and to settle what is in doubt. */
  readonly ground: Ground;
  readonly ledger: LedgerReader;
  /** The store's server, where it is this scene's to kill. */
  readonly database: Database | undefined;
}

const STOP_MS = 2 * LEASE_MS;
const LINGER_MS = 4 * LEASE_MS;
/** How long a killed store stays away: some leases outlast it, and some do not. */
const AWAY_MS: readonly number[] = [0, LEASE_MS / 3, 2 * LEASE_MS];
const LOOK_MS = 4;
/** For the fault to strike. It takes milliseconds, unless the machine is busy. */
const HIT_MS = 10_000;

/** The seed of one round: every cell and every round of it has a stream of its own. */
export function randomOf(seed: number, { store, mode, point, fault }: Cell, turn: number): Random {
  const place = [STORES.indexOf(store), MODES.indexOf(mode), POINTS.indexOf(point)];
  return seeded(mixed(seed, ...place, FAULTS.indexOf(fault), turn));
}

export async function playRound(
  scene: Scene,
  cell: Cell,
  seed: number,
  turn: number,
): Promise<Observation> {
  const { cluster, ground, ledger, database } = scene;
  const random = randomOf(seed, cell, turn);
  const round = `${cell.point}-${cell.fault}-${cell.mode}-${seed}-${turn}`;
  const victim = random.between(0, PROCESSES - 1);
  const trial = createTrial(cluster, cell, round, {
    key: `key-${random.between(1, 1e9)}`,
    amount: random.between(1, 1_000),
    dwellMs: cell.fault === "linger" ? LINGER_MS : random.pick([0, 0, 5, 20]),
  });

  // Four lost replies are more than a claim is tried; a handler that fails is run again at once.
  const times = cell.point.endsWith("effect") ? 1 : random.pick([1, 1, 4]);
  const delayMs = random.pick([0, 1, 2, 5]);
  const server = database && { server: database.pid() };
  const { point, fault } = cell;
  await cluster.arm(victim, { round, point, fault, times, delayMs, ...server });

  const entries: Entry[] = [];
  const client = new AbortController();
  const first = trial.ask(victim, { leaves: client.signal });
  await isHit(ledger, entries, round);
  if (cell.fault === "leave") client.abort();
  const awayMs = random.pick(AWAY_MS);
  await strike(trial, victim, () => heal(scene, cell, victim, awayMs));
  const healedAt = now();
  trial.sightings.push(await first);

  const aftermath = await aftermathOf(trial, ground, random);
  entries.push(...ledger.news());
  return { ...aftermath, healedAt, entries: entries.filter((entry) => entry.round === round) };
}

async function isHit(ledger: LedgerReader, entries: Entry[], round: string): Promise<void> {
  const deadline = performance.now() + HIT_MS;
  while (performance.now() < deadline) {
    entries.push(...ledger.news());
    if (entries.some((entry) => entry.what === "hit" && entry.round === round)) return;
    await pause(LOOK_MS);
  }
}

/** From the fault to the end of the healing: duplicates ask the other four all the while. */
async function strike(
  { ask, sightings }: Trial,
  victim: number,
  healing: () => Promise<void>,
): Promise<void> {
  let healed = false;
  const duplicates = ALL.filter((index) => index !== victim).map(async (index) => {
    let sighting: Sighting;
    do {
      sighting = await ask(index);
      sightings.push(sighting);
      if (sighting.reply.kind === "answer") return;
      await pause(RETRY_MS);
    } while (!healed);
  });
  await healing();
  healed = true;
  await Promise.all(duplicates);
}

async function heal(
  { cluster, database }: Scene,
  { fault }: Cell,
  victim: number,
  awayMs: number,
): Promise<void> {
  switch (fault) {
    case "stop":
      await pause(STOP_MS);
      return cluster.resume(victim);
    case "kill":
    case "exit":
      return cluster.revive(victim);
    case "restart":
      return database?.comeBack(awayMs);
    case "throw":
    case "leave":
    case "linger":
      return;
  }
}
