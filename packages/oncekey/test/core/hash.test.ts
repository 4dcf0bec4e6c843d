/** Our own SHA-256 against the platform's. */
import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { ownHash, platformHash, sha256 } from "../../src/core/hash.ts";

test("the empty message and `abc` have the digests of FIPS 180-4", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  for (const hash of [ownHash, platformHash()]) {
    equal(hash(), empty);
    equal(hash(new TextEncoder().encode("abc")), abc);
    equal(hash(new TextEncoder().encode("a"), "bc"), abc);
  }
});

test("every length around a block gives the platform's digest", () => {
  for (let length = 0; length <= 200; length++) {
    const message = new Uint8Array(length).map((_, index) => index * 7);
    deepEqual([...sha256(message)], [...createHash("sha256").update(message).digest()]);
  }
});

test("any parts, bytes or text, give the digest of their concatenation", () => {
  const bytes = fc.uint8Array({ maxLength: 100 });
  const text = fc.string({ unit: "binary", maxLength: 100 });
  fc.assert(
    fc.property(fc.array(fc.oneof(bytes, text), { maxLength: 5 }), (parts) => {
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
      const digest = createHash("sha256").update(whole).digest("hex");
      for (const hash of [ownHash, platformHash()]) equal(hash(...parts), digest);
    }),
  );
});

test("parts of any length, gathered or not, give one digest", () => {
  const hash = platformHash();
  for (const length of [16_383, 16_384, 16_385, 100_000]) {
    const part = new Uint8Array(length).map((_, index) => index);
    const digest = createHash("sha256").update("é").update(part).digest("hex");
    equal(hash("é", part), digest);
    equal(hash(part), createHash("sha256").update(part).digest("hex"));
  }
});
