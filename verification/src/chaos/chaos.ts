/**
 * The chaos harness: five real processes over each real store, hit at every crash point by every
 * fault in every mode, with the effects counted in a ledger that no store knows of.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Cell,
  cellsOf,
  commandOf,
  restarts,
  type Selection,
  STORES,
  type StoreName,
  sampleOf,
} from "./cell.ts";
import { startCluster } from "./cluster.ts";
import { expectationOf } from "./expectation.ts";
import { openGround } from "./ground.ts";
import { judge, LEASE_MS } from "./judge.ts";
import { readLedger } from "./ledger.ts";
import { playLoad } from "./load.ts";
import type { Observation } from "./observation.ts";
import { type Database, openDatabase, openPlace, type Place } from "./place.ts";
import { playRound, type Scene } from "./round.ts";
import { playStorms, type Storm } from "./storm.ts";

export interface ChaosOptions {
  readonly selection?: Selection;
  readonly seed: number;
  /** A spread of the cells instead of all of them. */
  readonly sample?: boolean;
  /** Rounds for each cell. */
  readonly rounds?: number;
  /** Storms for each store and mode; none unless told. */
  readonly storms?: number;
  /** Hears of every cell as soon as it is done. */
  readonly onCell?: (result: CellResult) => void;
}

export interface CellResult extends Cell {
  readonly rounds: number;
  /** How many of them the machine disturbed by holding a process up for longer than a lease. */
  readonly disturbed: number;
  /** How many rounds had so many effects. */
  readonly effects: Readonly<Record<number, number>>;
  /** The second effect that the documentation speaks of: must it be seen, and was it? */
  readonly limit: "none" | "seen" | "not seen";
  readonly violations: readonly string[];
  readonly seed: number;
  readonly command: string;
}

export interface ChaosResult {
  readonly cells: readonly CellResult[];
  readonly storms: readonly Storm[];
  /** Cells and storms together. A limit that was never reproduced is one. */
  readonly violations: number;
}

/** Enough for the whole matrix in ten minutes on two cores. */
const ROUNDS = 4;
/** A server that dies and comes back takes a second; under load each of them meets many keys. */
const RESTART_ROUNDS = 2;
/** How many more are played where the documented limit has not shown yet: it takes some timing. */
const EXTRA_ROUNDS = 4;
/** A server that was told to stop may take a moment to let go of its files. */
const SETTLE_MS = 50;

const NO_SUCH_CELL =
  "There is no such cell: Redis has no transactions, SQLite has no server to restart, and only " +
  "restarts come under load.";

export async function playChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { selection, seed, sample = false } = options;
  const all = cellsOf(selection);
  const cells = sample ? sampleOf(all, seed) : all;
  if (cells.length === 0) throw new TypeError(NO_SUCH_CELL);
  const byStore = await Promise.all(
    STORES.map((store) => ({ store, cells: cells.filter((cell) => cell.store === store) }))
      .filter((part) => part.cells.length > 0)
      .map((part) => playStore(part.store, part.cells, options)),
  );
  const results = byStore.flatMap((part) => part.cells);
  const storms = byStore.flatMap((part) => part.storms);
  const violations = [...results, ...storms].reduce((sum, each) => sum + each.violations.length, 0);
  return { cells: results, storms, violations };
}

interface Part {
  readonly cells: readonly CellResult[];
  readonly storms: readonly Storm[];
}

async function playStore(
  store: StoreName,
  cells: readonly Cell[],
  options: ChaosOptions,
): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-ledger-"));
  const path = (name: string) => join(folder, name);
  const isRestart = ({ fault }: Cell) => fault === "restart";
  const count = options.storms ?? 0;
  try {
    const calm = await withPlace(openPlace(store), async (place) => {
      const others = cells.filter((cell) => !isRestart(cell));
      const results = await playCells({ place, path: path("rounds") }, others, options);
      const storms =
        count > 0 ? await playStorms(store, place, path("storms"), count, options.seed) : [];
      return { cells: results, storms };
    });
    // All who share a server see it restart, so these have one of their own.
    const hit = cells.filter(isRestart);
    if (!restarts(store) || hit.length === 0) return calm;
    const restarted = await withPlace(openDatabase(store), (database) =>
      playCells({ place: database, path: path("restarts"), database }, hit, options),
    );
    return { ...calm, cells: [...calm.cells, ...restarted] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withPlace<P extends Place, Result>(
  opened: Promise<P>,
  play: (place: P) => Promise<Result>,
): Promise<Result> {
  const place = await opened;
  try {
    return await play(place);
  } finally {
    await pause(SETTLE_MS);
    await place.stop();
  }
}

interface Site {
  readonly place: Place;
  /** The ledger's file. */
  readonly path: string;
  readonly database?: Database;
}

async function playCells(
  { place, path, database }: Site,
  cells: readonly Cell[],
  { seed, rounds: told, onCell }: ChaosOptions,
): Promise<readonly CellResult[]> {
  const [first] = cells;
  if (first === undefined) return [];
  const { store } = first;
  const settings = { store, address: place.address, ledger: path, leaseMs: LEASE_MS };
  // Some processes let duplicates wait, the others send them away at once.
  const cluster = await startCluster(settings, (index) => (index % 2 === 0 ? 0 : LEASE_MS / 2));
  const ground = await openGround(store, place.address);
  const ledger = readLedger(path);
  const rounds = told ?? (database === undefined ? ROUNDS : RESTART_ROUNDS);
  try {
    const results: CellResult[] = [];
    for (const cell of cells) {
      const result = await playCell({ cluster, ground, ledger, database }, cell, seed, rounds);
      onCell?.(result);
      results.push(result);
    }
    return results;
  } finally {
    ledger.close();
    await ground.close();
    await cluster.stop();
  }
}

async function playCell(
  scene: Scene,
  cell: Cell,
  seed: number,
  rounds: number,
): Promise<CellResult> {
  const effects: Record<number, number> = {};
  const violations: string[] = [];
  let disturbed = 0;
  let played = 0;
  const { limit: wanted } = expectationOf(cell);
  const isMissing = () => wanted !== undefined && effects[wanted] === undefined;
  for (let turn = 0; turn < rounds || (isMissing() && turn < rounds + EXTRA_ROUNDS); turn++) {
    for (const observation of await playTurn(scene, cell, seed, turn)) {
      const judgement = judge(observation);
      played++;
      effects[judgement.effects] = (effects[judgement.effects] ?? 0) + 1;
      if (judgement.disturbed) disturbed++;
      for (const { property, what } of judgement.violations) {
        violations.push(`${observation.round}: ${property}: ${what}`);
      }
    }
  }
  const limit = wanted === undefined ? "none" : isMissing() ? "not seen" : "seen";
  if (limit === "not seen") violations.push(`the limit of ${wanted} effects was never seen`);
  const command = commandOf(cell, seed);
  return { ...cell, rounds: played, disturbed, effects, limit, violations, seed, command };
}

/** A round of one key, or of many that meet their fault together. */
async function playTurn(
  scene: Scene,
  cell: Cell,
  seed: number,
  turn: number,
): Promise<readonly Observation[]> {
  const { database } = scene;
  const isLoad = cell.point === "under-load" && database !== undefined;
  return isLoad
    ? playLoad(scene, database, cell, seed, turn)
    : [await playRound(scene, cell, seed, turn)];
}
