/** A kept result is what was kept, under the record that it was kept for, or it is corrupt. */
import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { unwrap, wrap } from "../../src/core/envelope.ts";
import { platform } from "../../src/core/ports.ts";

const ID = "a".repeat(64);
const RESULT = new Uint8Array(256).map((_, index) => index);
const CORRUPT = { code: "idempotency_record_corrupt" };

test("what was wrapped comes out again", () => {
  deepEqual(unwrap(platform, ID, wrap(platform, ID, RESULT)), RESULT);
  deepEqual(unwrap(platform, ID, wrap(platform, ID, new Uint8Array())), new Uint8Array());
});

test("S-8: every flipped byte, and every missing end, is found", () => {
  const whole = wrap(platform, ID, RESULT);
  for (let index = 0; index < whole.length; index++) {
    const flipped = whole.slice();
    flipped[index] = (flipped[index] ?? 0) ^ 1;
    throws(() => unwrap(platform, ID, flipped), CORRUPT);
    throws(() => unwrap(platform, ID, whole.subarray(0, index)), CORRUPT);
  }
});

test("a result that was moved from another record is found", () => {
  throws(() => unwrap(platform, "b".repeat(64), wrap(platform, ID, RESULT)), CORRUPT);
});
