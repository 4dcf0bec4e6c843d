/** Plays one cell: a worker under strace meets the fault, then everything is healed. */
import { type LedgerReader, readLedger } from "../chaos/ledger.ts";
import { sqliteGround } from "../chaos/sqlite-ground.ts";
import type { Cell } from "./cell.ts";
import { damageOf } from "./damage.ts";
import { startWorker } from "./hampered.ts";
import { ask, isInDoubt, lastWords, PATIENCE_MS, settleDoubt } from "./healing.ts";
import { type Heir, openHeir } from "./heir.ts";
import { ANSWERING, READY } from "./marks.ts";
import type { Observation } from "./observation.ts";
import type { CellPlace, Template } from "./place.ts";
import { readTrace, splitAtReady } from "./trace.ts";

const ROUND = "only";

/** Where nothing is promised nobody has to wait for the end. */
const LITTLE_PATIENCE_MS = 3_000;

/** The files that SQLite has, and the marks. */
export const pathsOf = ({ database, data, marks }: CellPlace): readonly string[] => [
  ...["", "-wal", "-shm"].map((suffix) => `${database}${suffix}`),
  data,
  `${marks}/${READY}`,
  `${marks}/${ANSWERING}`,
];

export interface Trial {
  readonly cell: Cell;
  /** How many of its calls are made before the request may come. */
  readonly opening: number;
  /** The worker's program, if it is not the usual one. */
  readonly worker?: string | undefined;
}

export async function playTrial(template: Template, trial: Trial): Promise<Observation> {
  const place = template.place();
  const ledger = readLedger(place.ledger);
  try {
    return await play(place, ledger, trial);
  } finally {
    ledger.close();
    place.leave();
  }
}

async function play(
  place: CellPlace,
  ledger: LedgerReader,
  { cell, opening, worker: program }: Trial,
): Promise<Observation> {
  const { mode, call, nth, fault } = cell;
  const { database, marks, trace } = place;
  const settings = { mode, store: "sqlite", address: database, ledger: place.ledger } as const;
  const keyed = { mode, round: ROUND };
  const patienceMs = call === "pread64" ? LITTLE_PATIENCE_MS : PATIENCE_MS;
  const worker = await startWorker(
    { ...settings, marks },
    { log: trace, paths: pathsOf(place), order: { call, nth: opening + nth, fault } },
    program,
  );
  const isKilled = fault === "kill";
  const damage: string[] = [];
  let heir: Heir | undefined;
  try {
    const reply = await ask(worker.origin, keyed, patienceMs);
    const isAlive = worker.isAlive();
    // For a process whose disk is gone the end is near: whoever comes next finds only files.
    if (isKilled || fault === "eio-onwards") await worker.end();

    heir = await openHeir(mode, await sqliteGround(database), place.ledger);
    damage.push(...damageOf(database));
    const legsThen = await heir.ground.legs(ROUND);
    const look = await ask(heir.origin, keyed, patienceMs);
    const finals = await lastWords(heir.origin, worker, keyed, patienceMs);

    const entries = [...ledger.news()];
    const settling = finals.every(isInDoubt)
      ? await settleDoubt(heir.ground, entries, heir.origin, keyed)
      : undefined;
    entries.push(...ledger.news());
    const legs = await heir.ground.legs(ROUND);
    await heir.close();
    damage.push(...damageOf(database));
    const { request } = splitAtReady(readTrace(trace));
    const isStruck = request.some(({ name, isStruck }) => name === call && isStruck);
    return {
      ...{ mode, isStruck, isKilled, isAlive, ownerPid: worker.pid, reply, look, legsThen },
      ...{ finals, settling, entries, legs, damage },
    };
  } finally {
    await heir?.close();
    await worker.end();
  }
}
