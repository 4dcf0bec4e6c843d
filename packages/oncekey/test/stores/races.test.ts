/** Races over the memory store, and over stores that are known to lose them. */
import { ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { soundSubject } from "../broken/broken.ts";
import { brokenClaims } from "../broken/claims.ts";
import { brokenWrites } from "../broken/writes.ts";
import { holdUnderRaces } from "./races.ts";

test("one owner a token, one effect, one answer, and no stale write, in whatever order", () =>
  holdUnderRaces(soundSubject, 400));

const LOSERS = [
  "reads, and writes a moment later",
  "remembers the nonce of an owner that was followed",
  "follows a record in doubt",
  "restarts its token count after a release",
  "completes without the token",
  "releases without the token",
  "renews without the token",
  "lets a completion that is made again overwrite the first",
  "looks at the token, and completes a moment later",
  "forgets without asking whether it is in doubt",
  "resolves what is still running",
];

for (const loser of LOSERS) {
  test(`some order shows a store that ${loser}`, async () => {
    const found = [...brokenClaims, ...brokenWrites].find(({ name }) => name === loser);
    ok(found !== undefined);
    await rejects(holdUnderRaces(found.makeSubject, 3000), /Counterexample/);
  });
}
