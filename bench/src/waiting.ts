/**
 * Duplicates that wait in one process for an owner in another: how soon they wake, and what their
 * waiting asks of the store while nothing happens.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { machine, stepAside } from "./cores.ts";
import { createDatabases } from "./databases.ts";
import { medianOf, quantileOf, shown, table } from "./figures.ts";
import type { Options } from "./options.ts";
import { type Party, startParty } from "./party.ts";

const KINDS = ["redis", "postgres"] as const;
type Kind = (typeof KINDS)[number];

/** Waiters of one key, and keys that are waited for by an engine: what one engine bears. */
const PER_KEY = 100;
const KEYS = 10;
const ENGINES = 10;
const ASKED_MS = 20;
/** After this, what a waiter has to do once is done. */
const SETTLED_MS = 3_000;

export async function run({ quick, only, rounds, seconds }: Options): Promise<number> {
  const unknown = only?.find((name) => !KINDS.some((kind) => kind === name));
  if (unknown !== undefined)
    throw new TypeError(`Expected --only redis or postgres, got ${unknown}.`);
  const wakes = rounds ?? (quick ? 20 : 300);
  const idleMs = (seconds ?? (quick ? 3 : 20)) * 1000;
  const pinned = stepAside();
  console.log(`${machine()}, ${pinned};`);
  console.log(
    `${wakes} wakes, each of one waiter; then ${idleMs / 1000} s of waiting without news.\n`,
  );
  const databases = createDatabases();
  const woken: string[][] = [];
  const asked: string[][] = [];
  try {
    for (const kind of KINDS.filter((each) => only === undefined || only.includes(each))) {
      const { address } = await databases.of(kind);
      const parties = await Promise.all([startParty(kind, address), startParty(kind, address)]);
      const [owner, waiter] = parties;
      woken.push(await wakesOf(kind, owner, waiter, wakes));
      asked.push(await idleOf(kind, owner, waiter, [1, 1, 1], idleMs));
      asked.push(await idleOf(kind, owner, waiter, [ENGINES, KEYS, PER_KEY], idleMs));
      for (const party of parties) await party.stop();
    }
  } finally {
    await databases.stop();
  }
  const heads = ["from the action's end, median ms", "p99", "from the owner's answer, median ms"];
  console.log(`${table(["a waiter in another process wakes", ...heads], woken)}\n`);
  console.log(table(["store calls while waiting", "waiters", "keys", "calls", "a second"], asked));
  return 0;
}

/** One key after the other: the owner holds it, a duplicate waits, the owner ends. */
async function wakesOf(kind: Kind, owner: Party, waiter: Party, count: number): Promise<string[]> {
  const fromEnd: number[] = [];
  const fromAnswer: number[] = [];
  for (let wake = 0; wake < count; wake++) {
    const key = randomUUID();
    await owner.hold(key);
    const answered = waiter.wait({ keys: [key], engines: 1, perKey: 1 });
    await waiter.watches(1);
    // It has asked once more then, in case the change had come before it listened.
    await pause(ASKED_MS);
    const { endedAt, answeredAt } = await owner.end(key);
    const [wokenAt = Number.NaN] = await answered;
    fromEnd.push(wokenAt - endedAt);
    fromAnswer.push(wokenAt - answeredAt);
  }
  const cells = [medianOf(fromEnd), quantileOf(fromEnd, 0.99), medianOf(fromAnswer)];
  return [kind, ...cells.map((value) => shown(value, 2))];
}

async function idleOf(
  kind: Kind,
  owner: Party,
  waiter: Party,
  [engines, keysOfEach, perKey]: readonly [number, number, number],
  idleMs: number,
): Promise<string[]> {
  const keys = Array.from({ length: engines * keysOfEach }, () => randomUUID());
  for (const key of keys) await owner.hold(key);
  const answered = waiter.wait({ keys, engines, perKey });
  await waiter.watches(keys.length);
  await pause(SETTLED_MS);
  const before = await waiter.trips();
  await pause(idleMs);
  const calls = (await waiter.trips()) - before;
  for (const key of keys) await owner.end(key);
  const waiters = (await answered).length;
  const perSecond = calls / (idleMs / 1000);
  return [kind, String(waiters), String(keys.length), String(calls), shown(perSecond, 1)];
}
