/**
 * From one process to eight on one store: what a request costs all of them together. Each duplicate
 * goes to another process than its first request did.
 */
import { contestantNamed } from "./contestants.ts";
import { machine, stepAside } from "./cores.ts";
import { createDatabases, type Databases } from "./databases.ts";
import { medianOf, shown, table } from "./figures.ts";
import { type Answers, type Loader, loaderOf } from "./load.ts";
import type { Options } from "./options.ts";
import { type Running, start } from "./running.ts";

const NAMES = ["node + SQLite FULL", "node + Redis", "node + Postgres"];
const PROCESSES = [1, 2, 4, 8];
/** Of all processes together. */
const CONNECTIONS = 64;

interface Sample {
  readonly cpuMicros: number;
  readonly databaseMicros: number;
  readonly perSecond: number;
}

interface Server {
  readonly running: Running;
  readonly loader: Loader;
}

export async function run({ quick, rounds, requests }: Options): Promise<number> {
  const turns = rounds ?? (quick ? 1 : 5);
  const count = requests ?? (quick ? 512 : 2048);
  const databases = createDatabases();
  const pinned = stepAside();
  const rows: string[][] = [];
  try {
    for (const name of NAMES) {
      for (const processes of PROCESSES) {
        process.stderr.write(`• ${name}: ${processes} processes\n`);
        rows.push(await rowOf(name, processes, databases, turns, count));
      }
    }
  } finally {
    await databases.stop();
  }
  console.log(`${machine()}, ${pinned}; all processes share one core.`);
  console.log(
    `Medians of ${turns} rounds of ${count} requests, ${CONNECTIONS} connections in all.\n`,
  );
  const heads = ["processes", "first, CPU µs", "database, µs", "a second"];
  console.log(
    table(["", ...heads, "duplicate elsewhere, CPU µs", "database, µs", "a second"], rows),
  );
  return 0;
}

async function rowOf(
  name: string,
  processes: number,
  databases: Databases,
  turns: number,
  count: number,
): Promise<string[]> {
  const contestant = contestantNamed(name);
  const database = await databases.of(contestant.place);
  const same: Databases = { ...databases, of: async () => database };
  const servers: Server[] = [];
  const firsts: Sample[] = [];
  const agains: Sample[] = [];
  try {
    while (servers.length < processes) {
      const running = await start(contestant, same);
      servers.push({ running, loader: loaderOf(running.port, CONNECTIONS / processes) });
    }
    for (let turn = 0; turn <= turns; turn++) {
      const answers = servers.map((): Answers => new Map());
      const answersOf = (index: number): Answers => answers[index % processes] ?? new Map();
      const first = await sample(servers, count, count, ({ loader }, index) =>
        loader.first(count / processes, answersOf(index)),
      );
      const again = await sample(servers, count, 0, ({ loader }, index) =>
        loader.again(contestant, answersOf(index + 1)),
      );
      if (turn > 0) {
        firsts.push(first);
        agains.push(again);
      }
    }
  } finally {
    for (const { loader, running } of servers) {
      await loader.close();
      await running.stop();
    }
  }
  const cells = [firsts, agains].flatMap((samples) => [
    shown(medianOf(samples.map(({ cpuMicros }) => cpuMicros)), 0),
    shown(medianOf(samples.map(({ databaseMicros }) => databaseMicros)), 0),
    shown(medianOf(samples.map(({ perSecond }) => perSecond)), 0),
  ]);
  return [name, String(processes), ...cells];
}

/** Throws when the handlers of all processes together did not run as often as they have to. */
async function sample(
  servers: readonly Server[],
  count: number,
  executions: number,
  load: (server: Server, index: number) => Promise<unknown>,
): Promise<Sample> {
  const before = await used(servers);
  const begun = performance.now();
  await Promise.all(servers.map(load));
  const elapsedMs = performance.now() - begun;
  const after = await used(servers);
  const ran = after.executions - before.executions;
  if (ran !== executions) throw new Error(`handlers ran ${ran} times instead of ${executions}`);
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / count,
    databaseMicros: (after.databaseMicros - before.databaseMicros) / count,
    perSecond: (count / elapsedMs) * 1000,
  };
}

async function used(servers: readonly Server[]) {
  const all = await Promise.all(servers.map(({ running }) => running.used()));
  const sum = (figure: (each: (typeof all)[number]) => number) =>
    all.reduce((total, each) => total + figure(each), 0);
  return {
    cpuMicros: sum((each) => each.cpuMicros),
    executions: sum((each) => each.executions),
    // All of them share it.
    databaseMicros: all[0]?.databaseMicros ?? Number.NaN,
  };
}
