/** Each notifier that is wrong in one way fails the case written for it. */

import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { notifierCases } from "../../src/conformance/index.ts";
import { failsItsCase } from "./broken.ts";
import { brokenNotifiers } from "./notifiers.ts";

for (const one of brokenNotifiers) {
  test(`a notifier that ${one.name} fails: ${one.fails}`, async ({ mock }) => {
    // A lost wake-up is noticed when patience ends: the clock is turned instead of waiting for it.
    mock.timers.enable({ apis: ["setTimeout"] });
    const failed = failsItsCase(notifierCases, one);
    for (let turns = 0; turns < 50; turns += 1) {
      await turn();
      mock.timers.tick(1000);
    }
    await failed;
  });
}
