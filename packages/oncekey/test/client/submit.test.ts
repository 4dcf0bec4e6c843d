/** The deck's machine over real sockets: one intent, one key, and what a person is told. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Bodies, Snapshot } from "../../src/client/index.ts";
import type { SubmitOptions } from "../../src/client/submit-options.ts";
import { type MockServer, mockServer, type Step } from "./mock-server.ts";
import { type Order, openPage as open, type Page } from "./reload.ts";

let server: MockServer;
before(async () => {
  server = await mockServer();
});
after(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
  server.play();
});

const SOUP: Order = { dish: "soup" };
const STEW: Order = { dish: "stew" };
const DROP: Step = { drops: "before" };
const SILENCE: readonly Step[] = [DROP, DROP, DROP, DROP];

const openPage = (options: Partial<SubmitOptions<Order>> = {}): Page =>
  open(server.origin, options);
const keys = (): (string | undefined)[] => server.seen.map(({ key }) => key);
const bodies = (): string[] => server.seen.map(({ body }) => body);
const keptBy = ({ kept }: Page): Record<string, unknown> =>
  JSON.parse(kept.get("oncekey:checkout") ?? "{}");

/** Until `holds`. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  ok(holds(), what);
}

function gate() {
  let go = (): void => {};
  const opened = new Promise<void>((resolve) => {
    go = resolve;
  });
  return { opened, go };
}

test("P-150, C-16: three calls in one task are one send, and get the same promise", async () => {
  const { submit } = openPage();
  const calls = [submit.submit(SOUP), submit.submit(SOUP), submit.submit(STEW)];
  equal(submit.getSnapshot().phase, "SUBMIT");
  equal(new Set(calls).size, 1);
  equal((await calls[0])?.status, "success");
  equal(server.executions(), 1);
  deepEqual(bodies(), ['{"dish":"soup"}']);
});

test("P-144: after a success the next submit has a new key", async () => {
  const { submit } = openPage();
  const first = await submit.submit(SOUP);
  deepEqual(first.data, { id: 1 });
  equal(first.key, keys()[0]);
  equal(first.canSubmit, false);
  await submit.submit(SOUP);
  notEqual(keys()[1], keys()[0]);
});

interface Row {
  readonly name: string;
  readonly answers: readonly Step[];
  readonly options?: Partial<SubmitOptions<Order>>;
  readonly status: Snapshot["status"];
  readonly reason?: string | null;
  readonly sends: number;
  /** What the next submit sends. */
  readonly next: "same key" | "new key";
}

const inFlight: Step = { problem: "idempotency_in_flight" };
const notKept = (status: number): Step => ({
  problem: "idempotency_response_not_kept",
  original: { status },
});
const again = (step: Step): readonly Step[] => [step, step, step, step];

