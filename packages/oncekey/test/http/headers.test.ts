/** Which lines a record keeps: the corpus of protocol.md, section 2. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  compilePolicy,
  fitsRecord,
  type HeaderLine,
  isLegal,
  KEPT_BYTES_MAX,
  KEPT_LINES_MAX,
  keptHeaders,
  type ReplayHeaders,
} from "../../src/http/headers.ts";

interface Given {
  readonly lines: readonly HeaderLine[];
  readonly outside?: readonly HeaderLine[];
  readonly replayHeaders?: ReplayHeaders;
  readonly keyHeaders?: readonly string[];
}

function kept({
  lines,
  outside = [],
  replayHeaders = {},
  keyHeaders = ["Idempotency-Key"],
}: Given): readonly HeaderLine[] {
  return keptHeaders(lines, outside, compilePolicy(replayHeaders, keyHeaders));
}

function check(name: string, given: Given, expected: readonly HeaderLine[]): void {
  test(name, () => deepEqual(kept(given), expected));
}

const KEPT: readonly HeaderLine[] = [
  ["Location", "/payments/1"],
  ["ETag", '"1"'],
  ["Content-Type", "application/json"],
  ["content-language", "de"],
  ["Content-Disposition", "attachment"],
  ["Content-Encoding", "gzip"],
  ["Cache-Control", "no-store"],
  ["X-Own", "1"],
  ["X-Request-Identity", "is no request id"],
  ["RateLimited", "is no allowance"],
  ["Accesscontrol", "is no access control"],
  ["Dated", "is no date"],
  ["__proto__", "ordinary"],
  ["constructor", "ordinary"],
];

/** The table of protocol.md, with a member of each family. */
const NEVER = [
  ...["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding"],
  ...["Upgrade", "Alt-Svc", "Content-Length"],
  ...["Set-Cookie", "Set-Cookie2", "Clear-Site-Data", "WWW-Authenticate", "Proxy-Authenticate"],
  ...["Authentication-Info", "Proxy-Authentication-Info"],
  ...["Date", "Age", "Via", "Server-Timing", "Cache-Status", "Proxy-Status"],
  ...["Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-X"],
  "Timing-Allow-Origin",
  ...["X-Request-Id", "Request-Id", "X-Correlation-Id", "X-Trace-Id", "Traceparent", "Tracestate"],
  ...["Traceresponse", "B3", "X-B3-TraceId", "X-B3-Sampled", "X-Amzn-Trace-Id", "X-Amzn-RequestId"],
  ...["X-Cloud-Trace-Context", "CF-Ray"],
  ...["RateLimit", "RateLimit-Limit", "RateLimit-Policy", "X-RateLimit-Remaining"],
  "Retry-After",
  ...["Idempotency-Key", "Idempotent-Replayed"],
];

check("P-22: all fields are kept that nobody has a reason to drop", { lines: KEPT }, KEPT);

test("P-23, S-7: no field of the list is kept, in any case", () => {
  for (const name of NEVER) {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      deepEqual(kept({ lines: [[spelt, "x"]] }), [], spelt);
    }
  }
});

check(
  "P-23: what Connection names is about the connection too",
  {
    lines: [
      ["Connection", "close, X-Hop"],
      ["connection", " ,x-other"],
      ["X-Hop", "1"],
      ["X-Other", "2"],
      ["X-End", "3"],
    ],
  },
  [["X-End", "3"]],
);

check(
  "P-23: the key field is dropped under each of its names",
  {
    lines: [
      ["x-request-key", "k1"],
      ["Idempotency-Key", "k1"],
    ],
    keyHeaders: ["X-Request-Key"],
  },
  [["Idempotency-Key", "k1"]],
);

check(
  "P-24: what stood outside belongs to each answer",
  {
    lines: [
      ["X-Nonce", "a"],
      ["x-frame-options", "DENY"],
      ["X-Own", "1"],
    ],
    outside: [
      ["x-nonce", "a"],
      ["X-Frame-Options", "DENY"],
      ["X-Gone", "the handler took it away"],
    ],
  },
  [["X-Own", "1"]],
);

check(
  "P-24: what the handler changed of it is its own: another value, or one more",
  {
    lines: [
      ["Cache-Control", "private"],
      ["Vary", "Origin"],
      ["Vary", "Accept"],
      ["Link", "<b>"],
      ["Link", "<a>"],
    ],
    outside: [
      ["Cache-Control", "no-store"],
      ["Vary", "Origin"],
      ["Link", "<a>"],
      ["Link", "<b>"],
    ],
  },
  [
    ["Cache-Control", "private"],
    ["Vary", "Origin"],
    ["Vary", "Accept"],
    ["Link", "<b>"],
    ["Link", "<a>"],
  ],
);

