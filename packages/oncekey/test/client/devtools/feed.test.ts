/** What the panel has seen of a client, held to what the client did. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFeed } from "../../../src/client/devtools/feed.ts";
import { momentsOf } from "../../../src/client/devtools/log.ts";
import { createIdempotentFetch, createSubmit, OutcomeUnknown } from "../../../src/client/index.ts";
import { platform } from "../../../src/client/ports.ts";
import { type Event, initial, reduce, type State } from "../../../src/client/reduce.ts";
import { EVENTS, RULES } from "../explore.ts";
import { laneOf, watched } from "./watched.ts";

const OPTIONS = { server: "oncekey", persist: false } as const;

test("C-61: the lane of a submit has each attempt, each wait and the replay, in their order", async () => {
  const { server, time, feed, close } = await watched();
  server.play({ drops: "before" }, { status: 503, executes: false }, { marked: true });
  const checkout = createSubmit(
    { ...OPTIONS, id: "checkout", request: () => ({ url: `${server.origin}/orders`, json: 1 }) },
    time.ports,
  );
  const { key, status } = await checkout.submit(undefined);
  equal(status, "success");
  const [intent, ...others] = feed.intents;
  deepEqual(others, []);
  equal(intent?.key, key);
  deepEqual(laneOf(intent), ["lost", "pausing", "503", "pausing", "201 replayed"]);
  await close();
});

test("C-61: the lane of a plain call has the same, and the wait that the client has drawn", async () => {
  const { server, time, feed, close } = await watched();
  server.play({ drops: "before" }, { problem: "idempotency_in_flight" }, { marked: true });
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  const response = await send(`${server.origin}/orders?who=ann`, { method: "POST", json: 1 });
  const [intent] = feed.intents;
  equal(intent?.name, "POST /orders", "no query, which may hold anything");
  equal(intent?.key, response.idempotency.key);
  equal(intent?.status, "success");
  deepEqual(laneOf(intent), ["lost", "pausing", "409", "pausing", "201 replayed"]);
  const planned = momentsOf(intent?.log ?? { base: initial(RULES), events: [] }).flatMap(
    ({ event, state: { nextRetryAt } }) => (nextRetryAt === null ? [] : [nextRetryAt - event.at]),
  );
  deepEqual(planned, time.waits.slice(0, 2));
  await close();
});

const ENDS = {
  "a refusal": { steps: [{ status: 422 }], status: "rejected", reason: null },
  "a failure that is recorded": {
    steps: [{ status: 500, marked: true }],
    status: "failed",
    reason: null,
  },
  "attempts that are used up": {
    steps: Array.from({ length: 4 }, () => ({ status: 503 })),
    status: "unknown",
    reason: "unavailable",
  },
  "a server that does not know": {
    steps: [{ problem: "idempotency_outcome_unknown" }],
    status: "unknown",
    reason: "in_doubt",
  },
  "a key of another request": {
    steps: [{ problem: "idempotency_conflict" }],
    status: "conflict",
    reason: null,
  },
} as const;

for (const [name, { steps, status, reason }] of Object.entries(ENDS)) {
  test(`C-61: after ${name} a submit and a plain call stand at the same place in the graph`, async () => {
    const { server, time, feed, close } = await watched();
    server.play(...steps);
    const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
    await send(server.origin, { method: "POST", json: 1, intent: "call" }).catch(() => {});
    server.play(...steps);
    const checkout = createSubmit(
      { ...OPTIONS, id: "submit", request: () => ({ url: server.origin, json: 1 }) },
      time.ports,
    );
    await checkout.submit(undefined);
    deepEqual(
      feed.intents.map((intent) => [intent.name, intent.status, intent.state.reason]),
      [
        ["submit", status, reason],
        ["call", status, reason],
      ],
    );
    await close();
  });
}

test("C-61: a call that is aborted while it waits is unknown, and resume goes on in its lane", async () => {
  const { server, time, feed, close } = await watched();
  server.play({ drops: "before" }, {});
  const held = time.hold();
  const controller = new AbortController();
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  const sent = send(server.origin, { method: "POST", json: 1, signal: controller.signal });
  const stop = feed.subscribe(() => {
    if (feed.intents[0]?.state.doing === "pausing") controller.abort();
  });
  let error: unknown;
  await rejects(sent, (thrown) => {
    error = thrown;
    return thrown instanceof OutcomeUnknown;
  });
  stop();
  equal(feed.intents[0]?.status, "unknown");
  equal(feed.intents[0]?.state.reason, "aborted");
  held.go();
  await (error as OutcomeUnknown).resume();
  equal(feed.intents.length, 1);
  equal(feed.intents[0]?.status, "success");
  deepEqual(laneOf(feed.intents[0]), ["lost", "pausing", "201"]);
  await close();
});

test("C-61: a definite no ends a lane, and the next submit begins another one", async () => {
  const { server, time, feed, close } = await watched();
  server.play({ status: 422 }, {});
  const checkout = createSubmit(
    { ...OPTIONS, id: "checkout", request: () => ({ url: server.origin, json: 1 }) },
    time.ports,
  );
  await checkout.submit(undefined);
  await checkout.submit(undefined);
  deepEqual(
    feed.intents.map(({ status }) => status),
    ["success", "rejected"],
  );
  deepEqual(
    feed.intents.map(({ key }) => key),
    server.seen.map(({ key }) => key).reverse(),
  );
  await close();
});

test("C-61: time travel shows every state that the machine has been in, over any events", () => {
  const anyMoves = fc.array(fc.record({ event: fc.constantFrom(...EVENTS), ms: fc.nat(20_000) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(anyMoves, (moves) => {
      const feed = createFeed(platform);
      const submit = {};
      const states: State[] = [];
      let state = initial(RULES);
      let at = 10_000;
      moves.forEach(({ event: bare, ms }, index) => {
        at += ms;
        const event = { ...bare, at, key: `key ${index}`, chance: 0.5 } as Event;
        feed.told(submit, "checkout", state, event);
        [state] = reduce(state, event);
        states.push(state);
      });
      const seen = [...feed.intents].reverse().flatMap(({ log }) => momentsOf(log));
      // An older intent than the feed keeps is forgotten as a whole.
      deepEqual(
        seen.map((moment) => moment.state),
        states.slice(states.length - seen.length),
      );
      // But for the key that another tab brings, again and again.
      const keys = feed.intents.map(({ key }) => key).filter((key) => key?.startsWith("key "));
      equal(new Set(keys).size, keys.length, "one lane for each key");
    }),
    { numRuns: 1_000 },
  );
});

test("C-61: of a page that stays open the last events are kept, and the state before them", () => {
  const feed = createFeed(platform);
  let state = initial(RULES);
  const submit = {};
  for (let at = 0; at < 1_000; at++) {
    const event: Event = { type: at % 2 ? "online" : "offline", at, key: "k", chance: 0 };
    feed.told(submit, "checkout", state, event);
    [state] = reduce(state, event);
  }
  const { log } = feed.intents[0] ?? { log: { base: state, events: [] } };
  ok(log.events.length <= 200);
  deepEqual(momentsOf(log).at(-1)?.state, state);
});