/** "Reuse or rotate", line by line. */
const ROWS: readonly Row[] = [
  { name: "2xx", answers: [{ status: 200 }], status: "success", sends: 1, next: "new key" },
  {
    name: "a redirect that was followed",
    answers: [
      { status: 303, headers: { location: "/thanks" } },
      { executes: false, status: 200 },
    ],
    ...{ status: "success", sends: 2, next: "new key" },
  },
  {
    name: "4xx, nothing open",
    answers: [{ status: 422 }],
    status: "rejected",
    sends: 1,
    next: "new key",
  },
  {
    name: "409 of the application",
    answers: [{ status: 409 }],
    status: "rejected",
    sends: 1,
    next: "new key",
  },
  {
    name: "4xx while open, echoed",
    answers: [DROP, { status: 404, echoes: true }],
    ...{ status: "rejected", sends: 2, next: "new key" },
  },
  {
    name: "4xx while open, with the marker",
    answers: [DROP, { status: 404, marked: true }],
    ...{ status: "rejected", sends: 2, next: "new key" },
  },
  {
    name: "4xx while open, with neither",
    answers: [DROP, { status: 404 }],
    ...{ status: "unknown", reason: "unproven", sends: 2, next: "same key" },
  },
  // A 407 is a network error to Node's fetch, and to a browser one of its own proxy.
  ...[401, 403].map(
    (status): Row => ({
      name: `${status} while open`,
      answers: [DROP, { status }],
      ...{ status: "unknown", reason: "auth", sends: 2, next: "same key" },
    }),
  ),
  {
    name: "5xx with the marker",
    answers: [{ status: 500, marked: true }],
    status: "failed",
    sends: 1,
    next: "same key",
  },
  {
    name: "no answer",
    answers: SILENCE,
    status: "unknown",
    reason: "network",
    sends: 4,
    next: "same key",
  },
  ...[408, 425, 429, 500, 502, 503, 504].map(
    (status): Row => ({
      name: `${status} without marker or code`,
      answers: again({ status }),
      ...{ status: "unknown", reason: "unavailable", sends: 4, next: "same key" },
    }),
  ),
  {
    name: "idempotency_store_unavailable",
    answers: again({ problem: "idempotency_store_unavailable" }),
    ...{ status: "unknown", reason: "unavailable", sends: 4, next: "same key" },
  },
  {
    name: "any other 5xx",
    answers: [{ status: 501 }],
    ...{ status: "unknown", reason: "unavailable", sends: 1, next: "same key" },
  },
  {
    name: "in flight, then done",
    answers: [inFlight, inFlight],
    status: "success",
    sends: 3,
    next: "new key",
  },
  {
    name: "in flight until the budget is spent",
    answers: Array(9).fill(inFlight),
    options: { budgetMs: 3_500 },
    ...{ status: "unknown", reason: "in_flight", sends: 4, next: "same key" },
  },
  ...(
    [
      ["idempotency_outcome_unknown", "in_doubt"],
      ["idempotency_key_registered", "registered"],
      ["idempotency_body_unreadable", "in_doubt"],
      ["idempotency_too_late", "expired"],
    ] as const
  ).map(
    ([problem, reason]): Row => ({
      name: problem,
      answers: [{ problem }],
      ...{ status: "unknown", reason, sends: 1, next: "same key" },
    }),
  ),
  {
    name: "not kept, of a 201",
    answers: [notKept(201)],
    status: "success",
    sends: 1,
    next: "new key",
  },
  {
    name: "not kept, of a 404",
    answers: [DROP, notKept(404)],
    status: "rejected",
    sends: 2,
    next: "new key",
  },
  {
    name: "not kept, of a 500",
    answers: [notKept(500)],
    status: "failed",
    sends: 1,
    next: "same key",
  },
  ...(
    [
      ["idempotency_key_required", "unproven"],
      ["idempotency_key_invalid", "unproven"],
      ["idempotency_request_too_large", "unproven"],
      ["idempotency_scope_unresolved", "auth"],
    ] as const
  ).flatMap(([problem, reason]): Row[] => [
    { name: problem, answers: [{ problem }], status: "rejected", sends: 1, next: "new key" },
    {
      name: `${problem} while open`,
      answers: [DROP, { problem, echoes: true }],
      ...{ status: "unknown", reason, sends: 2, next: "same key" },
    },
  ]),
  {
    name: "idempotency_conflict",
    answers: [{ problem: "idempotency_conflict" }],
    ...{ status: "conflict", sends: 1, next: "same key" },
  },
];

for (const { name, answers, options, status, reason = null, sends, next } of ROWS) {
  test(`C-24: ${name}: ${status}, and the next submit has the ${next}`, async () => {
    server.play(...answers);
    const { submit } = openPage(options);
    const snapshot = await submit.submit(SOUP);
    deepEqual([snapshot.status, snapshot.reason], [status, reason]);
    const posts = server.seen.filter(({ method }) => method === "POST");
    equal(server.seen.length, sends);
    equal(new Set(posts.map(({ key }) => key)).size, 1);
    equal(new Set(posts.map(({ body }) => body)).size, 1);
    await submit.submit(SOUP);
    const [key] = keys();
    equal(keys().at(-1) === key ? "same key" : "new key", next);
    equal(bodies().at(-1), bodies()[0]);
  });
}

test("C-24: aborted after the send: unknown, and the next submit has the same key", async () => {
  const { opened, go } = gate();
  server.play({ until: opened });
  const { submit } = openPage();
  const submitted = submit.submit(SOUP);
  await until("the request has arrived", () => server.seen.length === 1);
  submit.abort();
  const { status, reason } = await submitted;
  deepEqual([status, reason], ["unknown", "aborted"]);
  go();
  await submit.submit(SOUP);
  equal(keys()[0], keys()[1]);
});

