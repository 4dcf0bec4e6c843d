/** Random histories of the memory store, and of stores that are known to be wrong. */
import { rejects } from "node:assert/strict";
import { test } from "node:test";
import { soundSubject } from "../broken/broken.ts";
import { brokenClaims } from "../broken/claims.ts";
import { brokenWrites } from "../broken/writes.ts";
import { holdToReference, modelRuns } from "./model.ts";

modelRuns("memory", soundSubject);

/** What one caller with short results and two keys cannot see, or not soon. */
const BEYOND = [
  "reads, and writes a moment later",
  "looks at the state, and releases a moment later",
  "finds the record by the token alone",
  "resolves without the token",
  "forgets whatever is in doubt, under any token",
  "looks whether it is in doubt, and forgets a moment later",
  "keeps half of the label",
  "keeps the first 64 KiB of a result",
  "keeps the whole buffer of which the result is a view",
];

for (const { name, makeSubject } of [...brokenClaims, ...brokenWrites]) {
  if (BEYOND.includes(name)) continue;
  test(`the reference does not explain a store that ${name}`, async () => {
    const held = holdToReference(makeSubject, { runs: 3000, commandsMax: 40 });
    await rejects(held, /Counterexample/);
  });
}
