/**
 * S-14: 1 MiB of hostile input takes linear time.
 *
 * At that size linear work takes milliseconds and quadratic work takes minutes, so the bound may
 * be wide. It is of the processor's time, which no busy neighbour adds to.
 */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { platform } from "../../src/core/ports.ts";
import { compileFingerprint, fingerprint } from "../../src/http/fingerprint.ts";
import { formKey } from "../../src/http/form-key.ts";
import { compilePolicy, type HeaderLine, keptHeaders } from "../../src/http/headers.ts";
import { mediaType, parameter } from "../../src/http/media-type.ts";

const BYTES = 1024 * 1024;
const CPU_MS_MAX = 5_000;

function check(name: string, run: () => unknown): void {
  test(`S-14: ${name}`, (context) => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    const ms = Math.round((user + system) / 1_000);
    context.diagnostic(`${ms} ms`);
    ok(ms < CPU_MS_MAX, `took ${ms} ms`);
  });
}

const policy = compileFingerprint({ ignore: ["/a/a"] }, "_key");

/** The fingerprint of a body, and the search for a key in it. */
function body(name: string, type: string, content: string): void {
  const bytes = new TextEncoder().encode(content);
  const header = (field: string): string | undefined =>
    field === "content-type" ? type : undefined;
  const input = {
    key: "k1",
    method: "POST",
    target: "/",
    header,
    body: { kind: "bytes", bytes },
  } as const;
  check(`${name}, as ${mediaType(type)}`, () => {
    fingerprint(input, policy, platform);
    formKey(input, "_key");
  });
}

const fill = (unit: string, bytes = BYTES): string => unit.repeat(Math.ceil(bytes / unit.length));

/** Members or elements, numbered, in all about 1 MiB. */
function numbered(member: (at: number) => string): string {
  const members = [];
  for (let length = 0, at = 0; length < BYTES; at++) {
    const one = member(at);
    members.push(one);
    length += one.length + 1;
  }
  return members.join();
}

const LONG_NAME = "a".repeat(200);
const JSON_BODIES = {
  "a string of backslashes": `"${fill("\\")}`,
  "a string of escapes": `"${fill("\\u0061")}"`,
  "many escaped strings": `[${fill('"\\n",')}0]`,
  "many zeros": `[${fill("0,")}0]`,
  "a long integer": `1${fill("0")}`,
  "zeros inside a number": `1${fill("0", BYTES / 2)}1${fill("0", BYTES / 2)}`,
  "a long fraction that ends badly": `1.${fill("0")}x`,
  "a long exponent": `1e${fill("9")}`,
  "nothing but space": fill(" "),
  "nothing but brackets": fill("["),
  "nested members": fill('{"a":'),
  "deep branches": `[${fill(`${"[".repeat(90)}0${"]".repeat(90)},`)}0]`,
  "many members": `{${numbered((at) => `"k${at}":0`)}}`,
  "names that begin alike": `{${numbered((at) => `"${LONG_NAME}${at}":0`)}}`,
};
for (const [name, content] of Object.entries(JSON_BODIES)) body(name, "application/json", content);

for (const unit of ["%", "&", "=", "+", "%2", "%25", "&=", "_key=&", "%5fkey&"]) {
  body(`a form of ${unit}`, "application/x-www-form-urlencoded", fill(unit));
}

const DASHES = "-".repeat(70);
const ALMOST = `\r\n--${DASHES.slice(1)}`;
for (const unit of ["\r", "\r\n", "\r\n-", ALMOST, "-", "\r\n\r\n", 'name="\\']) {
  const start = `--${DASHES}\r\nContent-Disposition: `;
  const name = `parts of ${JSON.stringify(unit).slice(0, 12)}`;
  body(name, `multipart/form-data; boundary=${DASHES}`, start + fill(unit));
}

const LONG_HEAD = `Content-Disposition: form-data; ${fill('a="\\"";', BYTES / 1_000)}`;
body(
  "1,000 parts with long heads",
  "multipart/form-data; boundary=b",
  `${`--b\r\n${LONG_HEAD}\r\n\r\n\r\n`.repeat(1_000)}--b--`,
);

for (const unit of [";", "; a=b", ';a="\\""', '; a="', "\\"]) {
  // A head has 16 KiB at most, but there may be many of them.
  const field = `form-data${fill(unit, BYTES / 64)}`;
  check(`fields of ${unit}`, () => {
    for (let count = 0; count < 64; count++) parameter(field, "name");
  });
}

check("many header lines", () => {
  const lines = Array.from({ length: BYTES / 16 }, (_, at): HeaderLine => [`X-B3-${at}`, "1"]);
  keptHeaders([...lines, ["Connection", fill("a,")]], lines, compilePolicy({}, []));
});
