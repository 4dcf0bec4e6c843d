/**
 * The stores alone, without HTTP: claims and completions, beside twins that share no write and
 * beside two plain statements.
 */
import { randomUUID } from "node:crypto";
import { type Called, callAll, pairs } from "./callers.ts";
import { machine, stepAside, stepIn } from "./cores.ts";
import { medianOf, shown, table } from "./figures.ts";
import {
  type Ground,
  type GroundKind,
  kindsOf,
  openGround,
  RETENTION_MS,
} from "./grounds/ground.ts";
import type { Options } from "./options.ts";

const KINDS: readonly GroundKind[] = ["sqlite", "postgres", "redis"];
const CALLERS = [64, 1];

/** Makes so many calls, each a claim and a completion. */
type Calls = (count: number) => readonly (() => Promise<unknown>)[];

interface Soloist {
  readonly name: string;
  readonly calls: Calls;
  /** By how many callers. */
  readonly rounds: Map<number, Called[]>;
}

export async function run({ quick, only, rounds, requests }: Options): Promise<number> {
  const count = requests ?? (quick ? 256 : 2000);
  const turns = rounds ?? (quick ? 3 : 9);
  const pinned = stepAside();
  console.log(`${machine()}, ${pinned};`);
  console.log(`medians of ${turns} rounds of ${count} claims and completions, in turns.\n`);
  // Opened before this process takes the other core, so that it is the load's alone.
  const grounds = await opened(kindsOf(only, KINDS));
  stepIn();
  try {
    for (const [kind, ground] of grounds) {
      const soloists = await soloistsOf(kind, ground);
      for (let turn = 0; turn <= turns; turn++) {
        for (const callers of CALLERS) {
          // One caller alone takes as long for an eighth.
          const calls = callers === 1 ? Math.ceil(count / 8) : count;
          for (const { calls: callsOf, rounds } of soloists) {
            const called = await callAll(callsOf(calls), callers, ground.pid);
            if (turn > 0) rounds.set(callers, [...(rounds.get(callers) ?? []), called]);
          }
        }
      }
      for (const callers of CALLERS) console.log(`${reportOf(kind, soloists, callers)}\n`);
    }
  } finally {
    for (const ground of grounds.values()) await ground.stop();
  }
  return 0;
}

async function opened(kinds: readonly GroundKind[]): Promise<Map<GroundKind, Ground>> {
  const grounds = new Map<GroundKind, Ground>();
  for (const kind of kinds) grounds.set(kind, await openGround(kind));
  return grounds;
}

async function soloistsOf(kind: GroundKind, ground: Ground): Promise<readonly Soloist[]> {
  const { store } = await ground.fill(0);
  const twin = await ground.twin?.();
  const plain = await ground.plain();
  const soloist = (name: string, calls: Calls): Soloist => ({ name, calls, rounds: new Map() });
  return [
    soloist(`oncekey, ${kind}`, (count) => pairs(store, count, RETENTION_MS)),
    ...(twin === undefined
      ? []
      : [soloist("its twin that shares no write", (count) => pairs(twin, count, RETENTION_MS))]),
    soloist("two plain statements", (count) =>
      Array.from({ length: count }, () => {
        const key = randomUUID();
        return () => plain(key);
      }),
    ),
  ];
}

function reportOf(kind: GroundKind, soloists: readonly Soloist[], callers: number): string {
  const [ours = []] = soloists.map(({ rounds }) => rounds.get(callers) ?? []);
  const rows = soloists.map(({ name, rounds }) => {
    const called = rounds.get(callers) ?? [];
    const median = (figure: (each: Called) => number | undefined) =>
      medianOf(called.map((each) => figure(each) ?? Number.NaN));
    // Within each round, whose mood both have shared.
    const ratios = called.map((each, index) => (ours[index]?.perSecond ?? 0) / each.perSecond);
    const slower = called.map((each, index) => (ours[index]?.p50 ?? 0) / each.p50);
    return [
      name,
      shown(
        median(({ perSecond }) => perSecond),
        0,
      ),
      called === ours ? "" : `${shown(medianOf(ratios), 2)} ×`,
      shown(
        median(({ p50 }) => p50),
        3,
      ),
      called === ours ? "" : `${shown(medianOf(slower), 2)} ×`,
      shown(
        median(({ cpuMicros }) => cpuMicros),
        0,
      ),
      shown(
        median(({ databaseMicros }) => databaseMicros),
        0,
      ),
    ];
  });
  const who = callers === 1 ? "one caller" : `${callers} callers`;
  const heads = ["a second", "ours to it", "p50, ms", "ours to it", "CPU, µs", "database, µs"];
  return table([`${kind}, ${who}`, ...heads], rows);
}