test("C-24: aborted before the send: READY, and nothing was sent", async () => {
  const { submit } = openPage();
  const submitted = submit.submit(SOUP);
  submit.abort();
  equal((await submitted).status, "ready");
  equal(server.seen.length, 0);
});

test("P-148, C-24: edited while open: the same key with the new bytes, and a conflict says what it proves", async () => {
  server.play(...SILENCE, { problem: "idempotency_conflict" });
  const { submit } = openPage();
  await submit.submit(SOUP);
  const { status, message } = await submit.submit(STEW);
  equal(status, "conflict");
  match(message, /earlier request was received/);
  equal(new Set(keys()).size, 1);
  deepEqual(bodies().slice(-1), ['{"dish":"stew"}']);
  // The key stands for the first version: a check asks what came of that.
  equal((await submit.check()).status, "success");
  deepEqual(bodies().slice(-1), ['{"dish":"soup"}']);
  equal(new Set(keys()).size, 1);
});

test("C-24: edited while open on a server that compares no bodies: not sent", async () => {
  server.play(DROP);
  const { submit } = openPage({ server: "unknown" });
  await submit.submit(SOUP);
  const { status, reason } = await submit.submit(STEW);
  deepEqual([status, reason], ["conflict", "edited"]);
  equal(server.seen.length, 1);
  // The earlier bytes may be sent: the person has decided to.
  equal((await submit.submit(SOUP)).status, "success");
  equal(keys()[1], keys()[0]);
});

test("C-24, S-26: another principal gets nothing of it: no key, no status, no record", async () => {
  server.play(...SILENCE);
  let person = "ann";
  const page = openPage({ principal: () => person });
  await page.submit.submit(SOUP);
  ok(!JSON.stringify([...page.kept]).includes("ann"));
  person = "bob";
  const after = page.reload();
  after.submit.subscribe(() => {});
  equal(after.submit.getSnapshot().status, "ready");
  equal(page.kept.size, 0);
  await after.submit.submit(SOUP);
  notEqual(keys()[4], keys()[3]);
});

test("C-24: the same principal goes on with its key", async () => {
  server.play(...SILENCE);
  const page = openPage({ principal: () => "ann" });
  await page.submit.submit(SOUP);
  await page.reload().submit.submit(SOUP);
  equal(new Set(keys()).size, 1);
});

test("P-153, C-24: older than the retention minus one hour: kept, and never sent", async () => {
  server.play(...SILENCE);
  const { submit, time } = openPage();
  await submit.submit(SOUP);
  time.sleep(23 * 3_600_000 + 1);
  for (const act of [() => submit.submit(SOUP), () => submit.check(), () => submit.retry()]) {
    const { status, reason, message } = await act();
    deepEqual([status, reason], ["unknown", "expired"]);
    match(message, /Find out what became of it/);
  }
  equal(server.seen.length, 4);
});

test("P-147: only a reset makes a new key", async () => {
  server.play(...SILENCE);
  const { submit, kept } = openPage();
  await submit.submit(SOUP);
  submit.reset();
  equal(submit.getSnapshot().status, "ready");
  equal(kept.size, 0);
  await submit.submit(SOUP);
  notEqual(keys()[4], keys()[3]);
});

test("P-149, C-35: reloaded in mid-flight: unknown, and the next submit has the same key", async () => {
  const { opened, go } = gate();
  server.play({ until: opened });
  const page = openPage();
  void page.submit.submit(SOUP);
  await until("the request has arrived", () => server.seen.length === 1);
  const after = page.reload();
  after.submit.subscribe(() => {});
  const { status, reason, message } = after.submit.getSnapshot();
  deepEqual([status, reason], ["unknown", "reloaded"]);
  match(message, /could not confirm/);
  equal((await after.submit.submit(SOUP)).status, "success");
  equal(keys()[0], keys()[1]);
  go();
});

