/** The reaper: everything that has expired, round after round, until it is stopped. */
import { deepEqual, throws } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { startReaper } from "../../src/core/reaper.ts";

const EVERY_MS = 1_000;

/** What it asked for in each round, of an inspector that gives these answers, and then 0. */
function world({ mock }: TestContext, answers: readonly (number | Error)[]) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const left = [...answers];
  const errors: unknown[] = [];
  let asked: number[] = [];
  const reap = async (limit: number) => {
    asked.push(limit);
    const answer = left.shift() ?? 0;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const onError = (error: unknown) => errors.push(error);
  const stop = startReaper({ reap }, { everyMs: EVERY_MS, batch: 2, onError });
  return {
    errors,
    stop,
    async round() {
      asked = [];
      mock.timers.tick(EVERY_MS);
      await turn();
      return asked;
    },
  };
}

test("a round goes on while batches are full, and then the next one comes", async (context) => {
  const { round } = world(context, [2, 2, 1, 2, 0, 1]);
  deepEqual(await round(), [2, 2, 2]);
  deepEqual(await round(), [2, 2]);
  deepEqual(await round(), [2]);
});

test("a round that fails is told of, and the next one tries again", async (context) => {
  const away = new Error("away");
  const { round, errors } = world(context, [2, away, 1]);
  deepEqual([await round(), errors], [[2, 2], [away]]);
  deepEqual([await round(), errors], [[2], [away]]);
});

test("what was stopped asks no more", async (context) => {
  const { round, stop } = world(context, [1]);
  deepEqual(await round(), [2]);
  stop();
  deepEqual(await round(), []);
});

for (const { wrong, says } of [
  // A timer of more than 24.8 days fires at once, and then again, and again.
  { wrong: { everyMs: 2 ** 31 }, says: /`everyMs`.*2147483647/ },
  { wrong: { everyMs: 0 }, says: /`everyMs`/ },
  { wrong: { batch: 0 }, says: /`batch`/ },
  { wrong: { every: 1 }, says: /no option `every`/ },
]) {
  test(`a wrong option is refused by name: ${JSON.stringify(wrong)}`, () => {
    const reap = async () => 0;
    throws(() => startReaper({ reap }, wrong as never), { name: "TypeError", message: says });
  });
}
