/** What a request allocates, counted while nothing is collected; and what it was when recorded. */
import { readFileSync, writeFileSync } from "node:fs";
import { contestantNamed } from "./contestants.ts";
import { createDatabases, type Databases } from "./databases.ts";
import { medianOf } from "./figures.ts";
import { type Answers, loaderOf } from "./load.ts";
import { type Running, start } from "./running.ts";

/** From `bench/dist/src`. */
const FILE = new URL("../../test/allocations.json", import.meta.url);

/** A young generation that a measurement does not fill. */
const SPACIOUS = ["--min-semi-space-size=512", "--max-semi-space-size=512"];
const CONNECTIONS = 16;
const WARM_UP = 1_000;
/** Requests of which the bytes are counted together, and how often. */
const WINDOW = 200;
const WINDOWS = 7;
const WINDOWS_MAX = 50;

export interface Allocated {
  readonly first: number;
  readonly again: number;
}

/**
 * Bytes for each request, of a contestant's whole process. Buffers are outside of the young
 * generation, and many of them have it collected all the same: such a window says nothing.
 */
export async function allocatedBy(name: string, databases: Databases): Promise<Allocated> {
  const contestant = contestantNamed(name);
  const running = await start(contestant, databases, SPACIOUS);
  const loader = loaderOf(running.port, CONNECTIONS);
  // Code that is compiled meanwhile would be counted too.
  const warm: Answers = new Map();
  await loader.first(WARM_UP, warm);
  await loader.again(contestant, warm);
  const answers: Answers = new Map();
  const first = await median(running, () => loader.first(WINDOW, answers));
  const some: Answers = new Map([...answers].slice(0, WINDOW));
  const again = await median(running, () => loader.again(contestant, some));
  await loader.close();
  await running.stop();
  return { first, again };
}

async function median(running: Running, load: () => Promise<unknown>): Promise<number> {
  const windows: number[] = [];
  for (let tries = 0; windows.length < WINDOWS; tries++) {
    if (tries === WINDOWS_MAX) throw new Error("Every window was collected: none can be counted.");
    const before = await running.memory();
    await load();
    const after = await running.memory();
    if (after.collections === before.collections) windows.push((after.used - before.used) / WINDOW);
  }
  return medianOf(windows);
}

/** Of ours over memory, beside the bare server, to whole bytes. */
export async function allocatedOverBare(): Promise<Allocated> {
  const databases = createDatabases();
  try {
    const bare = await allocatedBy("node", databases);
    const ours = await allocatedBy("node + memory", databases);
    const over = (phase: keyof Allocated) => Math.round(ours[phase] - bare[phase]);
    return { first: over("first"), again: over("again") };
  } finally {
    await databases.stop();
  }
}

export const recordedAllocations = (): Allocated => JSON.parse(readFileSync(FILE, "utf8"));

export async function recordAllocations(): Promise<Allocated> {
  const allocated = await allocatedOverBare();
  writeFileSync(FILE, `${JSON.stringify(allocated, null, 2)}\n`);
  return allocated;
}
