/** Where keys come from: the platform's own randomness, or nowhere. */
import { equal, match, notEqual, throws } from "node:assert/strict";
import { afterEach, test } from "node:test";
import { platform } from "../../src/client/ports.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const own = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
afterEach(() => Object.defineProperty(globalThis, "crypto", own));

/** Until the test ends the page has no more of `crypto` than this. */
const pageWith = (value: unknown): void => {
  Object.defineProperty(globalThis, "crypto", { configurable: true, value });
};

test("C-3: a key is a random UUID, another each time", () => {
  match(platform.key(), UUID);
  notEqual(platform.key(), platform.key());
});

test("C-3, S-27: without TLS there is no randomUUID, and the key is a random UUID all the same", () => {
  const { crypto } = globalThis;
  pageWith({ getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) });
  match(platform.key(), UUID);
  notEqual(platform.key(), platform.key());
  pageWith({ getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff) });
  equal(platform.key(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});

test("C-3, S-27: without any source of randomness there is no key", () => {
  pageWith(undefined);
  throws(() => platform.key(), TypeError);
  pageWith({});
  throws(() => platform.key(), TypeError);
});
