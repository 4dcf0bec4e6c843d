/** A short race against what was recorded: what is a change for the worse, and what is a mood. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { Race, Raced } from "../src/race.ts";
import { check, recordedRatios } from "../src/recorded.ts";

/** A race in which everybody costs what was recorded, times a factor. */
const raced =
  (factor: number) =>
  async (race: Race): Promise<Raced> => {
    const recorded = recordedRatios();
    const sample = (cpuMicros: number) => ({
      ...{ cpuMicros, databaseMicros: undefined, trips: 0, commits: 0 },
      ...{ perSecond: 1, p50: 1, p99: 1 },
    });
    const results = race.contestants.map((contestant) => {
      const { first, again } = recorded[contestant.name] ?? {
        first: 1 / factor,
        again: 1 / factor,
      };
      const round = { first: sample(100 * first * factor), again: sample(100 * again * factor) };
      return { contestant, rounds: [round, round, round] };
    });
    return { results, ran: 3, pinned: "" };
  };

test("what costs as much as recorded passes, and what costs twice as much does not", async () => {
  equal(await check(raced(1)), 0);
  equal(await check(raced(2)), 1);
});

test("what is dear once and not again has been the machine's mood", async () => {
  let races = 0;
  const moody = (race: Race) => raced(races++ === 0 ? 2 : 1)(race);
  equal(await check(moody), 0);
  equal(races, 2);
});
