/** What makes two requests the same: P-37 to P-49, one pair of requests a line. */
import { equal, match, notEqual, throws } from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { platform } from "../../src/core/ports.ts";
import {
  compileFingerprint,
  type FingerprintOptions,
  fingerprint,
  type RequestBody,
} from "../../src/http/fingerprint.ts";

interface Sent {
  readonly key?: string;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, an object is what a parser made of it. */
  readonly body?: string | Uint8Array | { readonly parsed: unknown };
}

const utf8 = new TextEncoder();
const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const TEXT_TYPE = { "content-type": "text/plain" };
const partsType = (boundary: string) => ({
  "content-type": `multipart/form-data; boundary=${boundary}`,
});

function bodyOf(body: Sent["body"] = '{"amount":10}'): RequestBody {
  if (typeof body === "string") return { kind: "bytes", bytes: utf8.encode(body) };
  if (body instanceof Uint8Array) return { kind: "bytes", bytes: body };
  return { kind: "parsed", value: body.parsed };
}

type Options = FingerprintOptions & { readonly formField?: string };

function taken(
  { key = "k1", method = "POST", target = "/pay", headers = JSON_TYPE, body }: Sent,
  { formField, ...options }: Options = {},
): string | undefined {
  const policy = compileFingerprint(options, formField);
  const header = (name: string): string | undefined => headers[name];
  return fingerprint({ key, method, target, header, body: bodyOf(body) }, policy, platform);
}

interface Pair {
  /** What both requests have. */
  readonly both?: Sent;
  readonly options?: Options;
}

/** The second is a retry of the first. */
function same(name: string, first: Sent, second: Sent, { both, options }: Pair = {}): void {
  test(name, () => {
    const digest = taken({ ...both, ...first }, options);
    match(digest ?? "", /^[0-9a-f]{64}$/);
    equal(taken({ ...both, ...second }, options), digest);
  });
}

/** The second is another request. */
function apart(name: string, first: Sent, second: Sent, { both, options }: Pair = {}): void {
  test(name, () => {
    const digest = taken({ ...both, ...first }, options);
    match(digest ?? "", /^[0-9a-f]{64}$/);
    notEqual(taken({ ...both, ...second }, options), digest);
  });
}

type Body = NonNullable<Sent["body"]>;
const bodies = (first: Body, second: Body): [Sent, Sent] => [{ body: first }, { body: second }];

same("P-37: again, byte for byte", {}, {});
apart("P-37: another body", ...bodies('{"amount":10}', '{"amount":11}'));
const mebibyte = new Uint8Array(1024 * 1024);
apart(
  "P-37: another last byte of 1 MiB",
  ...bodies(mebibyte, mebibyte.with(mebibyte.length - 1, 1)),
  { both: { headers: { "content-type": "application/octet-stream" } } },
);
apart("P-37: no body is not an empty object", ...bodies("", "{}"));
apart("P-37: bytes that run on", ...bodies("a", "a\u0000"), { both: { headers: TEXT_TYPE } });

apart("P-38: another method", {}, { method: "PATCH" });
apart("P-38: another path", {}, { target: "/refund" });
apart("P-38: a slash more", {}, { target: "/pay/" });
apart("P-38: a query", {}, { target: "/pay?x=1" });
apart("P-38: a question mark", {}, { target: "/pay?" });
apart("P-38: another query", { target: "/pay?x=1" }, { target: "/pay?x=2" });
apart(
  "P-38: what moves from the path into the query",
  { target: "/pay?a?b" },
  { target: "/pay?a&b" },
);

same("P-40: JSON in another spelling", ...bodies('{"a":1.0,"b":"é"}', ' {"b":"\\u00e9","a":1e0}'));
same("P-40: negative zero", ...bodies('{"a":0}', '{"a":-0}'));
apart("P-41: a large integer", ...bodies('{"a":9007199254740992}', '{"a":9007199254740993}'));
apart("P-41: a long fraction", ...bodies('{"a":0.1}', '{"a":0.10000000000000001}'));
apart("P-42: null is not absent", ...bodies('{"a":null}', "{}"));
apart("P-42: another order of elements", ...bodies("[1,2]", "[2,1]"));
apart("P-42: a decomposed character", ...bodies('"\u00e9"', '"e\u0301"'));

const deep = (levels: number, space = ""): string =>
  `${"[".repeat(levels)}${space}${"]".repeat(levels)}`;
same("P-40: white space in 100 levels", ...bodies(deep(100), deep(100, " ")));
apart("P-43: past 100 levels bytes are compared", ...bodies(deep(101), deep(101, " ")));
same("P-43: and equal bytes are equal", ...bodies(deep(101), deep(101)));
apart("P-43: repeated names", ...bodies('{"a":1,"a":1}', '{"a":1, "a":1}'));
apart("P-43: a lone surrogate", ...bodies('"\\ud800"', '"\\uD800"'));
apart("P-43: what does not parse", ...bodies("{", "{ "));
same("P-43: __proto__", ...bodies('{"__proto__":1,"a":2}', '{"a":2,"__proto__":1}'));
apart("P-43: and its value counts", ...bodies('{"__proto__":1}', '{"__proto__":2}'));
apart(
  "P-43: broken UTF-8",
  ...bodies(Uint8Array.of(0x22, 0xff, 0x22), Uint8Array.of(0x22, 0xfe, 0x22)),
);

