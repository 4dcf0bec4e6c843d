/** What a request in flight holds, what a record keeps, and what a request allocates. */
import { Pool } from "undici";
import { allocatedBy, recordAllocations } from "./allocations.ts";
import { BODY } from "./contestant.ts";
import { contestantNamed } from "./contestants.ts";
import { machine } from "./cores.ts";
import { createDatabases, type Databases } from "./databases.ts";
import { medianOf, shown, table } from "./figures.ts";
import { type Answers, loaderOf } from "./load.ts";
import type { Options } from "./options.ts";
import { start } from "./running.ts";

const COLLECTING = ["--expose-gc"];
const CONNECTIONS = 16;
const WARM_UP = 500;

export async function run({
  quick,
  rounds,
  requests,
  record: isRecorded,
}: Options): Promise<number> {
  if (isRecorded) {
    console.log(`recorded: ${JSON.stringify(await recordAllocations())}`);
    return 0;
  }
  const times = rounds ?? (quick ? 1 : 5);
  const databases = createDatabases();
  try {
    const inFlight = requests ?? (quick ? 200 : 2_000);
    const flight = await repeat(times, async () => {
      const bare = await flightBytes("held: node", databases, inFlight);
      return [bare, await flightBytes("held: node + memory", databases, inFlight)] as const;
    });
    const kept = quick ? 2_000 : 20_000;
    const record = await repeat(times, () => recordBytes(databases, kept));
    const bare = await repeat(times, () => allocatedBy("node", databases));
    const ours = await repeat(times, () => allocatedBy("node + memory", databases));

    console.log(`${machine()}; medians of ${times} runs, each in a process of its own.\n`);
    const over = medianOf(flight.map(([without, held]) => held - without));
    const rows = [
      [`a request in flight, bytes over bare (of ${inFlight})`, shown(over, 0)],
      [`a record in memory, bytes beside its answer (of ${kept})`, shown(medianOf(record), 0)],
      ...(["first", "again"] as const).map((phase) => {
        const median = (of: typeof bare) => medianOf(of.map((each) => each[phase]));
        const what = phase === "first" ? "a first request" : "a duplicate";
        const cells = [median(ours), median(ours) - median(bare)].map((bytes) => shown(bytes, 0));
        return [`${what} allocates, bytes (over bare)`, `${cells[0]} (${cells[1]})`];
      }),
    ];
    console.log(table(["", "bytes"], rows));
  } finally {
    await databases.stop();
  }
  return 0;
}

async function repeat<Value>(times: number, measure: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let time = 0; time < times; time++) values.push(await measure());
  return values;
}

/** Bytes for each request whose handler is held, sockets included. */
async function flightBytes(name: string, databases: Databases, count: number): Promise<number> {
  const running = await start(contestantNamed(name), databases, COLLECTING);
  const origin = `http://127.0.0.1:${running.port}`;
  const pool = new Pool(origin, { connections: count, headersTimeout: 0, bodyTimeout: 0 });
  const release = new Pool(origin, { connections: 1 });
  const letGo = async () => (await release.request({ method: "GET", path: "/" })).body.dump();
  /** All at once, until all are let go: what they hold meanwhile. */
  async function held(): Promise<number> {
    const before = await running.used();
    const answers = Array.from({ length: count }, async () => {
      const { body } = await pool.request({
        method: "POST",
        path: "/",
        body: BODY,
        headers: fresh(),
      });
      await body.dump();
    });
    while ((await running.used()).executions < before.executions + count);
    const { used } = await running.memory();
    await letGo();
    await Promise.all(answers);
    return used;
  }
  // The second time finds the sockets open and the code compiled, as a server that runs does.
  await held();
  const { used: idle } = await running.memory();
  const bytes = ((await held()) - idle) / count;
  await Promise.all([pool.close(), release.close()]);
  await running.stop();
  return bytes;
}

const fresh = () => ({
  "content-type": "application/json",
  "idempotency-key": crypto.randomUUID(),
});

async function recordBytes(databases: Databases, count: number): Promise<number> {
  const running = await start(contestantNamed("node + memory"), databases, COLLECTING);
  const loader = loaderOf(running.port, CONNECTIONS);
  await loader.first(WARM_UP, new Map());
  const { used: before } = await running.memory();
  const answers: Answers = new Map();
  await loader.first(count, answers);
  const { used: after } = await running.memory();
  await loader.close();
  await running.stop();
  const kept = [...answers.values()].reduce((sum, answer) => sum + Buffer.byteLength(answer), 0);
  return (after - before - kept) / count;
}
