/** The suite is tested too: each store that is wrong in one way fails the case written for it. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { corruptionCases, storeCases } from "../../src/conformance/index.ts";
import { register } from "../register.ts";
import { fullCases } from "../stores/full.ts";
import { failsItsCase } from "./broken.ts";
import { brokenClaims } from "./claims.ts";
import { brokenCorruptions, brokenLimits, corruptible } from "./limits.ts";
import { brokenWrites } from "./writes.ts";

const brokenStores = [...brokenClaims, ...brokenWrites];

for (const one of brokenStores) {
  test(`a store that ${one.name} fails: ${one.fails}`, () => failsItsCase(storeCases, one));
}
for (const one of brokenCorruptions) {
  test(`a store that ${one.name} fails: ${one.fails}`, () => failsItsCase(corruptionCases, one));
}
for (const one of brokenLimits) {
  test(`a store that ${one.name} fails: ${one.fails}`, () => failsItsCase(fullCases, one));
}

// The same store, unbroken: what its cases notice above is what is broken, and nothing else.
register(corruptionCases, () => corruptible("throws", "throws"));

for (const { name, run } of storeCases) {
  // A case that nothing can break promises nothing.
  test(`some broken store fails: ${name}`, async () => {
    let failures = 0;
    for (const { makeSubject } of brokenStores) {
      failures += await run(makeSubject()).then(
        () => 0,
        () => 1,
      );
      if (failures > 0) break;
    }
    equal(failures, 1);
  });
}