same(
  "P-44: JSON that a parser took",
  ...bodies({ parsed: { a: 1, b: 2 } }, { parsed: { b: 2, a: 1 } }),
);
same(
  "P-44: is the same as its bytes",
  ...bodies({ parsed: { a: 1, b: [true] } }, '{"b":[true],"a":1}'),
);
apart("P-44: another value", ...bodies({ parsed: { a: 1 } }, { parsed: { a: "1" } }));
same("P-44: a form that a parser took", ...bodies({ parsed: { a: "1" } }, { parsed: { a: "1" } }), {
  both: { headers: FORM_TYPE },
});
apart("P-44: another form", ...bodies({ parsed: { a: "1" } }, { parsed: { a: "2" } }), {
  both: { headers: FORM_TYPE },
});

test("P-44: any other consumed body cannot be compared", () => {
  const types = ["text/plain", "application/octet-stream", "multipart/form-data; boundary=b", ""];
  for (const type of types) {
    const headers = { "content-type": type };
    equal(taken({ headers, body: { parsed: { a: "1" } } }), undefined, type);
    equal(taken({ headers, body: { parsed: "text" } }), undefined, type);
  }
  equal(taken({ headers: {}, body: { parsed: {} } }), undefined);
  equal(taken({ body: { parsed: new Map() } }), undefined);
  equal(taken({ body: { parsed: undefined } }), undefined);
});

const typed = (type: string): Sent => ({ headers: { "content-type": type } });
same(
  "P-45: case and parameters of the type",
  typed("application/json"),
  typed("Application/JSON; charset=utf-8"),
);
apart("P-45: another type", typed("application/json"), typed("text/json"));
apart("P-45: another subtype", typed("application/json"), typed("application/ld+json"));
apart("P-45: no type", {}, { headers: {} });
same("P-45: +json compares as JSON", ...bodies('{"a":1}', '{"a": 1}'), {
  both: typed("application/vnd.api+json"),
});
apart("P-45: other types as bytes", ...bodies('{"a":1}', '{"a": 1}'), {
  both: typed("text/plain"),
});

const form = { both: { headers: FORM_TYPE } };
same("P-46: a form in another encoding", ...bodies("a=x+y&b=%C3%A9", "%61=x%20y&b=é"), form);
apart("P-46: another order of pairs", ...bodies("a=1&b=2", "b=2&a=1"), form);
apart("P-46: an escaped separator", ...bodies("a=1&b=2", "a=1%26b=2"), form);
same("P-46: a query in another encoding", { target: "/pay?a=x+%41" }, { target: "/pay?a=x%20A" });
apart("P-46: another order in the query", { target: "/pay?a=1&b=2" }, { target: "/pay?b=2&a=1" });
apart("P-46: a path is compared as received", { target: "/pay/%41" }, { target: "/pay/A" });

const parts = (boundary: string, ...contents: string[]): Sent => ({
  headers: partsType(boundary),
  body: contents
    .map((content, at) => {
      const name = `Content-Disposition: form-data; name="f${at}"`;
      return `--${boundary}\r\n${name}\r\n\r\n${content}\r\n`;
    })
    .concat(`--${boundary}--`)
    .join(""),
});
same("P-47: parts under a new boundary", parts("b1", "one", "two"), parts("longer", "one", "two"));
apart("P-47: one byte of a part", parts("b1", "one", "two"), parts("b2", "one", "twO"));
apart("P-47: bytes that move to the next part", parts("b", "one", "two"), parts("b", "onet", "wo"));
apart("P-47: another order of parts", parts("b", "one", "two"), parts("b", "two", "one"));
apart(
  "P-47: a form that is malformed is compared by its bytes",
  { headers: partsType("b"), body: "--b\r\n\r\nx" },
  { headers: partsType("c"), body: "--c\r\n\r\nx" },
);
// A lenient reader passes over the form in front, or behind: which of the two it reads, and so the
// amount that it charges, is said by the boundary alone.
const twoForms = "--a\r\nA: 1\r\n\r\n10\r\n--a--\r\n--b\r\nA: 1\r\n\r\n99\r\n--b--\r\n";
for (const type of ["multipart/form-data", "multipart/mixed"]) {
  const bounded = (boundary: string, more = {}): Sent => ({
    headers: { "content-type": `${type}; boundary=${boundary}`, ...more },
    body: twoForms,
  });
  same(`P-47: ${type} that is compared by its bytes, again`, bounded("a"), bounded('"a"'));
  apart(`P-47: ${type} that is compared by its bytes, cut elsewhere`, bounded("a"), bounded("b"));
  const packed = { "content-encoding": "gzip" };
  apart(`P-47: ${type} encoded, cut elsewhere`, bounded("a", packed), bounded("b", packed));
}

