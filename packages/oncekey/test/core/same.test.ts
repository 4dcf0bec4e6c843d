/** How digests are compared: as long for a near miss as for a far one. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { same } from "../../src/core/same.ts";

/** A digest that counts how much of it was looked at. */
function counted(digest: string): { readonly text: string; read(): number } {
  let read = 0;
  const charCodeAt = (index: number): number => {
    read += 1;
    return digest.charCodeAt(index);
  };
  const text = { length: digest.length, charCodeAt } as unknown as string;
  return { text, read: () => read };
}

const DIGEST = "0123456789abcdef".repeat(4);

test("S-17: wherever two digests differ, all of them is looked at", () => {
  for (let place = 0; place < DIGEST.length; place++) {
    const other = counted(`${DIGEST.slice(0, place)}!${DIGEST.slice(place + 1)}`);
    equal(same(DIGEST, other.text), false, `the digest that differs at ${place}`);
    equal(other.read(), DIGEST.length, `what was read of the digest that differs at ${place}`);
  }
});

test("equal digests are the same, and one of another length is not", () => {
  equal(same(DIGEST, `${DIGEST}`), true);
  equal(same(DIGEST, DIGEST.slice(1)), false);
  equal(same("", ""), true);
});
