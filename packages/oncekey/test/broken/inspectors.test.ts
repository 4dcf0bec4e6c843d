/** Each inspector that is wrong in one way fails the case written for it. */
import { test } from "node:test";
import { inspectorCases } from "../../src/conformance/index.ts";
import { failsItsCase } from "./broken.ts";
import { brokenInspectors } from "./inspectors.ts";

for (const one of brokenInspectors) {
  test(`an inspector that ${one.name} fails: ${one.fails}`, () =>
    failsItsCase(inspectorCases, one));
}