test("C-35: a success is still shown after a reload, for five minutes", async () => {
  const page = openPage();
  await page.submit.submit(SOUP);
  const soon = page.reload();
  soon.submit.subscribe(() => {});
  equal(soon.submit.getSnapshot().status, "success");
  page.time.sleep(300_001);
  const later = soon.reload();
  later.submit.subscribe(() => {});
  equal(later.submit.getSnapshot().status, "ready");
});

test("C-33: the key is written down before the first byte leaves", async () => {
  const { opened, go } = gate();
  const kept = new Map<string, string>();
  let atSend: string | undefined;
  const page = open(
    server.origin,
    {
      fetch: (request, init) => {
        atSend = kept.get("oncekey:checkout");
        return fetch(request, init);
      },
    },
    undefined,
    kept,
  );
  server.play({ until: opened });
  const submitted = page.submit.submit(SOUP);
  await until("the request has arrived", () => server.seen.length === 1);
  equal(JSON.parse(atSend ?? "{}").key, keys()[0]);
  equal(keptBy(page).status, "submitting");
  ok(!(atSend ?? "soup").includes("soup"), "no body is kept");
  go();
  await submitted;
});

const placeOf = (writeBody: () => Promise<void>): Bodies => ({
  writeBody,
  readBody: async () => undefined,
  removeBody: async () => {},
});

test("C-33, C-34: no byte leaves before the body is kept, where it is kept at all", async () => {
  const { opened, go } = gate();
  let asked = false;
  const persist = placeOf(() => {
    asked = true;
    return opened;
  });
  const { submit } = openPage({ persist });
  const submitted = submit.submit(SOUP);
  await until("it is asked to keep the body", () => asked);
  await new Promise((resolve) => setTimeout(resolve, 50));
  equal(server.seen.length, 0);
  go();
  equal((await submitted).status, "success");
});

test("C-33, C-34: a body that cannot be kept goes out all the same, with a warning", async () => {
  const { submit, time } = openPage({ persist: placeOf(() => Promise.reject(new Error("full"))) });
  equal((await submit.submit(SOUP)).status, "success");
  ok(time.warned.some((text) => text.includes("body")));
});

test("C-33: where nothing can be kept the request goes out, with one warning", async () => {
  const full = (): never => {
    throw new Error("full");
  };
  const { submit, time } = openPage({
    persist: { getItem: full, setItem: full, removeItem: full },
  });
  equal((await submit.submit(SOUP)).status, "success");
  equal(time.warned.length, 1);
});

test("C-33: what another script left in the storage is passed over", async () => {
  const page = openPage();
  page.kept.set("oncekey:checkout", '{"key":1}');
  equal((await page.submit.submit(SOUP)).status, "success");
});

test("C-37: tabs that name one business object share its key; without a name they do not", async () => {
  server.play(...SILENCE);
  const one = openPage({ intent: "cart42" });
  const other = open(server.origin, { intent: "cart42" }, one.time, one.kept);
  other.submit.subscribe(() => {});
  await one.submit.submit(SOUP);
  equal((await other.submit.submit(SOUP)).status, "success");
  equal(new Set(keys()).size, 1);
  await openPage().submit.submit(SOUP);
  notEqual(keys()[5], keys()[0]);
});

test("C-19: a request is made once for a submit, and sent as it was", async () => {
  server.play(DROP, DROP);
  let made = 0;
  const order = { dish: "soup" };
  const { submit } = openPage({
    request: (json) => {
      made += 1;
      return { url: `${server.origin}/orders`, json };
    },
  });
  const submitted = submit.submit(order);
  order.dish = "stew";
  await submitted;
  equal(made, 1);
  deepEqual(bodies(), Array(3).fill('{"dish":"soup"}'));
});

test("C-19: a request that cannot be made is rejected, and nothing is sent", async () => {
  const cause = new Error("no dish");
  const { submit } = openPage({
    request: () => {
      throw cause;
    },
  });
  const { status, error } = await submit.submit(SOUP);
  equal(status, "rejected");
  equal(error?.cause, cause);
  equal(server.seen.length, 0);
});

