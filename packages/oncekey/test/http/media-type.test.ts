/** What fields with parameters say. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { contentEncoding, isJson, mediaType, parameter } from "../../src/http/media-type.ts";

test("P-45: type and subtype count, in any case, without parameters", () => {
  equal(mediaType("Application/JSON; charset=utf-8"), "application/json");
  equal(mediaType(" text/plain "), "text/plain");
  equal(mediaType(";charset=x"), "");
  equal(mediaType(undefined), "");
});

test("P-45: +json types are JSON", () => {
  for (const type of ["application/json", "text/json", "application/merge-patch+json"]) {
    equal(isJson(type), true, type);
  }
  for (const type of ["", "application/jsonp", "application/json-seq", "+json/x", "text/plain"]) {
    equal(isJson(type), false, type);
  }
});

test("P-47: identity is no encoding", () => {
  for (const field of [undefined, "", "identity", " Identity "]) equal(contentEncoding(field), "");
  equal(contentEncoding("GZIP"), "gzip");
  equal(contentEncoding("gzip, br"), "gzip, br");
});

function check(field: string, name: string, expected: string | undefined): void {
  test(`P-47: ${name} of ${field} is ${expected}`, () => equal(parameter(field, name), expected));
}

check("multipart/form-data; boundary=abc", "boundary", "abc");
check('multipart/form-data;charset=utf-8 ; Boundary="a b"', "boundary", "a b");
check('form-data; name="a\\"b\\\\c"; filename="x"', "name", 'a"b\\c');
check('form-data; filename="; name=\\"evil\\""; name="good"', "name", "good");
check("form-data; name=", "name", undefined);
check('form-data; name="open', "name", undefined);
check("form-data; name=a; name=b", "name", "a");
check('form-data; name="a" x; filename="b"', "filename", undefined);
check("form-data", "name", undefined);
check("", "name", undefined);
