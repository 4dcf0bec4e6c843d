/**
 * What this much of a request cost beside a bare one when it was last recorded, in
 * `bench/recorded.json`. Only ratios within one run are kept: they move least from machine to machine.
 * They are to be recorded where nothing else runs: beside other work a bare request grows dearer by
 * more than a guarded one, and ratios are smaller.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { contestantNamed } from "./contestants.ts";
import { medianOf } from "./figures.ts";
import type { Race, Raced } from "./race.ts";
import type { Result } from "./report.ts";

/** From `bench/dist/src`. */
const FILE = new URL("../../recorded.json", import.meta.url);

/** A change of this much is none of the machine's moods. */
const WORSE = 1.5;

const BARE = "node";
const GUARDED = ["node + memory", "node + SQLite FULL", "node + Redis", "node + Postgres"];

/** Some fifteen seconds on two cores; twice that where it has to be seen again. */
const SHORT: Race = {
  contestants: [BARE, ...GUARDED].map(contestantNamed),
  ...{ seconds: 25, rounds: 7, requests: 500, connections: 32 },
};

/** A contestant's first requests and duplicates, in CPU time of a bare first request. */
type Ratios = Readonly<Record<string, { readonly first: number; readonly again: number }>>;

export const recordedRatios = (): Ratios => JSON.parse(readFileSync(FILE, "utf8"));

type Racing = (race: Race) => Promise<Raced>;

/** Races that a record is the median of: one may have been lucky, and everything after it dear. */
const RACES = 5;

export async function record(race: Racing): Promise<number> {
  const races: Ratios[] = [];
  while (races.length < RACES) races.push(await measured(race));
  const median = (name: string, phase: "first" | "again") =>
    medianOf(races.map((ratios) => ratios[name]?.[phase] ?? Number.NaN));
  const ratios: Ratios = Object.fromEntries(
    GUARDED.map((name) => [name, { first: median(name, "first"), again: median(name, "again") }]),
  );
  writeFileSync(FILE, `${JSON.stringify(ratios, null, 2)}\n`);
  console.log(`recorded in bench/recorded.json: ${JSON.stringify(ratios)}`);
  return 0;
}

/** Ends with 1 where a ratio is that much worse twice. */
export async function check(race: Racing): Promise<number> {
  const recorded = recordedRatios();
  let worse = await complaintsOf(recorded, race).catch((error: unknown) => {
    // A machine that is drowned in work lets calls of a store run out of time.
    console.error(`• once more, since the first race broke off: ${error}`);
    return undefined;
  });
  if (worse === undefined || worse.length > 0) {
    const before = worse;
    const again = await complaintsOf(recorded, race);
    // Once may have been the machine's mood.
    worse = again.filter(({ what }) => before?.some((each) => each.what === what) ?? true);
  }
  for (const { what, was, is } of worse) {
    console.log(`✗ ${what} costs ${is} times a bare request, and ${was} when it was recorded`);
  }
  if (worse.length === 0) {
    console.log(`✓ No request costs ${WORSE} times more, beside a bare one, than recorded`);
  }
  return worse.length === 0 ? 0 : 1;
}

async function complaintsOf(recorded: Ratios, race: Racing) {
  const found = await measured(race);
  return GUARDED.flatMap((name) =>
    (["first", "again"] as const).flatMap((phase) => {
      const [was, is] = [recorded[name]?.[phase], found[name]?.[phase]];
      if (was === undefined || is === undefined) {
        throw new Error(`${name} is not in bench/recorded.json: \`npm run bench -- --record\`.`);
      }
      return is > was * WORSE ? [{ what: `${name}, ${phase}`, was, is }] : [];
    }),
  );
}

async function measured(race: Racing): Promise<Ratios> {
  const { results } = await race(SHORT);
  const wrong = results.find(({ disqualified }) => disqualified !== undefined);
  if (wrong !== undefined) throw new Error(`${wrong.contestant.name}: ${wrong.disqualified}`);
  const bare = results.find(({ contestant }) => contestant.name === BARE);
  return Object.fromEntries(
    results
      .filter((result) => result !== bare)
      .map((result) => [
        result.contestant.name,
        { first: ratio(result, bare, "first"), again: ratio(result, bare, "again") },
      ]),
  );
}

/** Within each round, whose mood both have shared. */
function ratio(result: Result, bare: Result | undefined, phase: "first" | "again"): number {
  const ratios = result.rounds.map(
    (each, index) => each[phase].cpuMicros / (bare?.rounds[index]?.first.cpuMicros ?? Number.NaN),
  );
  return Math.round(medianOf(ratios) * 100) / 100;
}
