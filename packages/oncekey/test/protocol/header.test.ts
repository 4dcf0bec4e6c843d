/** The syntax of a key, as a table: what is typed on the left is read as what is on the right. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  CORS_ALLOW_HEADERS,
  CORS_EXPOSE_HEADERS,
  KEY_FIELD_LENGTH_MAX,
  KEY_LENGTH_MAX,
  parseBareKey,
  parseKey,
} from "../../src/protocol/header.ts";

const BLANK = Symbol("blank");
const INVALID = Symbol("invalid");

function check(name: string, rows: readonly (readonly [string, string | symbol])[]): void {
  test(name, () => {
    for (const [field, expected] of rows) {
      const parsed = parseKey(field);
      const seen = parsed.kind === "key" ? parsed.key : parsed.kind;
      const wanted = typeof expected === "string" ? expected : expected.description;
      equal(seen, wanted, `${JSON.stringify(field)} is ${String(expected)}`);
    }
  });
}

check("P-3, P-4: a key with its quotes and a bare one are one key", [
  ['"k1"', "k1"],
  ["k1", "k1"],
  ["  k1\t", "k1"],
  [' "k1" ', "k1"],
  ['"a b"', "a b"],
  [String.raw`a\b`, String.raw`a\b`],
  [String.raw`"a\\b"`, String.raw`a\b`],
]);

check("P-5: escapes are undone, parameters are ignored", [
  [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  [String.raw`"\\\\"`, String.raw`\\`],
  ['"k1";v=1', "k1"],
  ['"k1"; v', "k1"],
  ['"k1";a=1.5;b="x;y\\"";c=tok/en;d=:aGk=:;e=?1;f=@-12;g=%"%c3%a9";*h', "k1"],
  ['"k1";v=', INVALID],
  ['"k1";V=1', INVALID],
  ['"k1";', INVALID],
  ['"k1" ;v=1', INVALID],
  ['"k1";v=1.', INVALID],
  ['"k1";v=1234567890123456', INVALID],
  ['"k1";v=?2', INVALID],
  ['"k1";v="x', INVALID],
]);

check("P-6: a malformed key is invalid", [
  ['"abc', INVALID],
  ['"', INVALID],
  ['"a"b"', INVALID],
  [String.raw`"a\x"`, INVALID],
  [String.raw`"a\"`, INVALID],
  ['"a" b', INVALID],
  ["é", INVALID],
  ['"é"', INVALID],
  ["a\u0000", INVALID],
  ['"a\tb"', INVALID],
  ['"a\u007f"', INVALID],
  ["a\u00a0", INVALID],
]);

check("P-7: a blank key is blank, with its quotes or without", [
  ["", BLANK],
  [" \t ", BLANK],
  ['""', BLANK],
  ['"  "', BLANK],
  ['"";v=1', BLANK],
]);

check("P-8: two keys are invalid, even equal ones", [
  ["k1, k1", INVALID],
  ["k1,k2", INVALID],
  ['"a", "b"', INVALID],
  ['"a","a"', INVALID],
  [", ", INVALID],
  ["k1, ", INVALID],
]);

check("P-9, S-9: 1 to 255 characters, counted without quotes and escapes", [
  ["a", "a"],
  ["a".repeat(255), "a".repeat(255)],
  ["a".repeat(256), INVALID],
  [`"${"a".repeat(255)}"`, "a".repeat(255)],
  [`"${"a".repeat(256)}"`, INVALID],
  [`"${String.raw`\"`.repeat(255)}"`, '"'.repeat(255)],
  [`"${String.raw`\"`.repeat(256)}"`, INVALID],
  [`"k1";v="${"x".repeat(KEY_FIELD_LENGTH_MAX - 9)}"`, "k1"],
  [`"k1";v="${"x".repeat(KEY_FIELD_LENGTH_MAX - 8)}"`, INVALID],
  ["k1".padEnd(KEY_FIELD_LENGTH_MAX + 1), INVALID],
]);

check("P-10: a bare key holds all visible ASCII but four characters", [
  ["a b", INVALID],
  ['a"b', INVALID],
  ["a,b", INVALID],
  ["k1;v=1", INVALID],
]);

test("P-10: and those are the only four", () => {
  const refused = [];
  for (let code = 0; code <= 0x17f; code++) {
    const character = String.fromCharCode(code);
    const isVisible = code >= 0x20 && code <= 0x7e;
    const { kind } = parseKey(`a${character}b`);
    if (isVisible && kind !== "key") refused.push(character);
    if (!isVisible) equal(kind, "invalid", `U+${code.toString(16)}`);
  }
  deepEqual(refused, [" ", '"', ",", ";"]);
});

check("P-11, P-12: case counts, and nothing is asked of a key but its length", [
  ["ABC", "ABC"],
  ["abc", "abc"],
  ["1", "1"],
  ['"17293822569102704640"', "17293822569102704640"],
]);

check("P-71: odd keys are keys like any other", [
  ["../x", "../x"],
  ["*", "*"],
  ["'drop", "'drop"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["%".repeat(255), "%".repeat(255)],
]);

test("P-14: a form field holds a bare key, without quotes", () => {
  deepEqual(parseBareKey("k1"), { kind: "key", key: "k1" });
  deepEqual(parseBareKey(" k1 "), { kind: "key", key: "k1" });
  deepEqual(parseBareKey('"k1"'), { kind: "invalid" });
  deepEqual(parseBareKey("a b"), { kind: "invalid" });
  deepEqual(parseBareKey(" "), { kind: "blank" });
  deepEqual(parseBareKey("a".repeat(256)), { kind: "invalid" });
});

/** Characters that decide something, mixed with any others. */
const field = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'"\\;,= abz*1.?@:%-'), maxLength: 40 }),
  fc.string({ unit: "binary" }),
);

test("S-9: any field is a key of 1 to 255 visible characters, blank or invalid, never an exception", () => {
  fc.assert(
    fc.property(field, (value) => {
      const parsed = parseKey(value);
      if (parsed.kind !== "key") return ["blank", "invalid"].includes(parsed.kind);
      return /^[ -~]{1,255}$/.test(parsed.key) && parsed.key.trim() !== "";
    }),
    { numRuns: 2_000 },
  );
});

test("P-4: every key reads back from its quoted form, and from its bare form when that is legal", () => {
  const keys = fc.stringMatching(/^[!-~]([ -~]{0,253}[!-~])?$/);
  fc.assert(
    fc.property(keys, (key) => {
      const quoted = `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      deepEqual(parseKey(quoted), { kind: "key", key });
      // With a quote in front it would be another key in its quotes.
      if (key.startsWith('"')) return;
      if (/[ ",;]/.test(key)) equal(parseKey(key).kind, "invalid");
      else deepEqual(parseKey(key), { kind: "key", key });
    }),
  );
});

test("S-14: a field that is too long is refused unread, whatever it repeats", () => {
  for (const unit of ['"', "\\", " ", '\\"', ';a="', ";", '";a=1']) {
    equal(parseKey(`"${unit.repeat(1_000_000)}`).kind, "invalid");
    equal(parseBareKey(unit.repeat(1_000_000)).kind, "invalid");
  }
});

test("P-136: the lists for CORS name what a page sends, and what it reads", () => {
  deepEqual(CORS_ALLOW_HEADERS, ["Idempotency-Key"]);
  deepEqual(CORS_EXPOSE_HEADERS, [
    "Idempotent-Replayed",
    "Idempotency-Key",
    "Retry-After",
    "Location",
  ]);
  ok(KEY_LENGTH_MAX < KEY_FIELD_LENGTH_MAX);
});
