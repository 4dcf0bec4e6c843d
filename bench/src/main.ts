/**
 * `npm run bench`: all contestants in turns, over several rounds, and a table of what each cost.
 *
 *   npm run bench -- [--quick] [--json] [--only NAME]... [--seconds N] [--rounds N] [--requests N]
 *                    [--connections N] [--profile FOLDER]
 *
 * `--only` takes the beginning of a name, and brings along what it is compared with.
 */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Contestant } from "./contestant.ts";
import { CONTESTANTS } from "./contestants.ts";
import { createDatabases } from "./databases.ts";
import { type Loader, loaderOf } from "./load.ts";
import { type Round, round } from "./measure.ts";
import { type Result, report } from "./report.ts";
import { type Running, start, stepAside } from "./running.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    json: { type: "boolean" },
    quick: { type: "boolean" },
    seconds: { type: "string" },
    rounds: { type: "string" },
    requests: { type: "string" },
    connections: { type: "string" },
    profile: { type: "string" },
  },
});

/** No round begins after these, however few there were: a busy machine has its report too. */
const seconds = Number(values.seconds ?? (values.quick ? 90 : 900));
const rounds = Number(values.rounds ?? 12);
const requests = Number(values.requests ?? (values.quick ? 400 : 2000));
const connections = Number(values.connections ?? 64);

function chosen(): readonly Contestant[] {
  const { only } = values;
  if (only === undefined) return CONTESTANTS;
  const named = CONTESTANTS.filter(({ name }) => only.some((each) => name.startsWith(each)));
  if (named.length === 0) {
    const names = CONTESTANTS.map(({ name }) => `"${name}"`).join(", ");
    throw new Error(`--only names nobody. There are ${names}.`);
  }
  const bare = new Set(named.map((each) => each.bare));
  return CONTESTANTS.filter((each) => bare.has(each.name) || named.includes(each));
}

/** One that is in the race: it leaves at its first wrong answer. */
interface Entrant {
  readonly running: Running;
  readonly loader: Loader;
  readonly rounds: Round[];
  disqualified?: string;
}

async function enter(contestant: Contestant): Promise<Entrant> {
  const running = await start(contestant, databases, values.profile);
  return { running, loader: loaderOf(running.port, connections), rounds: [] };
}

/** In turns (A B C A B C ...). The first round warms up, and is thrown away. */
async function race(entrants: readonly Entrant[]): Promise<number> {
  const deadline = performance.now() + seconds * 1000;
  for (let turn = 0; turn <= rounds; turn++) {
    if (turn > 1 && performance.now() > deadline) return turn - 1;
    process.stderr.write(`• round ${turn} of ${rounds}\n`);
    for (const entrant of entrants) {
      if (entrant.disqualified !== undefined) continue;
      try {
        const result = await round(entrant.running, entrant.loader, requests);
        if (turn > 0) entrant.rounds.push(result);
      } catch (error) {
        entrant.disqualified = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return rounds;
}

function machine(pinned: string, ran: number): string {
  const load = loadavg()[0]?.toFixed(1);
  return [
    `Node ${process.versions.node}, ${cpus()[0]?.model}, ${pinned};`,
    `load ${load} at the end; ${ran} rounds of ${requests} requests and ${requests} duplicates,`,
    `${connections} connections. Medians over rounds. CPU is of the application's process.`,
  ].join("\n");
}

// The databases are killed when this process exits, but a signal alone would end it without an exit.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const databases = createDatabases();
const entrants: Entrant[] = [];
const pinned = stepAside();
let ran = 0;
try {
  for (const contestant of chosen()) entrants.push(await enter(contestant));
  ran = await race(entrants);
} finally {
  for (const { loader, running } of entrants) {
    await loader.close();
    await running.stop();
  }
  await databases.stop();
}
const results = entrants.map(
  ({ running: { contestant }, rounds, disqualified }): Result => ({
    ...{ contestant, rounds },
    ...(disqualified === undefined ? {} : { disqualified }),
  }),
);
if (values.json)
  console.log(JSON.stringify({ rounds: ran, requests, connections, results }, null, 2));
else console.log(`${machine(pinned, ran)}\n\n${report(results)}`);
process.exitCode = results.some(({ disqualified }) => disqualified !== undefined) ? 1 : 0;
