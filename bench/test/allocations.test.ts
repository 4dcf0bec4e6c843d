/** What a request allocates over memory, so that it does not grow unseen: garbage is time too. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { allocatedOverBare, recordedAllocations } from "../src/allocations.ts";

/** More than one Node differs from another, and less than a copy of each body would be. */
const CEILING = 1.5;

test("a request, and a duplicate, allocate not much more over bare than was recorded", async () => {
  const [recorded, found] = [recordedAllocations(), await allocatedOverBare()];
  for (const phase of ["first", "again"] as const) {
    const [was, is] = [recorded[phase], found[phase]];
    ok(is > 0, `${phase}: something is allocated`);
    ok(
      is <= was * CEILING,
      `${phase}: ${is} bytes, and ${was} when \`npm run bench -- memory --record\` was last run`,
    );
  }
});