const zipped = { headers: { ...JSON_TYPE, "content-encoding": "gzip" } };
same("P-47: an encoded body again", ...bodies('{"a":1}', '{"a":1}'), { both: zipped });
apart("P-47: an encoded body is compared as sent", ...bodies('{"a":1}', '{"a": 1}'), {
  both: zipped,
});
apart("P-47: the encoding counts", {}, zipped);
same("P-47: identity is none", {}, { headers: { ...JSON_TYPE, "content-encoding": "Identity" } });

const versioned: Pair = { options: { headers: ["Api-Version"], ignore: ["/sentAt"] } };
const version = (value: string): Sent => ({ headers: { ...JSON_TYPE, "api-version": value } });
same(
  "P-48: a member that does not count",
  ...bodies('{"a":1,"sentAt":1}', '{"sentAt":2,"a":1}'),
  versioned,
);
same(
  "P-48: nor from a parser",
  ...bodies({ parsed: { a: 1, sentAt: 1 } }, '{"sentAt":2,"a":1}'),
  versioned,
);
apart("P-48: all others do", ...bodies('{"a":1,"sentAt":1}', '{"a":2,"sentAt":1}'), versioned);
apart("P-48: a header that counts", version("1"), version("2"), versioned);
same("P-48: a header that counts, again", version("1"), version("1"), versioned);
apart("P-48: an empty one is not an absent one", version(""), {}, versioned);
same("P-29: headers that do not count", version("1"), version("2"));

apart("P-49: a middleware on two paths", { target: "/charge/go" }, { target: "/refund/go" });
apart("P-49: two paths of one route", { target: "/users/1/pay" }, { target: "/users/2/pay" });

const keyed: Pair = { options: { formField: "_key" } };
const keyedForm = { ...keyed, both: { headers: FORM_TYPE } };
same("P-14: the key's field does not count", ...bodies("_key=k1&a=1", "a=1&%5Fkey=k1"), keyedForm);
apart("P-14: the others do", ...bodies("_key=k1&a=1", "_key=k1&a=2"), keyedForm);
same(
  "P-14: nor in parsed forms",
  ...bodies({ parsed: { _key: "k1", a: "1" } }, { parsed: { a: "1" } }),
  keyedForm,
);
apart("P-14: without the option it counts", ...bodies("_key=k1&a=1", "a=1"), {
  both: { headers: FORM_TYPE },
});
const keyPart = '--b\r\nContent-Disposition: form-data; name="_key"\r\n\r\nk1\r\n';
const bareParts = parts("b", "one");
same("P-14: nor in parts", { ...bareParts, body: `${keyPart}${bareParts.body}` }, bareParts, keyed);
apart("P-14: JSON has no such field", ...bodies('{"_key":"k1"}', "{}"), keyed);

test("S-37: the same request under another key has another fingerprint", () => {
  notEqual(taken({ key: "k1" }), taken({ key: "k2" }));
});

// Another one would be a conflict for every retry that a deployment comes between. The whole of it,
// because of two bodies that share a short digest the second would be given the first one's answer.
test("S-37: the digest is all of HMAC-SHA-256 under the key, the same in every release", () => {
  const json = '7:4:POST4:/pay16:application/json0:4:json12:{"amount":7}0:';
  equal(taken({ body: '{"amount": 7.0}' }), createHmac("sha256", "k1").update(json).digest("hex"));
  const text = "7:4:POST5:/pay?10:text/plain0:5:bytes0:3:3,2x=1hi";
  equal(
    taken({ target: "/pay?x=1", headers: TEXT_TYPE, body: "hi" }),
    createHmac("sha256", "k1").update(text).digest("hex"),
  );
});

test("P-48: what is no field name is refused, by the option's name", () => {
  for (const headers of [["a b"], [""], ["a:"]]) {
    throws(() => compileFingerprint({ headers }), {
      name: "TypeError",
      message: /`fingerprint\.headers`/,
    });
  }
});

test("S-4: no two requests of the parts that count are alike", () => {
  const word = fc.constantFrom("", "a", "b", "ab", "1", ":", "a:", "1:a");
  const request = fc.record({
    method: word,
    target: word.map((path) => `/${path}`),
    headers: fc.record({ "content-type": word, "content-encoding": word, "api-version": word }),
    body: word,
  });
  const options = { headers: ["api-version"] };
  fc.assert(
    fc.property(request, request, (one, other) => {
      equal(
        taken(one, options) === taken(other, options),
        JSON.stringify(one) === JSON.stringify(other),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("S-14: a body of 1 MiB without a meaning is hashed where it lies", () => {
  const seen: (string | Uint8Array)[] = [];
  const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
    seen.push(...parts);
    return platform.sha256(...parts);
  };
  const header = (): string => "application/octet-stream";
  const input = { key: "k1", method: "POST", target: "/", header, body: bodyOf(mebibyte) };
  fingerprint(input, compileFingerprint({}), { sha256 });
  equal(seen.includes(mebibyte), true);
});
