/** Every contestant starts and answers rightly, so that the bench cannot rot. */
import { equal } from "node:assert/strict";
import { after, describe, test } from "node:test";
import { CONTESTANTS } from "../src/contestants.ts";
import { createDatabases } from "../src/databases.ts";
import { loaderOf } from "../src/load.ts";
import { round } from "../src/measure.ts";
import { start } from "../src/running.ts";

/** Most of a start is waiting, for a process and its modules. */
const AT_ONCE = 4;

/** Calls of the store for a first request and a duplicate, when nobody is there to share them with. */
const TRIPS: Readonly<Record<string, readonly [number, number]>> = {
  "node + Redis": [2, 1],
  "node + Postgres": [2, 1],
};

describe("each contestant", { concurrency: AT_ONCE }, () => {
  const databases = createDatabases();
  after(() => databases.stop());

  for (const contestant of CONTESTANTS) {
    test(`${contestant.name} answers a request, and its duplicate as it has to`, async (context) => {
      const running = await start(contestant, databases);
      context.after(() => running.stop());
      const loader = loaderOf(running.port, 1);
      context.after(() => loader.close());
      await round(running, loader, 1);
      const { executions } = await running.used();
      // Beside the one that begins a turn, and is not measured.
      equal(executions, 1 + (contestant.kind === "bare" ? 2 : 1));
      const trips = TRIPS[contestant.name];
      if (trips === undefined) return;
      // Behind the first one, which meets scripts and statements that are not known yet.
      const { first, again } = await round(running, loader, 1);
      equal(first.trips, trips[0], "claim and completion");
      equal(again.trips, trips[1], "the duplicate, answer included");
    });
  }
});
