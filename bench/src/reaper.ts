/**
 * A reaper beside new keys that come at a fixed rate, whether the store keeps up or not: what it
 * does to the time of a claim and completion, and whether it removes as much as comes.
 */
import { setTimeout as pause } from "node:timers/promises";
import { startReaper } from "oncekey";
import { complete, leaseOf, requestOf } from "./callers.ts";
import { machine, stepAside, stepIn } from "./cores.ts";
import { quantileOf, shown, table } from "./figures.ts";
import { type Filled, type GroundKind, kindsOf, openGround } from "./grounds/ground.ts";
import type { Options } from "./options.ts";

const KINDS: readonly GroundKind[] = ["sqlite", "postgres"];
const PER_SECOND = 5_000;
const TICK_MS = 2;
/** Records that lie there and do not expire meanwhile. */
const BACKGROUND = 100_000;
/** So that what comes is soon to be reaped. */
const RETENTION_MS = 2_000;
const REAP_EVERY_MS = 1_000;
/** More that are on their way: the store does not keep up, and would never. */
const BACKLOG_MAX = 50_000;

interface Stream {
  /** From when it was due, in ms. */
  readonly latencies: readonly number[];
  readonly perSecond: number;
}

export async function run({ quick, only, seconds }: Options): Promise<number> {
  const lastsMs = (seconds ?? (quick ? 5 : 30)) * 1000;
  const rows: string[][] = [];
  const pinned = stepAside();
  for (const kind of kindsOf(only, KINDS)) {
    const ground = await openGround(kind);
    try {
      stepIn();
      rows.push(...(await measured(kind, await ground.fill(BACKGROUND), lastsMs)));
    } finally {
      await ground.stop();
      stepAside();
    }
  }
  console.log(
    `${machine()}, ${pinned}; ${PER_SECOND} new keys a second are due, ${lastsMs / 1000} s`,
  );
  console.log(`each; retention ${RETENTION_MS / 1000} s, over ${BACKGROUND} records that stay.\n`);
  const heads = ["came, a second", "p50, ms", "p99, ms", "p99 to usual", "reaped, a second"];
  console.log(table(["", ...heads, "expired and left"], rows));
  return 0;
}

async function measured(kind: GroundKind, filled: Filled, lastsMs: number): Promise<string[][]> {
  const { store } = filled;
  // Warm, and out of the way.
  await stream(filled, Math.min(lastsMs, 3_000));
  const usual = await stream(filled, lastsMs);
  // What came until now is not the reaper's to catch up with.
  await pause(RETENTION_MS);
  while ((await store.reap(1_000)) > 0);

  let reaped = 0;
  const begun = performance.now();
  const stop = startReaper(
    {
      async reap(limit) {
        const count = await store.reap(limit);
        reaped += count;
        return count;
      },
    },
    { everyMs: REAP_EVERY_MS },
  );
  const beside = await stream(filled, lastsMs);
  stop();
  const seconds = (performance.now() - begun) / 1000;
  let left = 0;
  for (let count = await store.reap(1_000); count > 0; count = await store.reap(1_000))
    left += count;

  const row = (name: string, each: Stream, more: readonly string[]) => {
    const p99 = quantileOf(each.latencies, 0.99);
    return [
      ...[`${kind}, ${name}`, shown(each.perSecond, 0), shown(quantileOf(each.latencies, 0.5), 2)],
      ...[shown(p99, 2), shown(p99 / quantileOf(usual.latencies, 0.99), 2), ...more],
    ];
  };
  return [
    row("nothing reaped", usual, ["", ""]),
    row("beside the reaper", beside, [shown(reaped / seconds, 0), String(left)]),
  ];
}

/** Claims and completions when they are due. Each one's time begins then, not when it is asked. */
async function stream({ store }: Filled, lastsMs: number): Promise<Stream> {
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  let asked = 0;
  async function ask(dueAt: number): Promise<void> {
    const lease = leaseOf(await store.claim(requestOf(RETENTION_MS)));
    await complete(store, lease);
    latencies.push(performance.now() - dueAt);
  }
  for (let now = begun; now - begun < lastsMs; now = performance.now()) {
    for (const due = ((now - begun) / 1000) * PER_SECOND; asked < due; asked++) {
      const call = ask(begun + (asked / PER_SECOND) * 1000);
      open.add(call);
      void call.finally(() => open.delete(call)).catch(() => {});
    }
    if (open.size > BACKLOG_MAX) break;
    await pause(TICK_MS);
  }
  await Promise.all(open);
  return { latencies, perSecond: (asked / (performance.now() - begun)) * 1000 };
}
