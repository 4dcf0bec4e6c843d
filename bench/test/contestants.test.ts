/** Every contestant starts and answers rightly, so that the bench cannot rot. */
import { equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { CONTESTANTS } from "../src/contestants.ts";
import { loaderOf } from "../src/load.ts";
import { round } from "../src/measure.ts";
import { start } from "../src/running.ts";

/** Most of a start is waiting for a database to be made. */
const AT_ONCE = 6;

describe("each contestant", { concurrency: AT_ONCE }, () => {
  for (const contestant of CONTESTANTS) {
    test(`${contestant.name} answers a request, and its duplicate as it has to`, async (context) => {
      const running = await start(contestant);
      context.after(() => running.stop());
      const loader = loaderOf(running.port, 1);
      context.after(() => loader.close());
      await round(running, loader, 1);
      const { executions } = await running.used();
      equal(executions, contestant.kind === "bare" ? 2 : 1);
    });
  }
});
