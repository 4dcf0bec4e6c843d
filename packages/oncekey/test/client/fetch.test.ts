/** The wrapper around `fetch`, seen from a server that does as its script says. */
import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  createIdempotentFetch,
  type IdempotentFetchOptions,
  KeyConflict,
  OutcomeUnknown,
  RequestRefused,
  ResponseNotKept,
} from "../../src/client/index.ts";
import type { ProblemCode } from "../../src/protocol/problem.ts";
import { hurriedTime } from "./hurried-time.ts";
import { type MockServer, mockServer, type Step } from "./mock-server.ts";

let server: MockServer;
before(async () => {
  server = await mockServer();
});
after(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
  server.play();
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DROP: Step = { drops: "before" };

function client(options: IdempotentFetchOptions = {}) {
  const time = hurriedTime();
  const send = createIdempotentFetch({ server: "oncekey", ...options }, time.ports);
  return {
    time,
    send,
    pay: (json: unknown = { sum: 1 }) => send(at("/pay"), { method: "POST", json }),
  };
}

const at = (path: string): string => `${server.origin}${path}`;
const keys = (): (string | undefined)[] => server.seen.map(({ key }) => key);
const bodies = (): string[] => server.seen.map(({ body }) => body);

/** One key and one body, however often it was sent. */
function sentAlike(times: number): void {
  equal(server.seen.length, times);
  equal(new Set(keys()).size, 1);
  equal(new Set(bodies()).size, 1);
}

async function unknown(promise: Promise<unknown>): Promise<OutcomeUnknown> {
  try {
    await promise;
  } catch (error) {
    ok(error instanceof OutcomeUnknown, String(error));
    return error;
  }
  throw new Error("Expected the outcome to be unknown, and there was an answer.");
}

/** Until the server has seen so many requests. */
async function arrived(count: number): Promise<void> {
  for (let turn = 0; turn < 2_000 && server.seen.length < count; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  equal(server.seen.length, count, "the requests have arrived");
}

function gate() {
  let open = (): void => {};
  const until = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { until, open };
}

test("P-138, C-3: the first send has the key: a random UUID, bare, in the header, in no URL", async () => {
  const response = await client().pay();
  const [seen] = server.seen;
  match(seen?.key ?? "", UUID);
  equal(seen?.path, "/pay");
  equal(response.idempotency.key, seen?.key);
  deepEqual(await response.json(), { id: 1 });
});

test("C-6: a strict server gets the key quoted", async () => {
  const oncekey = client();
  const { oncekeyServer } = await import("../../src/client/profiles.ts");
  const send = createIdempotentFetch(
    { server: { ...oncekeyServer, keyFormat: "quoted" } },
    oncekey.time.ports,
  );
  const { idempotency } = await send(at("/pay"), { method: "POST", key: "a\\b" });
  equal(keys()[0], '"a\\\\b"');
  equal(idempotency.key, "a\\b");
});

test("P-139: the server cuts two connections and then answers: three sends, one key, equal bytes", async () => {
  server.play(DROP, DROP);
  const { idempotency, status } = await client().pay();
  equal(status, 201);
  equal(idempotency.attempts, 3);
  sentAlike(3);
});

test("C-4: the boundary of a form is the same in every send", async () => {
  server.play(DROP);
  const body = new FormData();
  body.set("dish", "soup");
  body.set("file", new Blob(["x"]), "x.txt");
  await client().send(at("/pay"), { method: "POST", body });
  sentAlike(2);
  const types = server.seen.map(({ headers }) => headers["content-type"]);
  match(types[0] ?? "", /^multipart\/form-data; boundary=/);
  equal(types[0], types[1]);
});

test("C-4: what is sent does not change with the object that it was made from", async () => {
  server.play(DROP);
  const order = { sum: 1 };
  const sent = client().pay(order);
  order.sum = 2;
  await sent;
  deepEqual(bodies(), ['{"sum":1}', '{"sum":1}']);
});

test("C-4: a stream is never sent again", async () => {
  server.play(DROP);
  const body = new Blob(["once"]).stream();
  const init = { method: "POST", body, duplex: "half" };
  const error = await unknown(client().send(at("/pay"), init));
  equal(error.reason, "network");
  equal(await unknown(error.resume()), error);
  sentAlike(1);
});

test("C-5: methods that are not listed pass untouched, and are not sent again", async () => {
  const { send } = client();
  server.play({ status: 503 });
  equal((await send(at("/a"), { method: "PUT", body: "x" })).status, 503);
  equal((await send(at("/b"))).idempotency.key, undefined);
  deepEqual(keys(), [undefined, undefined]);
  deepEqual(bodies(), ["x", ""]);
  await client({ methods: ["PUT"] }).send(at("/c"), { method: "PUT" });
  match(keys()[2] ?? "", UUID);
});

test("C-5: a key field that the caller set is used as it is", async () => {
  server.play(DROP);
  const headers = { "Idempotency-Key": '"mine"' };
  const { idempotency } = await client().send(at("/pay"), { method: "POST", headers });
  deepEqual(keys(), ['"mine"', '"mine"']);
  equal(idempotency.key, '"mine"');
});

test("C-7: calls with one key and the same bytes share one send, and each can read the answer", async () => {
  const { until, open } = gate();
  server.play({ until });
  const { send } = client();
  const calls = [1, 2, 3].map(() => send(at("/pay"), { method: "POST", json: { a: 1 }, key: "k" }));
  await arrived(1);
  open();
  const responses = await Promise.all(calls);
  deepEqual(await Promise.all(responses.map((each) => each.text())), Array(3).fill('{"id":1}'));
  equal(server.seen.length, 1);
});

test("C-7: other bytes under a key in flight are a conflict, and are not sent", async () => {
  const { until, open } = gate();
  server.play({ until });
  const { send } = client();
  const first = send(at("/pay"), { method: "POST", json: 1, key: "k" });
  await rejects(send(at("/pay"), { method: "POST", json: 2, key: "k" }), KeyConflict);
  open();
  equal((await first).status, 201);
  equal(server.seen.length, 1);
});

test("C-7: one of those who share a send may leave, and the others still get their answer", async () => {
  const { until, open } = gate();
  server.play({ until });
  const { send } = client();
  const leaving = new AbortController();
  const init = { method: "POST", key: "k" };
  const one = unknown(send(at("/pay"), { ...init, signal: leaving.signal }));
  const other = send(at("/pay"), init);
  await arrived(1);
  leaving.abort();
  equal((await one).reason, "aborted");
  open();
  equal(await (await other).text(), '{"id":1}');
});

for (const status of [408, 425, 429, 500, 502, 503, 504]) {
  test(`P-140, C-8: after ${status} the next send has the same key and bytes, at most four in all`, async () => {
    server.play(...Array(5).fill({ status }));
    const error = await unknown(client().pay());
    equal(error.reason, "unavailable");
    equal(error.response?.status, status);
    equal(error.attempts, 4);
    sentAlike(4);
  });

  test(`P-142, C-8: ${status} with the marker is the answer, and no send follows`, async () => {
    server.play({ status, marked: true });
    const response = await client().pay();
    equal(response.status, status);
    equal(response.idempotency.replayed, true);
    sentAlike(1);
  });
}

test("C-8: any other 5xx is unknown at once", async () => {
  server.play({ status: 501 });
  equal((await unknown(client().pay())).reason, "unavailable");
  sentAlike(1);
});

test("C-8: a send that gets no answer in time is made again", async () => {
  const { until, open } = gate();
  server.play({ until });
  const { time, pay } = client();
  const paid = pay();
  await arrived(1);
  time.expire();
  equal((await paid).status, 201);
  sentAlike(2);
  open();
});

test("P-141, C-9: without a word of the server: 300 ms, doubling, with full jitter", async () => {
  server.play(DROP, DROP, DROP, DROP);
  const { time, pay } = client();
  await unknown(pay());
  deepEqual(time.waits, [150, 300, 600]);
});

test("C-9: the doubling ends at 8 s", async () => {
  server.play(...Array(8).fill(DROP));
  const { time, pay } = client({ retry: { attempts: 8 } });
  time.chance = 1;
  await unknown(pay());
  deepEqual(time.waits, [300, 600, 1_200, 2_400, 4_800, 8_000, 8_000]);
});

const RETRY_AFTER: readonly [string, Readonly<Record<string, string>>, number][] = [
  ["in seconds", { "retry-after": "7" }, 7_000],
  ["at most 60 s", { "retry-after": "3600" }, 60_000],
  [
    "as a date, by the server's clock",
    {
      "retry-after": "Wed, 21 Oct 2015 07:28:09 GMT",
      date: "Wed, 21 Oct 2015 07:28:00 GMT",
    },
    9_000,
  ],
  [
    "as a date that has passed",
    {
      "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT",
      date: "Wed, 21 Oct 2015 07:29:00 GMT",
    },
    0,
  ],
  ["or is passed over if it is neither", { "retry-after": "soon" }, 150],
];
for (const [how, headers, ms] of RETRY_AFTER) {
  test(`P-141, C-9: Retry-After goes first, ${how}`, async () => {
    server.play({ status: 503, headers });
    const { time, pay } = client();
    await pay();
    deepEqual(time.waits, [ms]);
  });
}

test("C-9: a wait that does not fit the budget ends the attempts", async () => {
  server.play(...Array(3).fill({ status: 503, headers: { "retry-after": "50" } }));
  const { time, pay } = client();
  equal((await unknown(pay())).reason, "unavailable");
  deepEqual(time.waits, [50_000, 50_000]);
  sentAlike(3);
});

test("P-143, C-9: in flight: the same key after Retry-After, by the budget and not by the attempts", async () => {
  server.play(...Array(7).fill({ problem: "idempotency_in_flight" }));
  const { time, pay } = client();
  equal((await pay()).status, 201);
  sentAlike(8);
  deepEqual(time.waits, Array(7).fill(1_000));
});

test("C-9: still in flight when the budget is spent", async () => {
  server.play(...Array(9).fill({ problem: "idempotency_in_flight" }));
  const error = await unknown(client({ budgetMs: 3_500 }).pay());
  equal(error.reason, "in_flight");
  equal(error.problem?.code, "idempotency_in_flight");
  sentAlike(4);
});

for (const status of [409, 422]) {
  test(`P-143, C-10: a ${status} without a code of ours is the application's own answer`, async () => {
    server.play({ status, body: '{"code":"sold_out"}' });
    const response = await client().pay();
    equal(response.status, status);
    deepEqual(await response.json(), { code: "sold_out" });
    sentAlike(1);
  });
}

test("C-11: aborted before the first send, it rejects with the signal's reason", async () => {
  const reason = new Error("left");
  const { send } = client();
  const signal = AbortSignal.abort(reason);
  await rejects(send(at("/pay"), { method: "POST", signal }), reason);
  const controller = new AbortController();
  const sending = send(at("/pay"), { method: "POST", body: "x", signal: controller.signal });
  controller.abort(reason);
  await rejects(sending, reason);
  equal(server.seen.length, 0);
});

test("C-11: aborted after it, the outcome is unknown", async () => {
  const { until, open } = gate();
  server.play({ until });
  const controller = new AbortController();
  const paid = unknown(client().send(at("/pay"), { method: "POST", signal: controller.signal }));
  await arrived(1);
  controller.abort();
  const error = await paid;
  equal(error.reason, "aborted");
  equal((error.cause as Error).name, "AbortError");
  open();
});

test("C-11: an abort ends a wait as well", async () => {
  server.play(DROP);
  const { send, time } = client();
  const controller = new AbortController();
  const held = time.hold();
  const paid = unknown(send(at("/pay"), { method: "POST", signal: controller.signal }));
  for (let turn = 0; turn < 2_000 && time.waits.length === 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  controller.abort();
  equal((await paid).reason, "aborted");
  held.go();
  sentAlike(1);
});

const UNKNOWN: readonly [ProblemCode, string][] = [
  ["idempotency_outcome_unknown", "in_doubt"],
  ["idempotency_key_registered", "registered"],
  ["idempotency_body_unreadable", "in_doubt"],
  ["idempotency_too_late", "expired"],
];
for (const [code, reason] of UNKNOWN) {
  test(`P-142, C-12: ${code} is unknown (${reason}), and no send follows`, async () => {
    server.play({ problem: code });
    const error = await unknown(client().pay());
    equal(error.reason, reason);
    equal(error.problem?.code, code);
    sentAlike(1);
  });
}

const REFUSED: readonly ProblemCode[] = [
  "idempotency_key_required",
  "idempotency_key_invalid",
  "idempotency_scope_unresolved",
  "idempotency_request_too_large",
];
for (const code of REFUSED) {
  test(`C-12: ${code} is refused; with an earlier send open it is unknown`, async () => {
    server.play({ problem: code });
    await rejects(client().pay(), RequestRefused);
    server.play(DROP, { problem: code, echoes: true });
    const error = await unknown(client().pay());
    equal(error.reason, code === "idempotency_scope_unresolved" ? "auth" : "unproven");
  });
}

test("C-12: a conflict has its error, with the key, the sends and the answer, and says none of them", async () => {
  server.play({ problem: "idempotency_conflict" });
  const paid = client().send(at("/pay"), {
    method: "POST",
    key: "secret-key",
    body: "secret-body",
  });
  await rejects(paid, (error: unknown) => {
    ok(error instanceof KeyConflict);
    equal(error.key, "secret-key");
    equal(error.attempts, 1);
    equal(error.response?.status, 422);
    equal(error.problem?.title, "Key used otherwise");
    ok(!/secret|127/.test(error.message));
    return true;
  });
});

test("P-144, C-12: an answer that was not kept is an error with what it was", async () => {
  const original = { status: 201, location: "/payments/1" };
  server.play({ problem: "idempotency_response_not_kept", original });
  await rejects(client().pay(), (error: unknown) => {
    ok(error instanceof ResponseNotKept);
    deepEqual(error.original, original);
    return true;
  });
});

test("C-12: resume sends the same bytes under the same key, on a fresh budget", async () => {
  server.play(DROP, DROP, DROP, DROP, DROP);
  const error = await unknown(client().pay());
  equal(error.reason, "network");
  ok(error.cause instanceof TypeError);
  equal((await error.resume()).status, 201);
  sentAlike(6);
});

test("P-146: a 4xx after a send without an answer is one only with the echo and no code of ours", async () => {
  server.play(DROP, { status: 403 });
  equal((await unknown(client().pay())).reason, "auth");
  server.play(DROP, { status: 404 });
  equal((await unknown(client().pay())).reason, "unproven");
  server.play(DROP, { status: 404, echoes: true });
  equal((await client().pay()).status, 404);
  server.play(DROP, { status: 404, marked: true });
  equal((await client().pay()).status, 404);
});

test("P-146: what is resumed is still open", async () => {
  server.play(...Array(4).fill(DROP), { status: 404 });
  const error = await unknown(client().pay());
  equal((await unknown(error.resume())).reason, "unproven");
});

test("P-153: what may be older than the server's memory is not sent again", async () => {
  server.play(...Array(4).fill(DROP));
  const { time, pay } = client();
  const error = await unknown(pay());
  time.sleep(23 * 3_600_000 + 1);
  equal((await unknown(error.resume())).reason, "expired");
  equal(server.seen.length, 4);
});

test("P-153: a device that slept through a wait does not send either", async () => {
  server.play(DROP);
  const { time, pay } = client();
  const held = time.hold();
  const paid = unknown(pay());
  await arrived(1);
  for (let turn = 0; turn < 2_000 && time.waits.length === 0; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  time.sleep(24 * 3_600_000);
  held.go();
  equal((await paid).reason, "expired");
  equal(server.seen.length, 1);
});

test("C-13, S-27: a problem of more than 64 KiB is not read", async () => {
  const huge = JSON.stringify({
    code: "idempotency_in_flight",
    retryable: true,
    a: "a".repeat(65_536),
  });
  const headers = { "content-type": "application/problem+json" };
  server.play({ status: 409, headers, body: huge });
  const response = await client().pay();
  equal(response.status, 409);
  equal((await response.text()).length, huge.length);
});

test("C-13: a problem is one by its type, whatever its members say", async () => {
  const body = JSON.stringify({ code: "idempotency_in_flight", retryable: true });
  server.play({ status: 409, body, headers: { "content-type": "application/json" } });
  equal((await client().pay()).status, 409);
  server.play({
    status: 409,
    body,
    headers: { "content-type": "Application/Problem+JSON; charset=utf-8" },
  });
  equal((await client().pay()).status, 201);
});

test("C-13: a problem that is cut off is no answer: its status alone would be taken for a no", async () => {
  server.play({ problem: "idempotency_in_flight", drops: "in-body" });
  equal((await client().pay()).status, 201);
  sentAlike(2);
});

test("C-13: where CORS hides the marker, `replayed` is null", async () => {
  const hidden = async (request: Request, init: RequestInit) =>
    Object.defineProperty(await fetch(request, init), "type", { value: "cors" });
  const { pay } = client({ fetch: hidden });
  equal((await pay()).idempotency.replayed, null);
  server.play({ echoes: true });
  equal((await pay()).idempotency.replayed, false);
  server.play({ marked: true });
  equal((await pay()).idempotency.replayed, true);
});

test("C-15: a 307 sends the same key to another path", async () => {
  server.play({ status: 307, headers: { location: "/elsewhere" } });
  await client().pay();
  deepEqual(
    server.seen.map(({ path }) => path),
    ["/pay", "/elsewhere"],
  );
  equal(new Set(keys()).size, 1);
});

test("C-15: a 303 is followed without the work being asked for again", async () => {
  server.play({ status: 303, headers: { location: "/thanks" } }, { executes: false, status: 200 });
  equal((await client().pay()).status, 200);
  deepEqual(
    server.seen.map(({ method }) => method),
    ["POST", "GET"],
  );
});

test("one intent has one key until there is a definite answer", async () => {
  const { send } = client();
  const pay = () => send(at("/pay"), { method: "POST", intent: "checkout:cart42" });
  server.play(...Array(4).fill(DROP));
  await unknown(pay());
  await pay();
  sentAlike(5);
  await pay();
  notEqual(keys()[5], keys()[4]);
});

test("one intent, called twice in one task, is one send", async () => {
  const { send } = client();
  const pay = () => send(at("/pay"), { method: "POST", json: 1, intent: "checkout:cart42" });
  await Promise.all([pay(), pay(), pay()]);
  sentAlike(1);
});

test("C-27: a server that ignores keys gets nothing twice: unknown, and undeclared", async () => {
  server.play(DROP);
  equal((await unknown(client({ server: "unknown" }).pay())).reason, "network");
  match(keys()[0] ?? "", UUID);
  server.play(DROP);
  await rejects(client({ server: {} }).pay(), TypeError);
  equal(keys()[1], undefined);
  equal(server.seen.length, 2);
});

test("C-28: a map names the profile of each origin", async () => {
  server.play(DROP);
  const mapped = client({
    server: { [server.origin]: "oncekey", "https://other.example": "unknown" },
  });
  equal((await mapped.pay()).status, 201);
  sentAlike(2);
});

test("C-28: outside a browser the server must be declared", async () => {
  const send = createIdempotentFetch();
  await rejects(send(at("/pay"), { method: "POST" }), /TypeError: Expected `server` to be given/);
  equal(server.seen.length, 0);
});

test("a key that comes again after an unknown outcome is still open", async () => {
  const { send } = client();
  const pay = () => send(at("/pay"), { method: "POST", key: "k", body: "soup" });
  server.play(...Array(4).fill(DROP), { status: 404 });
  await unknown(pay());
  equal((await unknown(pay())).reason, "unproven");
  equal((await pay()).status, 201);
});

test("C-24: other bytes under an open key are not sent to a server that would not tell them apart", async () => {
  const { send } = client({ server: "unknown" });
  const pay = (body: string) => send(at("/pay"), { method: "POST", intent: "cart42", body });
  server.play(DROP);
  await unknown(pay("soup"));
  await rejects(pay("stew"), KeyConflict);
  equal(server.seen.length, 1);
  equal((await pay("soup")).status, 201);
  sentAlike(2);
});

test("C-8: a problem with the marker is a kept answer: no send follows, whatever it says of itself", async () => {
  server.play({ problem: "idempotency_upstream_failed", marked: true });
  equal((await unknown(client().pay())).reason, "in_doubt");
  sentAlike(1);
});

test("C-11: when nobody waits any more, the send itself is ended", async () => {
  const { until, open } = gate();
  server.play({ until });
  let sending: AbortSignal | null | undefined;
  const watched = (request: Request, init: RequestInit) => {
    sending = init.signal;
    return fetch(request, init);
  };
  const controller = new AbortController();
  const { send } = client({ fetch: watched });
  const init = { method: "POST", signal: controller.signal };
  const paid = unknown(send(at("/pay"), init));
  await arrived(1);
  equal(sending?.aborted, false);
  controller.abort();
  await paid;
  equal(sending?.aborted, true);
  open();
});

test("C-41: a send outlives its page while the bodies of such sends stay under 60 KiB together", async () => {
  const held: { keepalive: boolean; answer(): void }[] = [];
  const { send } = client({
    fetch: (_, { keepalive = false }) =>
      new Promise((resolve) => {
        held.push({ keepalive, answer: () => resolve(new Response("{}", { status: 201 })) });
      }),
  });
  const sent = async (count: number) => {
    for (let turn = 0; turn < 2_000 && held.length < count; turn++) await new Promise(setImmediate);
    equal(held.length, count, "the sends have left");
  };
  const pay = (bytes: number) =>
    send(at("/pay"), { method: "POST", body: new Uint8Array(bytes).fill(49) });
  const first = pay(40_000);
  await sent(1);
  const second = pay(40_000);
  await sent(2);
  const third = pay(1_000);
  await sent(3);
  deepEqual(
    held.map(({ keepalive }) => keepalive),
    [true, false, true],
  );
  for (const { answer } of held) answer();
  await Promise.all([first, second, third]);
  const fourth = pay(61_439);
  await sent(4);
  held[3]?.answer();
  await fourth;
  const fifth = pay(61_440);
  await sent(5);
  held[4]?.answer();
  await fifth;
  deepEqual(
    held.slice(3).map(({ keepalive }) => keepalive),
    [true, false],
  );
});
