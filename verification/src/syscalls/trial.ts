/** Plays one cell: a worker under strace meets the fault, then everything is healed. */
import Database from "libsql";
import { type LedgerReader, openLedger, readLedger } from "../chaos/ledger.ts";
import { sqliteGround } from "../chaos/sqlite-ground.ts";
import { createApplication, listening } from "./application.ts";
import type { Cell } from "./cell.ts";
import { startWorker } from "./hampered.ts";
import { ask, drain, isInDoubt, settleDoubt } from "./healing.ts";
import { ANSWERING, READY } from "./marks.ts";
import type { Observation } from "./observation.ts";
import type { CellPlace, Template } from "./place.ts";
import { readTrace, splitAtReady } from "./trace.ts";

const ROUND = "only";

/** The files that SQLite has, and the marks. */
export const pathsOf = ({ database, data, marks }: CellPlace): readonly string[] => [
  ...["", "-wal", "-shm"].map((suffix) => `${database}${suffix}`),
  data,
  `${marks}/${READY}`,
  `${marks}/${ANSWERING}`,
];

/** `opening` is how many of its calls are made before the request may come. */
export async function playCell(
  template: Template,
  cell: Cell,
  opening: number,
): Promise<Observation> {
  const place = template.place();
  const ledger = readLedger(place.ledger);
  try {
    return await play(place, ledger, cell, opening);
  } finally {
    ledger.close();
    place.leave();
  }
}

async function play(
  place: CellPlace,
  ledger: LedgerReader,
  { mode, call, nth, fault }: Cell,
  opening: number,
): Promise<Observation> {
  const { database, marks, trace } = place;
  const settings = { mode, store: "sqlite", address: database, ledger: place.ledger } as const;
  const keyed = { mode, round: ROUND };
  const worker = await startWorker(
    { ...settings, marks },
    { log: trace, paths: pathsOf(place), order: { call, nth: opening + nth, fault } },
  );
  const isKilled = fault === "kill";
  const damage: string[] = [];
  let heir: Heir | undefined;
  try {
    const reply = await ask(worker.origin, keyed);
    const isAlive = worker.isAlive() && reply.kind !== "cut";
    // For a process whose disk is gone the end is near: whoever comes next finds only files.
    if (isKilled || fault === "eio-onwards") await worker.end();

    heir = await openHeir(place, mode);
    damage.push(...damageOf(database));
    const legsThen = await heir.ground.legs(ROUND);
    const look = await ask(heir.origin, keyed);
    const finals = [await drain(heir.origin, keyed)];
    if (worker.isAlive()) finals.push(await drain(worker.origin, keyed));
    await worker.end();
    finals.push(await ask(heir.origin, keyed));

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

/** Whom nothing has happened to. */
async function openHeir(place: CellPlace, mode: Cell["mode"]) {
  const ground = await sqliteGround(place.database);
  const ledger = openLedger(place.ledger);
  const server = createApplication(mode, ground, ledger);
  const origin = await listening(server);
  let isOpen = true;
  return {
    ground,
    origin,
    async close() {
      if (!isOpen) return;
      isOpen = false;
      server.close();
      server.closeAllConnections();
      await ground.close();
      ledger.close();
    },
  };
}
type Heir = Awaited<ReturnType<typeof openHeir>>;

/** In SQLite's own words; empty if the file is sound. */
export function damageOf(file: string): readonly string[] {
  const database = new Database(file);
  try {
    const rows = database.prepare("pragma integrity_check").all() as readonly object[];
    const words = rows.map((row) => String(Object.values(row)[0]));
    return words.filter((word) => word !== "ok");
  } catch (error) {
    return [String(error)];
  } finally {
    database.close();
  }
}
