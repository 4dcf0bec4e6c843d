/** Each profile with its table of answers, from a real server: what is sent, and what is said. */
import { deepEqual, equal } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createIdempotentFetch, type Server, stripeServer } from "../../src/client/index.ts";
import { hurriedTime } from "./hurried-time.ts";
import { type MockServer, mockServer, type Step } from "./mock-server.ts";

let server: MockServer;
before(async () => {
  server = await mockServer();
});
after(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
});

interface Row {
  readonly answers: readonly Step[];
  readonly sends: number;
  /** A status, or the name of the error and its reason. */
  readonly said: number | string;
}

async function said(profile: Server): Promise<number | string> {
  const send = createIdempotentFetch({ server: profile }, hurriedTime().ports);
  try {
    return (await send(`${server.origin}/pay`, { method: "POST", json: {} })).status;
  } catch (error) {
    const { name, reason } = error as { name: string; reason?: string };
    return reason === undefined ? name : `${name}: ${reason}`;
  }
}

function check(name: string, profile: Server, rows: readonly Row[]): void {
  for (const { answers, sends, said: expected } of rows) {
    const summary = answers.map((step) => step.drops ?? `${step.status} ${step.body ?? ""}`);
    test(`C-27: ${name}: after ${summary.join(", then ")}`, async () => {
      server.play(...answers);
      equal(await said(profile), expected);
      equal(server.seen.length, sends);
    });
  }
}

const stripe = (status: number, error: object, headers: Step["headers"] = {}): Step => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ error }),
});
const IN_USE = stripe(409, { type: "idempotency_error", code: "idempotency_key_in_use" });
const AGAIN = { "stripe-should-retry": "true" };
const ENOUGH = { "stripe-should-retry": "false" };
const DROP: Step = { drops: "before" };

check("stripe", stripeServer, [
  { answers: [DROP], sends: 2, said: 201 },
  { answers: [stripe(500, { type: "api_error" })], sends: 2, said: 201 },
  { answers: [stripe(500, {}, ENOUGH)], sends: 1, said: "OutcomeUnknown: unavailable" },
  { answers: [{ ...stripe(500, {}), marked: true }], sends: 1, said: 500 },
  { answers: [IN_USE, IN_USE], sends: 3, said: 201 },
  {
    answers: [{ ...IN_USE, headers: { ...IN_USE.headers, ...ENOUGH } }],
    sends: 1,
    said: "OutcomeUnknown: in_flight",
  },
  { answers: [stripe(400, { type: "idempotency_error" })], sends: 1, said: "KeyConflict" },
  { answers: [stripe(402, { type: "card_error" })], sends: 1, said: 402 },
  { answers: [stripe(429, {})], sends: 1, said: 429 },
  { answers: [stripe(429, {}, AGAIN)], sends: 2, said: 201 },
  { answers: [DROP, stripe(402, {})], sends: 2, said: 402 },
  { answers: [DROP, stripe(401, {})], sends: 2, said: "OutcomeUnknown: auth" },
  { answers: [DROP, stripe(429, {})], sends: 2, said: "OutcomeUnknown: unproven" },
]);

check("unknown", "unknown", [
  { answers: [{ status: 200 }], sends: 1, said: 200 },
  { answers: [{ status: 404 }], sends: 1, said: 404 },
  { answers: [DROP], sends: 1, said: "OutcomeUnknown: network" },
  { answers: [{ status: 401 }], sends: 1, said: "OutcomeUnknown: auth" },
  ...[408, 409, 425, 429, 500, 503].map((status) => ({
    answers: [{ status, headers: { "retry-after": "1" } }],
    sends: 1,
    said: "OutcomeUnknown: unavailable",
  })),
]);

check("undeclared", {}, [
  { answers: [{ status: 503 }], sends: 1, said: 503 },
  { answers: [{ status: 401 }], sends: 1, said: 401 },
  { answers: [DROP], sends: 1, said: "TypeError" },
]);

test("C-27: an undeclared origin is sent no header of ours", async () => {
  server.play();
  await said({});
  deepEqual(
    Object.keys(server.seen[0]?.headers ?? {}).filter((name) => name.includes("idempot")),
    [],
  );
});

test("C-27: a profile of your own says what is sent again, and what an answer means", async () => {
  server.play({ status: 299 });
  const own = {
    ...stripeServer,
    classify: ({ status }: Response) =>
      status === 299
        ? ({ kind: "again", reason: "unavailable" } as const)
        : ({ kind: "done" } as const),
  };
  equal(await said(own), 201);
  equal(server.seen.length, 2);
});
