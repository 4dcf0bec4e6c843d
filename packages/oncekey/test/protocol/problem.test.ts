/** The table of answers, row by row as protocol.md has it. */
import { deepEqual, doesNotMatch, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  PROBLEMS,
  type ProblemCode,
  type ProblemFacts,
  problem,
} from "../../src/protocol/problem.ts";

const DOCS = "https://example.com/errors";
const text = new TextDecoder();

interface Expected {
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfter?: string;
  readonly detail: string;
  readonly more?: object;
}

const rows: (readonly [ProblemCode, ProblemFacts, Expected])[] = [];

function check(code: ProblemCode, facts: ProblemFacts, expected: Expected): void {
  rows.push([code, facts, expected]);
  const { status, retryable, detail, more = {} } = expected;
  test(`P-81: ${code} is ${status}, ${retryable ? "retryable" : "final"}${suffix(facts)}`, () => {
    const answer = problem(code, facts);
    equal(answer.status, status);
    const { type, title, ...members } = JSON.parse(text.decode(answer.body));
    equal(type, facts.docs ? `${facts.docs}#${code}` : `urn:problem-type:oncekey:${code}`);
    equal(title, PROBLEMS[code].title);
    deepEqual(members, { status, detail, code, retryable, ...more });
    const retryAfter = expected.retryAfter ? [["Retry-After", expected.retryAfter]] : [];
    deepEqual(
      answer.headers.filter(([name]) => name !== "Link"),
      [
        ["Content-Type", "application/problem+json"],
        ["Content-Length", String(answer.body.length)],
        ["Cache-Control", "no-store"],
        ...retryAfter,
      ],
    );
  });
}

const suffix = (facts: ProblemFacts): string =>
  Object.keys(facts).length === 0 ? "" : ` (${JSON.stringify(facts)})`;

const refused = { retryable: false };
const later = (retryAfter: string) => ({ retryable: true, retryAfter });

check(
  "idempotency_key_required",
  {},
  {
    status: 400,
    detail: "This operation needs an Idempotency-Key header.",
    ...refused,
  },
);
check(
  "idempotency_key_required",
  { docs: DOCS, header: "Request-Key" },
  {
    status: 400,
    detail: "This operation needs a Request-Key header.",
    ...refused,
  },
);
check(
  "idempotency_key_invalid",
  {},
  {
    status: 400,
    detail: "The key must be one string of 1 to 255 ASCII characters.",
    ...refused,
  },
);
check(
  "idempotency_scope_unresolved",
  {},
  {
    status: 400,
    detail: "The server cannot tell whose key this is.",
    ...refused,
  },
);
check(
  "idempotency_request_too_large",
  { maxBytes: 1_048_576 },
  {
    status: 413,
    detail: "A request with a key may have at most 1048576 bytes.",
    ...refused,
  },
);
check(
  "idempotency_request_too_large",
  {},
  {
    status: 413,
    detail: "The request is too large to be sent with a key.",
    ...refused,
  },
);
check(
  "idempotency_body_unreadable",
  {},
  {
    status: 500,
    detail: "A parser took the body before it could be compared. This request was not run.",
    ...refused,
  },
);
check(
  "idempotency_too_late",
  {},
  {
    status: 412,
    detail: "This request was first sent longer ago than records are kept. It was not run.",
    ...refused,
  },
);
check(
  "idempotency_conflict",
  { docs: DOCS },
  {
    status: 422,
    detail: "This key was used for another request.",
    ...refused,
  },
);
check(
  "idempotency_in_flight",
  {},
  {
    status: 409,
    detail:
      "The first request with this key is still running. Send the same request again in 1 second.",
    ...later("1"),
  },
);
check(
  "idempotency_outcome_unknown",
  {},
  {
    status: 409,
    detail:
      "The first request was interrupted. It may or may not have taken effect. It will not be run again.",
    ...refused,
  },
);
check(
  "idempotency_response_not_kept",
  { original: { status: 201, location: "/payments/1" } },
  {
    status: 409,
    detail: "The first request was answered with 201. Its body was not kept.",
    more: { original: { status: 201, location: "/payments/1" } },
    ...refused,
  },
);
check(
  "idempotency_response_not_kept",
  { original: { status: 200 } },
  {
    status: 409,
    detail: "The first request was answered with 200. Its body was not kept.",
    more: { original: { status: 200 } },
    ...refused,
  },
);
check(
  "idempotency_response_not_kept",
  {},
  {
    status: 409,
    detail: "The first request was answered. Its answer was not kept.",
    ...refused,
  },
);
check(
  "idempotency_key_registered",
  {},
  {
    status: 409,
    detail: "A request with this key was already received.",
    ...refused,
  },
);
check(
  "idempotency_store_unavailable",
  {},
  {
    status: 503,
    detail: "The record of this key cannot be reached or read. This request was not run.",
    ...later("5"),
  },
);
check(
  "idempotency_not_recorded",
  {},
  {
    status: 503,
    detail:
      "The request ran, but its result could not be stored. Sending the same request again is safe.",
    ...later("1"),
  },
);
for (const [upstream, status] of [
  ["failed", 502],
  ["timed-out", 504],
] as const) {
  check(
    "idempotency_outcome_unknown",
    { upstream },
    {
      status,
      detail: "The upstream gave no answer. It may or may not have acted.",
      ...refused,
    },
  );
  check(
    "idempotency_upstream_failed",
    { upstream },
    {
      status,
      detail: "The upstream gave no answer. Sending the same request again is safe.",
      ...later("1"),
    },
  );
}
check(
  "idempotency_upstream_unreachable",
  {},
  {
    status: 502,
    detail: "The upstream cannot be reached. Nothing was sent.",
    ...later("1"),
  },
);

test("P-81: every code of the table has a row here", () => {
  deepEqual([...new Set(rows.map(([code]) => code))].sort(), Object.keys(PROBLEMS).sort());
});

test("P-34: the members come in one order, without spaces", () => {
  equal(
    text.decode(problem("idempotency_in_flight").body),
    '{"type":"urn:problem-type:oncekey:idempotency_in_flight","title":"Still running",' +
      '"status":409,"detail":"The first request with this key is still running. Send the same ' +
      'request again in 1 second.","code":"idempotency_in_flight","retryable":true}',
  );
  const original = { location: "/payments/1", status: 201 };
  equal(
    text
      .decode(problem("idempotency_response_not_kept", { original }).body)
      .split('"retryable"')[1],
    ':false,"original":{"status":201,"location":"/payments/1"}}',
  );
});

test("P-1: a missing key leads to the documentation, if there is one", () => {
  const link = (facts: ProblemFacts): string | undefined =>
    problem("idempotency_key_required", facts).headers.find(([name]) => name === "Link")?.[1];
  equal(link({ docs: DOCS }), `<${DOCS}#idempotency_key_required>; rel="describedby"`);
  equal(link({}), undefined);
  const others = problem("idempotency_conflict", { docs: DOCS }).headers;
  doesNotMatch(others.flat().join(), /describedby/);
});

test("P-80: Content-Length counts bytes, not characters", () => {
  const original = { status: 201, location: "/é/€" };
  const { headers, body } = problem("idempotency_response_not_kept", { original });
  equal(headers.find(([name]) => name === "Content-Length")?.[1], String(body.length));
  equal(JSON.parse(text.decode(body)).original.location, original.location);
});
