/** JSON compared by what it means; what is doubtful has no canonical text. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { canonicalJson, LEVELS_MAX } from "../../src/http/canonical-json.ts";
import { canonicalValue, VALUE_LEVELS_MAX } from "../../src/http/canonical-value.ts";
import { compilePointers } from "../../src/http/json-pointer.ts";

const utf8 = new TextEncoder();
const canonical = (text: string, ignore: readonly string[] = []): string | undefined =>
  canonicalJson(utf8.encode(text), compilePointers(ignore));

/** All of one family are equal, and no two families are. */
function check(name: string, families: readonly (readonly string[])[]): void {
  test(name, () => {
    const texts = families.map((family) => {
      const [first = "", ...others] = family;
      notEqual(canonical(first), undefined, first);
      for (const other of others) equal(canonical(other), canonical(first), `${other} is ${first}`);
      return canonical(first);
    });
    equal(new Set(texts).size, families.length, "no two families are equal");
  });
}

check("P-40: member order, white space, escapes and spellings of a number do not count", [
  [
    '{"a":1,"b":[true,null]}',
    ' {"b" :\t[ true ,\r\nnull ] , "a": 1.0} ',
    '{"\\u0061":1e0,"b":[true,null]}',
  ],
  ['"/é\\n\\""', '"\\/\\u00e9\\u000a\\u0022"', '"\\/\\u00E9\\n\\""'],
  ['"😀"', '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"'],
  ["[]", " [ ] "],
  ["{}", "{ }"],
  ["0", "-0", "0.0", "-0e5"],
]);

check("P-41: numbers are not rounded", [
  ['{"a":9007199254740992}'],
  ['{"a":9007199254740993}'],
  ['{"a":0.1}', '{"a":0.10}'],
  ['{"a":0.10000000000000001}'],
]);

check("P-42: an absent member, another order of elements, and another composition count", [
  ['{"a":null}'],
  ["{}"],
  ["[1,2]"],
  ["[2,1]"],
  ['"\u00e9"', '"\\u00e9"'],
  ['"e\u0301"'],
  ['"1"'],
  ["1"],
  ['"true"'],
  ["true"],
  ["false"],
  ["null"],
  ["[[]]"],
  ["[{}]"],
  ['{"a":{"b":1}}'],
  ['{"a.b":1}'],
]);

check("P-43, S-15: __proto__ and its like are ordinary names", [
  ['{"__proto__":1}', '{"\\u005f_proto__":1}'],
  ['{"__proto__":2}'],
  ['{"constructor":{"prototype":1}}'],
  ['{"__proto__":{"a":1},"b":2}', '{"b":2,"__proto__":{"a":1}}'],
]);

const DOUBTFUL = [
  ...["", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{,}", '{"a"}', '{"a":}'],
  ...['{"a":1,}', "{a:1}", "{'a':1}", '{"a" 1}', "{1:1}", '{"a":1 "b":2}', "{null:1}"],
  ...["nul", "nulll", "True", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01"],
  ...["1.", ".1", "1e", "1e+", "0x1", "1 2", "1,", "tru e", "[1]x", "{}{}", "1n", "1_0"],
  ...['"', '"a', '"\\"', '"\\x"', '"\\u12"', '"\\u12g4"', '"a\nb"', '"a\tb"', '"\u0000"', "'a'"],
  ...["\ufeff{}", "\u00a01", "[1]\u000b", "//", "/**/1", "{}\u0000"],
];

test("P-43: what does not parse has no canonical text", () => {
  for (const text of DOUBTFUL) equal(canonical(text), undefined, JSON.stringify(text));
});

test("P-43: repeated names have none, however they are written", () => {
  equal(canonical('{"a":1,"a":1}'), undefined);
  equal(canonical('{"a":1,"b":2,"\\u0061":3}'), undefined);
  equal(canonical('[{"x":{"a":1,"a":2}}]'), undefined);
  equal(canonical('{"a":1,"a":2}', ["/a"]), undefined);
  notEqual(canonical('[{"a":1},{"a":1}]'), undefined);
});

test("P-43: lone surrogates and broken UTF-8 have none", () => {
  for (const text of ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud83d":1}', '"\\ud83dx\\ude00"']) {
    equal(canonical(text), undefined, text);
  }
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc3],
  ]) {
    equal(canonicalJson(Uint8Array.from(bytes)), undefined);
  }
});

test("P-43: 100 levels are read, 101 are not, and a million do no harm", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  equal(canonical(nested(LEVELS_MAX)), nested(LEVELS_MAX));
  equal(canonical(nested(LEVELS_MAX + 1)), undefined);
  equal(canonical("[".repeat(1_000_000)), undefined);
  equal(canonical('{"a":'.repeat(200_000)), undefined);
  notEqual(canonical(`${'{"a":'.repeat(LEVELS_MAX)}1${"}".repeat(LEVELS_MAX)}`), undefined);
});

test("P-43: an exponent beyond counting has none", () => {
  equal(canonical('{"a":1e99999999999999999999}'), undefined);
  equal(canonical("1e999999999"), "1e999999999");
});

