/**
 * Bodies from nothing to 16 MiB, of requests and of answers, beside a bare server; and the first
 * byte of an answer that is streamed.
 */
import { randomUUID } from "node:crypto";
import { Pool } from "undici";
import { STATUS } from "./contestant.ts";
import { ANSWER_BYTES, PAUSE_MS } from "./contestants/bodies.ts";
import { contestantNamed } from "./contestants.ts";
import { machine, stepAside } from "./cores.ts";
import { createDatabases } from "./databases.ts";
import { medianOf, shown, table } from "./figures.ts";
import type { Options } from "./options.ts";
import { writePlot } from "./plot.ts";
import { type Running, start } from "./running.ts";

const KIB = 1024;
const SIZES = [0, KIB, 16 * KIB, 64 * KIB, 256 * KIB, KIB * KIB, 4 * KIB * KIB, 16 * KIB * KIB];
const NAMES = ["bodies: node", "bodies: node + memory"] as const;
const CONNECTIONS = 4;
/** In each round of a size, of all bodies together. */
const ROUND_BYTES = 64 * KIB * KIB;
const [LEAST, MOST] = [8, 300];
/** Between the first chunk of a streamed answer and its rest. */
const STREAM_MS = 15;

type Direction = "request" | "answer";

interface Server {
  readonly running: Running;
  readonly pool: Pool;
}

export async function run(options: Options): Promise<number> {
  const { quick, rounds = quick ? 1 : 5 } = options;
  const databases = createDatabases();
  const pinned = stepAside();
  console.log(`${machine()}, ${pinned}; medians of ${rounds} rounds,`);
  console.log(
    `${CONNECTIONS} connections. CPU of the server for each request, with a fresh key.\n`,
  );
  const servers: Server[] = [];
  try {
    for (const name of NAMES) {
      const running = await start(contestantNamed(name), databases);
      const origin = `http://127.0.0.1:${running.port}`;
      servers.push({ running, pool: new Pool(origin, { connections: CONNECTIONS }) });
    }
    for (const direction of ["request", "answer"] as const) {
      await measure(direction, servers, rounds, options);
    }
    console.log(await firstBytes(servers, quick ? 20 : 200));
  } finally {
    for (const { running, pool } of servers) {
      await pool.close();
      await running.stop();
    }
    await databases.stop();
  }
  return 0;
}

async function measure(
  direction: Direction,
  servers: readonly Server[],
  rounds: number,
  options: Options,
): Promise<void> {
  const costs: { readonly size: number; readonly medians: readonly number[] }[] = [];
  for (const size of SIZES) {
    const count = Math.min(MOST, Math.max(LEAST, Math.floor(ROUND_BYTES / Math.max(size, 1))));
    const micros = servers.map((): number[] => []);
    for (let turn = 0; turn <= rounds; turn++) {
      for (const [index, server] of servers.entries()) {
        const cost = await costOf(server, direction, size, count);
        if (turn > 0) micros[index]?.push(cost);
      }
    }
    costs.push({ size, medians: micros.map(medianOf) });
  }
  const rows = costs.map(({ size, medians: [bare = Number.NaN, ours = Number.NaN] }) => [
    sizeOf(size),
    ...[shown(bare, 0), shown(ours, 0), shown(ours - bare, 0), shown(ours / bare, 2)],
    size === 0 ? "" : shown((ours - bare) / (size / KIB), 2),
  ]);
  const heads = ["bare, CPU µs", "oncekey, memory", "over bare", "to bare", "over bare for a KiB"];
  console.log(`${table([`bytes of the ${direction}`, ...heads], rows)}\n`);
  writePlot(options, `bodies-${direction}`, {
    title: `What the ${direction}'s size costs the server's processor`,
    ...{ x: "bytes (without the empty one)", y: "µs" },
    lines: ["bare", "oncekey, memory store"].map((name, index) => ({
      name,
      points: costs.map(({ size, medians }) => [size, medians[index] ?? Number.NaN] as const),
    })),
  });
}

/** In µs for each request. */
async function costOf(
  { running, pool }: Server,
  direction: Direction,
  size: number,
  count: number,
): Promise<number> {
  const body = Buffer.alloc(direction === "request" ? size : 0, "r");
  const answerBytes = direction === "answer" ? size : 0;
  const left = Array.from({ length: count }).values();
  const before = await running.used();
  const worker = async () => {
    for (const _ of left) {
      const answer = await pool.request({
        ...{ method: "POST", path: "/", body },
        headers: headersOf({ [ANSWER_BYTES]: String(answerBytes) }),
      });
      const { byteLength } = await answer.body.arrayBuffer();
      if (answer.statusCode === STATUS && byteLength === answerBytes) continue;
      throw new Error(`answered ${answer.statusCode} with ${byteLength} bytes`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const after = await running.used();
  return (after.cpuMicros - before.cpuMicros) / count;
}

const headersOf = (more: Readonly<Record<string, string>>) => ({
  "content-type": "application/octet-stream",
  "idempotency-key": randomUUID(),
  ...more,
});

async function firstBytes(servers: readonly Server[], count: number): Promise<string> {
  const times = servers.map((): number[] => []);
  for (let turn = 0; turn < count; turn++) {
    for (const [index, { pool }] of servers.entries()) {
      const asked = performance.now();
      const { body } = await pool.request({
        ...{ method: "POST", path: "/", body: "" },
        headers: headersOf({ [ANSWER_BYTES]: "1024", [PAUSE_MS]: String(STREAM_MS) }),
      });
      let first = Number.NaN;
      for await (const _ of body) if (Number.isNaN(first)) first = performance.now() - asked;
      times[index]?.push(first);
    }
  }
  const [bare = Number.NaN, ours = Number.NaN] = times.map(medianOf);
  const cells = [shown(bare, 2), shown(ours, 2), shown(ours - bare, 2)];
  const heads = ["bare, median ms", "oncekey, memory", "later by, ms"];
  return table(
    [`first byte of an answer whose rest takes ${STREAM_MS} ms`, ...heads],
    [[`${count} answers in turns`, ...cells]],
  );
}

function sizeOf(bytes: number): string {
  if (bytes < KIB) return String(bytes);
  return bytes < KIB * KIB ? `${bytes / KIB} KiB` : `${bytes / KIB / KIB} MiB`;
}