test("C-25: without its bytes a check asks the application", async () => {
  const asked: string[] = [];
  let answer: "done" | "not-done" | "unknown" = "unknown";
  server.play(...SILENCE);
  const page = openPage({
    check: ({ key, signal }) => {
      ok(!signal.aborted);
      asked.push(key);
      return answer;
    },
  });
  await page.submit.submit(SOUP);
  const { submit } = page.reload();
  const { status, reason } = await submit.check();
  deepEqual([status, reason], ["unknown", "in_doubt"]);
  answer = "done";
  equal((await submit.check()).status, "success");
  deepEqual(asked, [keys()[0], keys()[0]]);
  equal(server.seen.length, 4);
});

test("C-25: what the application says did not happen is a definite no", async () => {
  server.play(...SILENCE);
  const page = openPage({ check: () => "not-done" });
  await page.submit.submit(SOUP);
  const { submit } = page.reload();
  const { status, key } = await submit.check();
  equal(status, "rejected");
  notEqual(key, keys()[0]);
});

test("C-25: with neither, it says that it cannot", async () => {
  server.play(...SILENCE);
  const page = openPage();
  await page.submit.submit(SOUP);
  const { submit } = page.reload();
  const { status, key, message } = await submit.check();
  equal(status, "unknown");
  equal(key, keys()[0]);
  match(message, /cannot find out/);
});

test("C-26: unknown is never worded as failed, or as an invitation to send again", async () => {
  server.play(...SILENCE);
  const { submit } = openPage();
  equal(
    (await submit.submit(SOUP)).message,
    "We could not confirm that this went through. Check again before you send anything new.",
  );
});

test("C-49: every text is an option", async () => {
  server.play({ status: 422 });
  const messages = { rejected: "Nein.", success: "Danke." };
  const { submit } = openPage({ messages });
  equal((await submit.submit(SOUP)).message, "Nein.");
  equal((await submit.submit(SOUP)).message, "Danke.");
});

test("C-22, S-27: it leaves for its own origin or a listed one, with the key used up, and for no other", async () => {
  const leaving = async (redirect: string) => {
    const { submit, time, kept } = openPage({
      onSuccess: { redirect },
      redirectOrigins: ["https://shop.example"],
    });
    await submit.submit(SOUP);
    equal(JSON.parse(kept.get("oncekey:checkout") ?? "{}").status, "success");
    return [time.left, time.warned.length];
  };
  deepEqual(await leaving("https://shop.example/thanks"), [["https://shop.example/thanks"], 0]);
  deepEqual(await leaving("https://evil.example/"), [[], 1]);
  deepEqual(await leaving("javascript:alert(1)"), [[], 1]);
});

test("C-21: `onSuccess: { reset: true }` makes the form ready again", async () => {
  const { submit } = openPage({ onSuccess: { reset: true } });
  equal((await submit.submit(SOUP)).status, "success");
  await until("it is ready", () => submit.getSnapshot().status === "ready");
});

test("C-51: no key is made before there is a page to hold it", () => {
  const { submit } = openPage();
  const snapshot = submit.getSnapshot();
  equal(snapshot.key, null);
  equal(submit.getSnapshot(), snapshot, "the same until something happens");
  submit.subscribe(() => {});
  notEqual(submit.getSnapshot().key, null);
});

test("C-17: the snapshot tells each event, at most fifty, and listeners hear of each", async () => {
  server.play(DROP);
  const { submit } = openPage();
  const statuses: string[] = [];
  const unsubscribe = submit.subscribe(() => statuses.push(submit.getSnapshot().status));
  const { history } = await submit.submit(SOUP);
  deepEqual(history.map(({ type }) => type).slice(-5), [
    "submit",
    "sent",
    "lost",
    "due",
    "answered",
  ]);
  ok(statuses.includes("retrying"));
  unsubscribe();
  const heard = statuses.length;
  for (let turn = 0; turn < 60; turn++) submit.reset();
  equal(statuses.length, heard);
  equal(submit.getSnapshot().history.length, 50);
});

test("P-117: an answer that is cut off is none: it is asked for again", async () => {
  server.play({ status: 201, body: JSON.stringify({ dish: "a long answer" }), drops: "in-body" });
  const { submit } = openPage();
  equal((await submit.submit(SOUP)).status, "success");
  equal(server.seen.length, 2);
  equal(new Set(keys()).size, 1);
});