test("P-48: what a pointer names does not count, present or absent", () => {
  const ignore = ["/sentAt", "/meta/a~1b", "/meta/m~0n", "/items/0/at", "/list/1"];
  const same = (left: string, right: string): void =>
    equal(canonical(left, ignore), canonical(right, ignore), `${left} is ${right}`);
  const apart = (left: string, right: string): void =>
    notEqual(canonical(left, ignore), canonical(right, ignore), `${left} is not ${right}`);
  same('{"a":1,"sentAt":1}', '{"sentAt":{"x":[2]},"a":1}');
  same('{"a":1,"sentAt":1}', '{"a":1}');
  same('{"a":1,"\\u0073entAt":1}', '{"a":1}');
  apart('{"a":1,"sentAt":1}', '{"a":2,"sentAt":1}');
  apart('{"b":{"sentAt":1}}', '{"b":{"sentAt":2}}');
  same('{"meta":{"a/b":1,"m~n":2,"c":3}}', '{"meta":{"c":3}}');
  apart('{"meta":{"a":1}}', '{"meta":{"a":2}}');
  same('{"items":[{"at":1,"n":1}]}', '{"items":[{"at":2,"n":1}]}');
  apart('{"items":[{"at":1},{"at":1}]}', '{"items":[{"at":1},{"at":2}]}');
  same('{"list":[1,2,3]}', '{"list":[1,9,3]}');
  apart('{"list":[1,2,3]}', '{"list":[1,3]}');
  equal(canonical('{"a":1,"sentAt":}', ignore), undefined);
});

test("P-48, S-15: a member is not ignored for having the name of what every object has", () => {
  const ignore = ["/sentAt", "/meta/at"];
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
    const one = `{"${name}":{"name":1,"at":1},"meta":{"${name}":[1]}}`;
    equal(canonical(one, ignore), canonical(one), name);
    notEqual(canonical(one, ignore), canonical(one.replace("[1]", "[2]"), ignore), name);
    equal(canonical(`{"sentAt":{"${name}":1},"a":1}`, ignore), '{"a":1}', name);
  }
});

test("P-44: what a parser made of ordinary JSON has the text of its bytes", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const value: unknown = JSON.parse(text);
      equal(canonical(text), canonicalValue(value));
      equal(canonical(JSON.stringify(value, null, 2)), canonicalValue(value));
    }),
    { numRuns: 500 },
  );
});

/** Values of few kinds and names, so that two of them are often equal but for their order. */
const value = fc.jsonValue({ maxDepth: 3 });
const alike: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(0, 1, "1", "", null, true, 0.5),
    fc.array(tie("node"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), tie("node"), {
      maxKeys: 2,
    }),
  ),
})).node;

test("P-40, P-42: two texts are equal exactly when what JSON.parse makes of them is", () => {
  const bySpelling = (node: unknown): string => JSON.stringify(node) ?? "";
  fc.assert(
    fc.property(fc.oneof(alike, value), fc.oneof(alike, value), (left, right) => {
      const texts = [bySpelling(left), bySpelling(right)] as const;
      const [one, other] = texts.map((text): unknown => JSON.parse(text));
      equal(canonical(texts[0]) === canonical(texts[1]), isDeepStrictEqual(one, other));
    }),
    { numRuns: 2_000 },
  );
});

test("P-40: the members of any object may come in any order", () => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 1 })), {
    selector: ([name]) => name,
    maxLength: 6,
  });
  const shuffled = members.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  const text = (list: readonly (readonly [string, unknown])[]): string =>
    `{${list.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`).join()}}`;
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      equal(canonical(text(one)), canonical(text(other)));
      notEqual(canonical(text(one)), undefined);
    }),
  );
});

test("P-43: any bytes have a text or none, and only what JSON.parse takes has one", () => {
  const soup = fc.string({
    unit: fc.constantFrom(...'{}[]":,\\ue-+.019 \ntrufalsn'),
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (text) => {
      const bytes = utf8.encode(text);
      const result = canonicalJson(bytes);
      if (result === undefined) return;
      JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }),
    { numRuns: 5_000 },
  );
});

test("P-44: values that no parser of JSON makes are not compared", () => {
  class Money {}
  const hidden = [new Map([["a", 1]]), new Date(0), new Money(), () => 1, Symbol("a"), undefined];
  for (const one of hidden) {
    equal(canonicalValue(one), undefined, String(one));
    equal(canonicalValue({ a: [one] }), undefined, String(one));
  }
  equal(canonicalValue(new Uint8Array(2)), undefined);
});

test("P-44: objects without a prototype, large integers and infinity are compared", () => {
  const bare: unknown = Object.assign(Object.create(null), { a: "1" });
  equal(canonicalValue(bare), '{"a":"1"}');
  equal(canonicalValue(9007199254740993n), "9007199254740993");
  equal(canonicalValue(JSON.parse("1e999")), "Infinity");
  equal(canonicalValue(JSON.parse('"\\ud800"')), '"\\ud800"');
  equal(canonicalValue(JSON.parse('{"__proto__":{"a":1}}')), '{"__proto__":{"a":1}}');
});

test("P-43: a value nested past all sense, or that holds itself, is not compared", () => {
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  notEqual(canonicalValue(nested(VALUE_LEVELS_MAX)), undefined);
  equal(canonicalValue(nested(VALUE_LEVELS_MAX + 1)), undefined);
  const itself: unknown[] = [];
  itself.push(itself, itself);
  equal(canonicalValue(itself), undefined);
});

test("P-48: pointers hold for parsed bodies too", () => {
  const ignore = compilePointers(["/sentAt", "/list/1"]);
  const body = { sentAt: 1, a: 2, list: [1, 2, 3] };
  equal(canonicalValue(body, ignore), canonicalJson(utf8.encode('{"a":2,"list":[1,7,3]}'), ignore));
  deepEqual(body, { sentAt: 1, a: 2, list: [1, 2, 3] });
});
