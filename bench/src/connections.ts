/** From one connection to 512: what a first request costs, and how long it takes. */
import { contestantNamed } from "./contestants.ts";
import { machine, stepAside } from "./cores.ts";
import { createDatabases } from "./databases.ts";
import { medianOf, shown, signed, table } from "./figures.ts";
import { loaderOf } from "./load.ts";
import { type Round, round } from "./measure.ts";
import type { Options } from "./options.ts";
import { writePlot } from "./plot.ts";
import { type Running, start } from "./running.ts";

const NAMES = ["node", "node + memory", "node + SQLite FULL", "node + Redis", "node + Postgres"];
const CONNECTIONS = [1, 4, 16, 64, 256, 512];

interface Entrant {
  readonly running: Running;
  /** By how many connections. */
  readonly rounds: Map<number, Round[]>;
}

export async function run(options: Options): Promise<number> {
  const { quick, rounds = quick ? 1 : 5, requests = quick ? 512 : 1536 } = options;
  const databases = createDatabases();
  const pinned = stepAside();
  const entrants: Entrant[] = [];
  try {
    for (const name of NAMES) {
      const running = await start(contestantNamed(name), databases);
      entrants.push({ running, rounds: new Map() });
    }
    for (let turn = 0; turn <= rounds; turn++) {
      process.stderr.write(`• round ${turn} of ${rounds}\n`);
      for (const connections of CONNECTIONS) {
        // One at a time takes as long for an eighth.
        const count = connections === 1 ? Math.ceil(requests / 8) : requests;
        for (const { running, rounds } of entrants) {
          const loader = loaderOf(running.port, connections);
          const result = await round(running, loader, count);
          await loader.close();
          if (turn > 0) rounds.set(connections, [...(rounds.get(connections) ?? []), result]);
        }
      }
    }
  } finally {
    for (const { running } of entrants) await running.stop();
    await databases.stop();
  }
  console.log(`${machine()}, ${pinned};`);
  console.log(`medians of ${rounds} rounds of ${requests} first requests, a fresh key each.\n`);
  console.log(`${table(["CPU, µs, over bare", ...CONNECTIONS.map(String)], costs(entrants))}\n`);
  console.log(`${table(["p50, ms", ...CONNECTIONS.map(String)], times(entrants, "p50"))}\n`);
  console.log(table(["p99, ms", ...CONNECTIONS.map(String)], times(entrants, "p99")));
  writePlot(options, "connections", {
    title: "A first request's time, by the connections that ask at once",
    ...{ x: "connections", y: "p50, ms" },
    lines: entrants.map((entrant) => ({
      name: entrant.running.contestant.name,
      points: CONNECTIONS.map((each) => [each, medianIn(entrant, each, "p50")] as const),
    })),
  });
  return 0;
}

function medianIn(
  { rounds }: Entrant,
  connections: number,
  figure: "cpuMicros" | "p50" | "p99",
): number {
  return medianOf((rounds.get(connections) ?? []).map(({ first }) => first[figure]));
}

function costs(entrants: readonly Entrant[]): string[][] {
  const [bare] = entrants;
  return entrants.map((entrant) => [
    entrant.running.contestant.name,
    ...CONNECTIONS.map((each) => {
      const micros = medianIn(entrant, each, "cpuMicros");
      if (bare === undefined || entrant === bare) return shown(micros, 0);
      return `${shown(micros, 0)} (${signed(micros - medianIn(bare, each, "cpuMicros"))})`;
    }),
  ]);
}

const times = (entrants: readonly Entrant[], figure: "p50" | "p99"): string[][] =>
  entrants.map((entrant) => [
    entrant.running.contestant.name,
    ...CONNECTIONS.map((each) => shown(medianIn(entrant, each, figure), 1)),
  ]);
