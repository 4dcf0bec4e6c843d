/** Queries and forms: only the encoding of characters may differ. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalPairs, fieldValues } from "../../src/http/urlencoded.ts";

const utf8 = new TextEncoder();
const canonical = (form: string, omit?: string): string =>
  Buffer.from(canonicalPairs(utf8.encode(form), omit)).toString("latin1");

/** All of one family are equal, and no two families are. */
function check(name: string, families: readonly (readonly string[])[]): void {
  test(name, () => {
    const texts = families.map((family) => {
      const [first = "", ...others] = family;
      for (const other of others) equal(canonical(other), canonical(first), `${other} is ${first}`);
      return canonical(first);
    });
    equal(new Set(texts).size, families.length, "no two families are equal");
  });
}

check("P-46: the encoding of characters does not count", [
  ["a=1", "%61=1", "a=%31", "%61=%31"],
  ["a=x+y", "a=x%20y", "a=x y"],
  ["a=%C3%A9", "a=%c3%a9", "a=é"],
  ["a=%2B", "a=%2b"],
  ["a=%3D", "a=="],
  ["a=/?:@", "a=%2F%3F%3a%40"],
  ["a=%00", "a=\u0000"],
]);

check("P-46: the pairs and their order do", [
  ["a=1&b=2"],
  ["b=2&a=1"],
  ["a=1&b=2&"],
  ["&a=1&b=2"],
  ["a=1&&b=2"],
  ["a=1%26b=2", "a=1%26b%3D2"],
  ["a%3D1&b=2"],
  ["a&b=2"],
  ["a=&b=2"],
  ["a=1&b=2&b=2"],
  ["A=1&b=2"],
  ["a=1;b=2"],
  [""],
  ["&"],
]);

check("P-46: a percent sign that begins no escape stands for itself", [
  ["a=%", "a=%25"],
  ["a=%zz", "a=%25zz"],
  ["a=%4", "a=%254", "a=%%34"],
  ["a=%26"],
  ["a=%%326", "a=%2526"],
  ["a=%é"],
]);

test("P-14: a field is left out, however its name is encoded, and no other", () => {
  equal(canonical("_key=k1&a=1", "_key"), "a=1");
  equal(canonical("a=1&%5Fkey=k1&b=2", "_key"), "a=1&b=2");
  equal(canonical("a=1&_key", "_key"), "a=1");
  equal(canonical("_key=1&_key=2", "_key"), "");
  equal(canonical("a=_key&_keys=1&x_key=1", "_key"), "a=_key&_keys=1&x_key=1");
  equal(canonical("%C3%A9=1&a=2", "é"), "a=2");
});

test("P-46: a form without escapes is hashed where it lies", () => {
  const form = utf8.encode("a=1&b=2");
  equal(canonicalPairs(form), form);
});

test("P-14, P-15: the values of a field, in their order", () => {
  const values = (form: string): string[] => fieldValues(utf8.encode(form), "_key");
  deepEqual(values("a=1&b=2"), []);
  deepEqual(values("_key=k1"), ["k1"]);
  deepEqual(values("a=1&%5fkey=k%311&_key=a+b"), ["k11", "a b"]);
  deepEqual(values("_key"), [""]);
  deepEqual(values("_key=a=b"), ["a=b"]);
  deepEqual(values("_key=%ff"), ["\ufffd"]);
});

const words = fc.string({
  unit: fc.oneof(fc.constantFrom(..."&=+% é"), fc.string({ minLength: 1 })),
});
const pairs = fc.array(fc.tuple(words, words), { maxLength: 5 });

test("P-46: forms are equal exactly when URLSearchParams reads equal pairs from them", () => {
  const percent = (text: string): string =>
    [...utf8.encode(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  fc.assert(
    fc.property(pairs, pairs, (one, other) => {
      const text = new URLSearchParams(one).toString();
      const spelt = one.map(([name, value]) => `${percent(name)}=${percent(value)}`).join("&");
      equal(canonical(spelt), canonical(text));
      const another = new URLSearchParams(other).toString();
      equal(canonical(another) === canonical(text), another === text);
    }),
  );
});

/** The same reading in other words: the pairs as bytes in hex. */
function reading(form: string): string {
  const decoded = (part: string): string => {
    const bytes = part
      .replaceAll("+", " ")
      .replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      );
    return Buffer.from(bytes, "latin1").toString("hex");
  };
  const pair = (text: string): string => text.split(/=(.*)/s, 2).map(decoded).join("=");
  return form.split("&").map(pair).join("&");
}

test("P-46: forms are equal exactly when their pairs have equal bytes, malformed ones too", () => {
  const unit = fc.constantFrom(..."%&=+ 256aF", "%25", "%26", "%3d", "%2B", "%61", "%ff");
  const form = fc.string({ unit, maxLength: 4 });
  fc.assert(
    fc.property(form, form, (one, other) => {
      equal(canonical(one) === canonical(other), reading(one) === reading(other));
      ok(canonical(one).length <= one.length * 3);
    }),
    { numRuns: 20_000 },
  );
});
