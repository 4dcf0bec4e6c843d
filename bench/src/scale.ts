/**
 * What a claim costs over a thousand records, and over ten million: stores of all sizes side by
 * side, asked in turns, so that each ratio is of one run.
 */
import type { Claim, ClaimRequest, Lease } from "oncekey";
import { type Called, callAll, complete, leaseOf, requestOf } from "./callers.ts";
import { machine, stepAside, stepIn } from "./cores.ts";
import { medianOf, shown, table } from "./figures.ts";
import {
  type Filled,
  type Ground,
  type GroundKind,
  kindsOf,
  openGround,
  RESULT_BYTES,
} from "./grounds/ground.ts";
import type { Options } from "./options.ts";
import { writePlot } from "./plot.ts";

const KINDS: readonly GroundKind[] = ["sqlite", "postgres", "redis"];
const FROM = 1_000;
const TO = 10_000_000;
const QUICK_TO = 100_000;
const CALLERS = 64;

/** What is done to each size in each round. */
interface Round {
  readonly claims: Called;
  readonly completions: Called;
  readonly duplicates: Called;
  readonly alone: Called;
}

interface Sized {
  readonly filled: Filled;
  readonly rounds: Round[];
}

export async function run(options: Options): Promise<number> {
  const { quick, only, to = quick ? QUICK_TO : TO } = options;
  const { rounds = quick ? 3 : 9, requests = quick ? 500 : 2000 } = options;
  for (const kind of kindsOf(only, KINDS)) {
    const pinned = stepAside();
    const ground = await openGround(kind);
    try {
      const sizes = await filledTo(kind, ground, to);
      stepIn();
      for (let turn = 0; turn <= rounds; turn++) {
        process.stderr.write(`• ${kind}: round ${turn} of ${rounds}\n`);
        for (const { filled, rounds } of sizes) {
          const round = await roundOf(filled, ground.pid, requests);
          if (turn > 0) rounds.push(round);
        }
      }
      console.log(`## ${kind}: claims over more and more records\n`);
      console.log(`${machine()}, ${pinned}; medians of ${rounds} rounds of ${requests} calls;`);
      console.log(`records with answers of ${RESULT_BYTES} bytes.\n`);
      console.log(`${reportOf(sizes)}\n`);
      plot(kind, sizes, options);
    } finally {
      await ground.stop();
    }
  }
  return 0;
}

async function filledTo(kind: GroundKind, ground: Ground, to: number): Promise<readonly Sized[]> {
  const sizes: Sized[] = [];
  for (let size = FROM; size <= to; size *= 10) {
    const begun = performance.now();
    sizes.push({ filled: await ground.fill(size), rounds: [] });
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stderr.write(`• ${kind}: ${size} records in ${seconds} s\n`);
  }
  return sizes;
}

/** New keys by 64 callers and by one, and duplicates; what was new is gone at the end of it. */
async function roundOf(
  { store, sample }: Filled,
  pid: number | undefined,
  count: number,
): Promise<Round> {
  const leases: Lease[] = [];
  const claiming = (requests: readonly ClaimRequest[], hear: (claim: Claim) => void) =>
    requests.map((request) => async () => hear(await store.claim(request)));
  const fresh = (many: number) => Array.from({ length: many }, () => requestOf(1));
  const taken = (claim: Claim) => {
    if (claim.outcome !== "taken") throw new Error("A record that was there was not found.");
  };
  const known = (await sample(count)).map((id) => requestOf(1, id));
  const keep = (claim: Claim) => leases.push(leaseOf(claim));

  const claims = await callAll(claiming(fresh(count), keep), CALLERS, pid);
  const alone = await callAll(claiming(fresh(Math.ceil(count / 8)), keep), 1, pid);
  const duplicates = await callAll(claiming(known, taken), CALLERS, pid);
  const completing = leases.map((lease) => () => complete(store, lease));
  const completions = await callAll(completing, CALLERS, pid);
  while ((await store.reap(1_000)) > 0);
  return { claims, completions, duplicates, alone };
}

const FIGURES = {
  "claim, CPU µs": ({ claims }) => claims.cpuMicros,
  "database, µs": ({ claims }) => claims.databaseMicros,
  "p99, ms": ({ claims }) => claims.p99,
  "one caller, p50 ms": ({ alone }) => alone.p50,
  "completion, CPU µs": ({ completions }) => completions.cpuMicros,
  "its database, µs": ({ completions }) => completions.databaseMicros,
  "duplicate, CPU µs": ({ duplicates }) => duplicates.cpuMicros,
  "database of it, µs": ({ duplicates }) => duplicates.databaseMicros,
} satisfies Readonly<Record<string, (round: Round) => number | undefined>>;

const medianIn = ({ rounds }: Sized, figure: (round: Round) => number | undefined): number =>
  medianOf(rounds.map((round) => figure(round) ?? Number.NaN));

/** What the goal is about: the processor's time for a claim, wherever it is spent. */
const claimMicros = ({ claims }: Round): number => claims.cpuMicros + (claims.databaseMicros ?? 0);

function reportOf(sizes: readonly Sized[]): string {
  const [smallest] = sizes;
  const rows = sizes.map((sized) => {
    const ratios = sized.rounds.map((round, index) => {
      const base = smallest?.rounds[index];
      return claimMicros(round) / (base === undefined ? Number.NaN : claimMicros(base));
    });
    return [
      sized.filled.size.toLocaleString("en"),
      ...Object.values(FIGURES).map((figure) => {
        const value = medianIn(sized, figure);
        return shown(value, value < 10 ? 2 : 0);
      }),
      shown(medianOf(ratios), 2),
      shown(sized.filled.bytes, 0),
    ];
  });
  const over = `claim to ${FROM.toLocaleString("en")}`;
  return table(["records", ...Object.keys(FIGURES), over, "bytes a record"], rows);
}

function plot(kind: GroundKind, sizes: readonly Sized[], options: Options): void {
  const line = (name: string, figure: (round: Round) => number | undefined) => ({
    name,
    points: sizes.map((sized) => [sized.filled.size, medianIn(sized, figure)] as const),
  });
  writePlot(options, `scale-${kind}`, {
    title: `${kind}: a claim over more and more records`,
    x: "records",
    y: "µs",
    lines: [
      line("claim: application's processor", FIGURES["claim, CPU µs"]),
      line("claim: database's processor", FIGURES["database, µs"]),
      line("one caller: time of a claim", ({ alone }) => alone.p50 * 1000),
    ],
  });
}
