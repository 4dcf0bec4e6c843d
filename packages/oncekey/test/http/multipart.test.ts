/** Forms of several parts, read without their boundary. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  contentText,
  fieldOf,
  type Multipart,
  PART_HEAD_BYTES_MAX,
  PARTS_MAX,
  readMultipart,
} from "../../src/http/multipart.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const read = (body: string, boundary = "b"): Multipart =>
  readMultipart(latin1(body), `multipart/form-data; boundary=${boundary}`);

/** The parts as text, or what kept them from being read. */
function shown(form: Multipart): readonly (readonly [head: string, content: string])[] | string {
  if (form.kind !== "parts") return form.kind;
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  return form.parts.map(({ head, content }) => [text(head), text(content)]);
}

function check(
  name: string,
  body: string,
  expected: readonly (readonly [head: string, content: string])[] | "malformed",
): void {
  test(name, () => deepEqual(shown(read(body)), expected));
}

check(
  "P-47: parts in their order",
  "--b\r\nA: 1\r\nB: 2\r\n\r\none\r\n--b\r\nA: 2\r\n\r\ntwo\r\n--b--\r\n",
  [
    ["A: 1\r\nB: 2", "one"],
    ["A: 2", "two"],
  ],
);
check("P-47: no parts, and no last line break", "--b--", []);
check("P-47: a part may be empty, or have no head", "--b\r\nA: 1\r\n\r\n\r\n--b\r\n\r\n\r\n--b--", [
  ["A: 1", ""],
  ["", ""],
]);
check(
  "P-47: what looks like a boundary but for its line break is content",
  "--b\r\n\r\nx--b\n--b--\r--b\r\r\n-b\r\n--b--",
  [["", "x--b\n--b--\r--b\r\r\n-b"]],
);
check(
  "P-47: a line break before the boundary belongs to it, and only one",
  "--b\r\n\r\n\r\n\r\n--b--",
  [["", "\r\n"]],
);

const MALFORMED = [
  ["nothing", ""],
  ["another boundary", "--c\r\n\r\nx\r\n--c--"],
  ["text before", "x\r\n--b\r\n\r\nx\r\n--b--"],
  ["a line break before", "\r\n--b\r\n\r\nx\r\n--b--"],
  ["text after", "--b\r\n\r\nx\r\n--b--\r\nx"],
  ["padding after a boundary", "--b \r\n\r\nx\r\n--b--"],
  ["a boundary that goes on", "--b\r\n\r\nx\r\n--bc\r\n\r\n\r\n--b--"],
  ["no end", "--b\r\n\r\nx"],
  ["an end cut short", "--b\r\n\r\nx\r\n--b-"],
  ["a head without an end", "--b\r\nA: 1\r\n--b--"],
  ["a bare LF", "--b\n\nx\n--b--"],
] as const;
for (const [what, body] of MALFORMED) check(`P-47: ${what} is malformed`, body, "malformed");

test("P-47: a boundary that is none is malformed", () => {
  for (const type of [
    "multipart/form-data",
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary="${"b".repeat(71)}"`,
    'multipart/form-data; boundary="b\\"c"',
  ]) {
    equal(readMultipart(latin1("--b--"), type).kind, "malformed", type);
  }
  equal(read(`--${"b".repeat(70)}--`, "b".repeat(70)).kind, "parts");
});

test("P-43, S-10: 1,000 parts are read, and 1,001 are too many", () => {
  const form = (count: number): Multipart => read(`${"--b\r\n\r\nx\r\n".repeat(count)}--b--`);
  equal(shown(form(PARTS_MAX)).length, PARTS_MAX);
  equal(shown(form(PARTS_MAX + 1)), "too-many");
});

test("S-10: a head of 16 KiB is read, and a longer one is malformed", () => {
  const form = (bytes: number): Multipart => read(`--b\r\n${"A".repeat(bytes)}\r\n\r\nx\r\n--b--`);
  equal(form(PART_HEAD_BYTES_MAX - 2).kind, "parts");
  equal(form(PART_HEAD_BYTES_MAX + 1).kind, "malformed");
});

test("P-14: the field of a part, whatever the case and order of its head", () => {
  const field = (head: string): string | undefined =>
    fieldOf({ head: latin1(head), content: latin1("") });
  equal(field('Content-Disposition: form-data; name="_key"'), "_key");
  equal(field("Content-Type: text/plain\r\ncontent-disposition:form-data;NAME=_key"), "_key");
  equal(field('Content-Disposition: form-data; filename="a; name=b"; name="c"'), "c");
  equal(field('X-Content-Disposition: form-data; name="_key"'), undefined);
  equal(field("Content-Disposition: form-data"), undefined);
  equal(field(""), undefined);
  equal(field(`Content-Disposition: form-data; name="${"\\a".repeat(8_000)}"`), "a".repeat(8_000));
});

test("P-47: what a browser would send is what is read", async () => {
  const fields: [string, string][] = [
    ["a", "1"],
    ["b", "zwei\r\n--Zeilen"],
    ['quo"ted', "é"],
  ];
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  form.append("file", new File([new Uint8Array([0, 13, 10, 255])], "x.bin"));
  const request = new Response(form);
  const type = request.headers.get("content-type") ?? "";
  const result = readMultipart(new Uint8Array(await request.arrayBuffer()), type);
  const parts = result.kind === "parts" ? result.parts : [];
  deepEqual(parts.map(fieldOf), ["a", "b", "quo%22ted", "file"]);
  deepEqual(
    parts.slice(0, 3).map(contentText),
    fields.map(([, value]) => value),
  );
  deepEqual([...(parts[3]?.content ?? [])], [0, 13, 10, 255]);
});

/** No line of it begins with the boundary: not even the first, behind the end of its head. */
const content = fc
  .string({ unit: fc.constantFrom(..."\r\n-bx\u0000"), maxLength: 12 })
  .filter((text) => !`\r\n${text}`.includes("\r\n--b"));
const head = fc.constantFrom("", "A: 1", "A: 1\r\nB: 2");

test("P-47: any parts are read as they were written, whatever the boundary", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(head, content), { maxLength: 4 }), (parts) => {
      const written = (boundary: string): string =>
        parts
          .map(([lines, text]) => {
            const line = lines === "" ? "" : `${lines}\r\n`;
            return `--${boundary}\r\n${line}\r\n${text}\r\n`;
          })
          .concat(`--${boundary}--`)
          .join("");
      deepEqual(shown(read(written("b"))), parts);
      deepEqual(shown(read(written("other"), "other")), parts);
    }),
  );
});

test("P-43: any bytes are parts or malformed, never an exception", () => {
  const soup = fc.string({ unit: fc.constantFrom("\r\n", "--b", "-", "\r", "\n", "x", ": ") });
  fc.assert(
    fc.property(soup, (text) => typeof read(`--b${text}`).kind === "string"),
    { numRuns: 2_000 },
  );
});