test("C-27: an undeclared origin is sent no header and nothing twice; the click guard still works", async () => {
  server.play(DROP);
  const { submit } = openPage({ server: {} });
  const [one, other] = await Promise.all([submit.submit(SOUP), submit.submit(SOUP)]);
  equal(one, other);
  deepEqual([one.status, one.reason], ["unknown", "network"]);
  deepEqual(keys(), [undefined]);
});

test("C-24: the key itself refused raises a word on the console, and never the key", async () => {
  server.play({ problem: "idempotency_key_invalid" });
  const { submit, time } = openPage();
  await submit.submit(SOUP);
  equal(time.warned.length, 1);
  ok(!time.warned[0]?.includes(keys()[0] ?? ""));
});

test("retry submits what was submitted last", async () => {
  server.play(...SILENCE);
  const { submit } = openPage();
  await submit.submit(SOUP);
  equal((await submit.retry()).status, "success");
  equal(new Set(keys()).size, 1);
  equal(new Set(bodies()).size, 1);
});

test("nothing is heard of a send after a reset or after the end", async () => {
  const { opened, go } = gate();
  server.play({ until: opened }, { until: opened });
  const { submit } = openPage();
  void submit.submit(SOUP);
  await until("the request has arrived", () => server.seen.length === 1);
  submit.reset();
  const second = submit.submit(STEW);
  await until("the second has arrived", () => server.seen.length === 2);
  go();
  equal((await second).status, "success");
  equal((await second).key, keys()[1]);
  submit.destroy();
});

test("what was held back and given up is not what the next submit sends", async () => {
  const { submit, time } = openPage();
  const first = submit.submit(SOUP);
  submit.abort();
  await first;
  const held = time.hold();
  server.play(DROP);
  const second = submit.submit(STEW);
  await until("a wait has begun", () => time.waits.length > 0);
  submit.reset();
  await second;
  held.go();
  await submit.submit({ dish: "pie" });
  deepEqual(bodies(), ['{"dish":"stew"}', '{"dish":"pie"}']);
  notEqual(keys()[0], keys()[1]);
});

test("C-24: somebody else signs in on the same page: nothing of the last person is sent", async () => {
  server.play(...SILENCE);
  let person = "ann";
  const { submit } = openPage({ principal: () => person });
  await submit.submit(SOUP);
  person = "bob";
  equal((await submit.submit(STEW)).status, "success");
  notEqual(keys()[4], keys()[3]);
  equal(bodies()[4], '{"dish":"stew"}');
});

test("C-16: what is called while busy is not what a retry sends", async () => {
  server.play(...SILENCE);
  const { submit } = openPage();
  await Promise.all([submit.submit(SOUP), submit.submit(STEW)]);
  await submit.retry();
  equal(new Set(bodies()).size, 1);
});

test("an answer to a send that was given up is not taken for the answer to the next", async () => {
  const [one, other] = [gate(), gate()];
  server.play({ until: one.opened }, { until: other.opened, status: 422 });
  let answers = 0;
  const { submit } = openPage({
    // As a proxy in the page would be that does not pass the signal on.
    fetch: async (request, init) => {
      const response = await fetch(request, { ...init, signal: null });
      answers += 1;
      return response;
    },
  });
  void submit.submit(SOUP);
  await until("the first has arrived", () => server.seen.length === 1);
  submit.reset();
  const second = submit.submit(STEW);
  await until("the second has arrived", () => server.seen.length === 2);
  one.go();
  await until("the first is answered", () => answers === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  equal(submit.getSnapshot().status, "submitting");
  other.go();
  equal((await second).status, "rejected");
});

test("C-4: a form is the same form though its boundary is new, and goes out with its first one", async () => {
  server.play(DROP);
  const { submit } = openPage({
    server: "unknown",
    request: ({ dish }) => {
      const body = new FormData();
      body.set("dish", dish);
      return { url: `${server.origin}/orders`, body };
    },
  });
  equal((await submit.submit(SOUP)).status, "unknown");
  equal((await submit.submit(SOUP)).status, "success");
  equal(new Set(bodies()).size, 1);
  equal(new Set(keys()).size, 1);
});
