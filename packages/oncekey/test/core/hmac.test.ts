/** HMAC-SHA256 against the platform's own, and against the vectors of RFC 4231. */
import { equal } from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { hmac } from "../../src/core/hmac.ts";
import { platform } from "../../src/core/ports.ts";

function check(name: string, key: Uint8Array, text: string, expected: string): void {
  test(name, () => equal(hmac(key, [Buffer.from(text)], platform), expected));
}

check(
  "RFC 4231, case 2: a short key",
  Buffer.from("Jefe"),
  "what do ya want for nothing?",
  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
);
check(
  "RFC 4231, case 6: a key longer than a block is hashed first",
  Buffer.alloc(131, 0xaa),
  "Test Using Larger Than Block-Size Key - Hash Key First",
  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
);

test("any key and parts: as the platform has it over the parts in a row", () => {
  const bytes = fc.uint8Array({ maxLength: 140 });
  fc.assert(
    fc.property(bytes, fc.array(bytes, { maxLength: 4 }), (key, parts) => {
      const theirs = createHmac("sha256", key).update(Buffer.concat(parts)).digest("hex");
      equal(hmac(key, parts, platform), theirs);
    }),
  );
});
