/** Our own SHA-256 against the platform's. */
import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { hex } from "../../src/core/bytes.ts";
import { platformHash, sha256 } from "../../src/core/hash.ts";

test("the empty message and `abc` have the digests of FIPS 180-4", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  for (const hash of [sha256, platformHash()]) {
    equal(hex(hash()), empty);
    equal(hex(hash(new TextEncoder().encode("abc"))), abc);
    equal(hex(hash(new TextEncoder().encode("a"), new TextEncoder().encode("bc"))), abc);
  }
});

test("every length around a block gives the platform's digest", () => {
  for (let length = 0; length <= 200; length++) {
    const message = new Uint8Array(length).map((_, index) => index * 7);
    deepEqual([...sha256(message)], [...createHash("sha256").update(message).digest()]);
  }
});

test("any parts give the digest of their concatenation", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (parts) => {
      const whole = createHash("sha256").update(Buffer.concat(parts)).digest();
      deepEqual([...sha256(...parts)], [...whole]);
    }),
  );
});
