/** JSON pointers: what is one, and what is refused when the middleware is made. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compilePointers, memberNamed } from "../../src/http/json-pointer.ts";

/** The way down to the one pointer's end. */
function tokensOf(pointer: string): string[] {
  const tokens = [];
  let node = compilePointers([pointer]);
  while (node !== undefined && node.below.size > 0) {
    const [[token, below] = ["", undefined]] = [...node.below];
    tokens.push(token);
    node = below;
  }
  return tokens;
}

test("P-48: pointers are read as RFC 6901 has them", () => {
  deepEqual(tokensOf("/a/b"), ["a", "b"]);
  deepEqual(tokensOf("/"), [""]);
  deepEqual(tokensOf("/a~1b/m~0n/~01"), ["a/b", "m~n", "~1"]);
  deepEqual(tokensOf("/ /0/-/é"), [" ", "0", "-", "é"]);
  deepEqual(tokensOf("/__proto__/constructor"), ["__proto__", "constructor"]);
});

test("P-48: nothing to ignore is nothing to walk", () => {
  equal(compilePointers([]), undefined);
  equal(memberNamed(undefined), undefined);
  equal(memberNamed("a/b")?.below.get("a/b")?.ignored, true);
});

test("P-48: what is no pointer to a part of a body is refused, by the option's name", () => {
  for (const pointer of ["", "a", "a/b", "/~", "/~2", "/a~", "$.a", "#/a"]) {
    throws(() => compilePointers([pointer]), {
      name: "TypeError",
      message: /`fingerprint\.ignore`/,
    });
  }
});
