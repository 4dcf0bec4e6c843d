/** All contestants in turns, over several rounds, and a table of what each cost. */
import { loadavg } from "node:os";
import type { Contestant } from "./contestant.ts";
import { CONTESTANTS } from "./contestants.ts";
import { machine, stepAside } from "./cores.ts";
import { createDatabases } from "./databases.ts";
import { type Loader, loaderOf } from "./load.ts";
import { type Round, round } from "./measure.ts";
import type { Options } from "./options.ts";
import { check, record } from "./recorded.ts";
import { type Result, report } from "./report.ts";
import { type Running, start } from "./running.ts";

export interface Race {
  readonly contestants: readonly Contestant[];
  /** No round begins after these, however few there were: a busy machine has its report too. */
  readonly seconds: number;
  readonly rounds: number;
  readonly requests: number;
  readonly connections: number;
  readonly profile?: string | undefined;
}

export async function run(options: Options): Promise<number> {
  if (options.check) return check(race);
  if (options.record) return record(race);
  const { quick, only, profile, json } = options;
  const { seconds = quick ? 90 : 900, rounds = 12, requests = quick ? 400 : 2000 } = options;
  const { connections = 64 } = options;
  const begun = { ...{ seconds, rounds, requests, connections, profile } };
  const { ran, pinned, results } = await race({ contestants: chosen(only), ...begun });
  if (json) console.log(JSON.stringify({ rounds: ran, requests, connections, results }, null, 2));
  else {
    const load = loadavg()[0]?.toFixed(1);
    console.log(
      [
        `${machine()}, ${pinned};`,
        `load ${load} at the end; ${ran} rounds of ${requests} requests and ${requests} duplicates,`,
        `${connections} connections. Medians over rounds. CPU is of the application's process.`,
        `\n${report(results)}`,
      ].join("\n"),
    );
  }
  return results.some(({ disqualified }) => disqualified !== undefined) ? 1 : 0;
}

/** Those whose names begin so, with what they are compared with. */
function chosen(only: readonly string[] | undefined): readonly Contestant[] {
  if (only === undefined) return CONTESTANTS;
  const names = new Set(
    CONTESTANTS.filter(({ name }) => only.some((each) => name.startsWith(each))).map(
      ({ name }) => name,
    ),
  );
  if (names.size === 0) {
    const all = CONTESTANTS.map(({ name }) => `"${name}"`).join(", ");
    throw new TypeError(`--only names nobody. There are ${all}.`);
  }
  // Whoever is compared with brings along its own bare server, which stands before it in the list.
  for (const { name, bare, beside } of CONTESTANTS.toReversed()) {
    if (!names.has(name)) continue;
    names.add(bare);
    if (beside !== undefined) names.add(beside);
  }
  return CONTESTANTS.filter(({ name }) => names.has(name));
}

/** One that is in the race: it leaves at its first wrong answer. */
interface Entrant {
  readonly running: Running;
  readonly loader: Loader;
  readonly rounds: Round[];
  disqualified?: string;
}

export interface Raced {
  readonly results: readonly Result[];
  /** How many rounds count. */
  readonly ran: number;
  /** Which cores were whose. */
  readonly pinned: string;
}

export async function race(race: Race): Promise<Raced> {
  const databases = createDatabases();
  const entrants: Entrant[] = [];
  const pinned = stepAside();
  try {
    for (const contestant of race.contestants) {
      const args = race.profile === undefined ? [] : profiling(race.profile);
      const running = await start(contestant, databases, args);
      entrants.push({ running, loader: loaderOf(running.port, race.connections), rounds: [] });
    }
    const ran = await runRounds(race, entrants);
    return { results: entrants.map(resultOf), ran, pinned };
  } finally {
    for (const { loader, running } of entrants) {
      await loader.close();
      await running.stop();
    }
    await databases.stop();
  }
}

const profiling = (folder: string) => ["--cpu-prof", `--cpu-prof-dir=${folder}`];

/** In turns (A B C A B C ...). The first round warms up, and is thrown away. */
async function runRounds(race: Race, entrants: readonly Entrant[]): Promise<number> {
  const deadline = performance.now() + race.seconds * 1000;
  for (let turn = 0; turn <= race.rounds; turn++) {
    if (turn > 1 && performance.now() > deadline) return turn - 1;
    process.stderr.write(`• round ${turn} of ${race.rounds}\n`);
    for (const entrant of entrants) {
      if (entrant.disqualified !== undefined) continue;
      try {
        const result = await round(entrant.running, entrant.loader, race.requests);
        if (turn > 0) entrant.rounds.push(result);
      } catch (error) {
        entrant.disqualified = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return race.rounds;
}

const resultOf = ({ running: { contestant }, rounds, disqualified }: Entrant): Result => ({
  ...{ contestant, rounds },
  ...(disqualified === undefined ? {} : { disqualified }),
});
