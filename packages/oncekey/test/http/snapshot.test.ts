/** Answers survive the way to bytes and back, and damaged bytes never pass for an answer. */
import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { RecordCorrupt } from "../../src/core/errors.ts";
import type { HeaderLine } from "../../src/http/headers.ts";
import {
  decodeSnapshot as decode,
  encodeSnapshot as encode,
  type Snapshot,
} from "../../src/http/snapshot.ts";

const utf8 = new TextEncoder();

function check(name: string, snapshot: Snapshot): void {
  test(name, () => deepEqual(decode(encode(snapshot)), snapshot));
}

const answer = (part: Partial<Extract<Snapshot, { kind: "answer" }>>): Snapshot => ({
  kind: "answer",
  status: 201,
  headers: [],
  body: new Uint8Array(0),
  ...part,
});

const PAYMENT = answer({
  headers: [
    ["Location", "/payments/1"],
    ["content-TYPE", "application/json"],
  ],
  body: utf8.encode('{"id":1}'),
});

check("P-22: names keep their case, lines their order", PAYMENT);
check(
  "P-25: two lines of one name stay two",
  answer({
    headers: [
      ["Link", "<a>"],
      ["X-Own", ""],
      ["Link", "<b>"],
    ],
  }),
);
check("P-26: an answer without a body", answer({ status: 204 }));
check(
  "P-27: all byte values, in the body and in a value",
  answer({
    headers: [["X-Latin", "\t !~\u0080é\u00ff"]],
    body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  }),
);
for (const text of ["false", "0", '""', "null", ""]) {
  check(`P-27: the body ${JSON.stringify(text)}`, answer({ status: 200, body: utf8.encode(text) }));
}
check("S-15: names of an object's own are names like any other", {
  kind: "answer",
  status: 200,
  headers: [
    ["__proto__", "1"],
    ["constructor", "2"],
  ],
  body: new Uint8Array(0),
});
check("P-116: a tombstone with a Location", {
  kind: "tombstone",
  status: 201,
  location: "/payments/1",
});
check("P-116: a tombstone without one", { kind: "tombstone", status: 200 });

test("P-116: a tombstone keeps nothing of the body", () => {
  const size = (bytes: number): number =>
    encode(answer({ body: new Uint8Array(bytes).fill(7) })).length;
  equal(size(1_000) - size(0), 1_000);
  ok(encode({ kind: "tombstone", status: 200, location: "/1" }).length < size(0) + 20);
});

const line: fc.Arbitrary<HeaderLine> = fc.tuple(
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
  fc.string({ unit: fc.constantFrom(..."\t azAZ09,;=\"'", "\u0080", "é", "\u00ff") }),
);
const snapshot: fc.Arbitrary<Snapshot> = fc.oneof(
  fc.record({
    kind: fc.constant("answer" as const),
    status: fc.integer({ min: 200, max: 999 }),
    headers: fc.array(line),
    body: fc.uint8Array({ maxLength: 200 }),
  }),
  fc.record(
    {
      kind: fc.constant("tombstone" as const),
      status: fc.integer({ min: 200, max: 999 }),
      location: fc.constantFrom("", "/payments/1", "https://example.com/é"),
    },
    { requiredKeys: ["kind", "status"] },
  ),
);

test("P-27: any answer reads back as it was, from bytes anywhere in a buffer", () => {
  fc.assert(
    fc.property(snapshot, fc.nat({ max: 9 }), (original, offset) => {
      const bytes = encode(original);
      const pooled = new Uint8Array(offset + bytes.length + 3);
      pooled.set(bytes, offset);
      const view = Buffer.from(pooled.buffer).subarray(offset, offset + bytes.length);
      deepEqual(decode(view), plain(original));
    }),
  );
});

/** Without the null prototype that fast-check gives its records. */
const plain = (original: Snapshot): Snapshot => ({ ...original });

const refused = (bytes: Uint8Array, what: string): void =>
  throws(() => decode(bytes), RecordCorrupt, what);

test("P-112: a head that is cut short is found at every length", () => {
  const bytes = encode(PAYMENT);
  const bodyAt = bytes.length - '{"id":1}'.length;
  for (let length = 0; length < bodyAt; length++) {
    refused(bytes.subarray(0, length), `the first ${length} bytes`);
  }
});

test("P-112: bytes of a newer version are said to be that", () => {
  const newer = encode(PAYMENT);
  newer[0] = 2;
  throws(() => decode(newer), { name: "RecordCorrupt", message: /version 2/ });
});

test("P-112: any bytes are an answer that can be sent, or corrupt; never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const tried of [bytes, Uint8Array.from([1, 1, 0, 200, 0, 0, 0, ...bytes])]) {
        let read: Snapshot;
        try {
          read = decode(tried);
        } catch (error) {
          ok(error instanceof RecordCorrupt);
          continue;
        }
        // What reads as an answer is one: it can be written again, to the same bytes.
        deepEqual(encode(read), Uint8Array.from(tried));
      }
    }),
  );
});

/** Bytes as from whoever can write to the store. */
const forged = (head: readonly number[], rest: string): Uint8Array =>
  Uint8Array.from([...head, ...utf8.encode(rest)]);

test("S-7: lines that cannot be sent are refused on reading", () => {
  const answerOf = (text: string): Uint8Array => forged([1, 1, 0, 200, 0, 0, 0, text.length], text);
  deepEqual(decode(answerOf("X-Own\n1\n")), answer({ status: 200, headers: [["X-Own", "1"]] }));
  const evil = ["X\n1\r\n", "X\n\u0000\n", "X\r\n1\n", "X Y\n1\n", "\n1\n", "X\n", "X\n1", "X"];
  for (const text of evil) refused(answerOf(text), JSON.stringify(text));
});

test("P-112: what makes no sense is refused", () => {
  refused(forged([1, 3, 0, 200, 0, 0, 0, 0], ""), "an unknown kind");
  refused(forged([1, 1, 0, 199, 0, 0, 0, 0], ""), "an interim status");
  refused(forged([1, 1, 0x03, 0xe8, 0, 0, 0, 0], ""), "status 1000");
  refused(forged([1, 1, 0, 200, 0, 0, 0, 1], ""), "a head beyond the end");
  refused(forged([1, 1, 0, 200, 0xff, 0xff, 0xff, 0xff], ""), "a head of 4 GiB");
  refused(forged([1, 2, 0, 200, 0, 0, 0, 0], "body"), "a tombstone with a body");
  refused(forged([1, 2, 0, 200, 0, 0, 0, 12], "A\n1\nB\n2\nC\n3\n"), "a tombstone with lines");
});

test("S-7: lines that cannot be sent are refused on writing, and not shown", () => {
  for (const bad of ["a\r\nb", "\u0000", "€"]) {
    const write = (): unknown => encode(answer({ headers: [["X-Own", bad]] }));
    throws(write, (error: Error) => error instanceof TypeError && !error.message.includes(bad));
  }
  throws(() => encode({ kind: "tombstone", status: 201, location: "/\n" }), TypeError);
  for (const status of [100, 199, 1000, 200.5, Number.NaN]) {
    throws(() => encode(answer({ status })), { name: "TypeError", message: /status/ });
  }
});

test("P-31: the bytes are a copy, and stay what they were when the handler's buffer changes", () => {
  const body = utf8.encode("first");
  const bytes = encode(answer({ body }));
  body.fill(0);
  const kept = decode(bytes);
  notEqual(kept.kind, "tombstone");
  deepEqual(kept, answer({ body: utf8.encode("first") }));
});