check(
  "P-25: two Link lines stay two, in their order",
  {
    lines: [
      ["Link", "</2>; rel=next"],
      ["X-Own", "1"],
      ["link", "</0>; rel=prev"],
    ],
  },
  [
    ["Link", "</2>; rel=next"],
    ["X-Own", "1"],
    ["link", "</0>; rel=prev"],
  ],
);

check(
  "P-55: Retry-After is not kept unless it is asked for",
  {
    lines: [
      ["Retry-After", "5"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["X-RateLimit-Limit", "9"],
      ["X-RateLimit-Reset", "9"],
      ["X-Secret", "1"],
    ],
    replayHeaders: { keep: ["set-cookie", "X-RateLimit-Limit"], drop: ["x-secret"] },
  },
  [
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["X-RateLimit-Limit", "9"],
  ],
);

check(
  "P-23: a field that is asked for is dropped all the same when Connection names it",
  {
    lines: [
      ["Connection", "Set-Cookie"],
      ["Set-Cookie", "a=1"],
    ],
    replayHeaders: { keep: ["Set-Cookie"] },
  },
  [],
);

check(
  "S-7: a line that cannot be sent is not kept",
  {
    lines: [
      ["X-Split", "a\r\nSet-Cookie: b"],
      ["X-Nul", "a\u0000"],
      ["X-Wide", "€"],
      ["X Name", "a"],
      ["X-Name\r\nEvil", "a"],
      ["", "a"],
      ["X-Latin", "é\t "],
      ["X-Empty", ""],
    ],
  },
  [
    ["X-Latin", "é\t "],
    ["X-Empty", ""],
  ],
);

test("P-23: framing fields can never be kept, nor those that each answer has its own of", () => {
  const refused: readonly (readonly [ReplayHeaders, RegExp])[] = [
    [{ keep: ["Content-Length"] }, /`replayHeaders\.keep` .* connection, got "content-length"/],
    [{ keep: ["transfer-encoding"] }, /`replayHeaders\.keep`/],
    [{ keep: ["Alt-Svc"] }, /`replayHeaders\.keep`/],
    [{ keep: ["Idempotent-Replayed"] }, /`replayHeaders\.keep` .* its own/],
    [{ keep: ["X-Request-Key"] }, /`replayHeaders\.keep` .* its own/],
    [{ keep: ["X-A"], drop: ["x-a"] }, /`replayHeaders\.keep` .*`replayHeaders\.drop`/],
    [{ drop: ["X A"] }, /`replayHeaders\.drop` to be a list of field names/],
    [{ drop: [""] }, /`replayHeaders\.drop`/],
    [{ keep: ["a:"] }, /`replayHeaders\.keep`/],
  ];
  for (const [replayHeaders, message] of refused) {
    throws(() => compilePolicy(replayHeaders, ["X-Request-Key"]), { name: "TypeError", message });
  }
});

test("P-116: a record has room for 128 lines and 32 KiB", () => {
  const lines = (count: number, value: string): HeaderLine[] =>
    Array.from({ length: count }, () => ["X-Own", value]);
  equal(fitsRecord(lines(KEPT_LINES_MAX, "1")), true);
  equal(fitsRecord(lines(KEPT_LINES_MAX + 1, "1")), false);
  const room = KEPT_BYTES_MAX - "X-Own: \r\n".length;
  equal(fitsRecord(lines(1, "1".repeat(room))), true);
  equal(fitsRecord(lines(1, "1".repeat(room + 1))), false);
});

const name = fc.oneof(
  fc.constantFrom(...NEVER, ...KEPT.map(([known]) => known)),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/),
  fc.string({ maxLength: 4 }),
);
const line: fc.Arbitrary<HeaderLine> = fc.tuple(name, fc.string({ unit: "binary", maxLength: 12 }));

test("P-25, S-7, S-15: what is kept is legal, in order, off the list and not from outside", () => {
  const never = new Set(NEVER.map((known) => known.toLowerCase()));
  fc.assert(
    fc.property(fc.array(line), fc.array(line), (lines, outside) => {
      const result = kept({ lines, outside });
      let at = 0;
      for (const one of result) {
        at = lines.indexOf(one, at) + 1;
        if (at === 0 || !isLegal(one) || never.has(one[0].toLowerCase())) return false;
      }
      return kept({ lines, outside: lines }).length === 0;
    }),
  );
});
