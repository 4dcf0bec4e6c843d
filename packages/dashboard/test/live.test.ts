/** The live stream and what is made of its events: C-72, C-73, and S-30 of what an event may hold. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createDashboard, type Dashboard } from "@oncekey/dashboard";
import { memoryStore } from "oncekey/memory";
import type { LiveMessage } from "../src/live.ts";
import type { PlotsView } from "../src/plots.ts";
import { asking, byHeader } from "./asking.ts";
import { told } from "./told.ts";

const made = (eventsMax = 10_000) =>
  createDashboard({ inspector: memoryStore(), authorize: byHeader, eventsMax });

interface Message extends LiveMessage {
  readonly id: string;
}

interface Listening {
  next(): Promise<Message>;
  stop(): Promise<void>;
}

/** Reads a stream as a browser does. */
async function listen(dashboard: Dashboard, lastId?: string): Promise<Listening> {
  const headers: Record<string, string> = { "x-visitor": "ann/viewer" };
  if (lastId !== undefined) headers["last-event-id"] = lastId;
  const { body, status } = await dashboard.fetch(
    new Request("http://localhost/api/live", { headers }),
  );
  equal(status, 200);
  if (body === null) throw new Error("Expected a stream.");
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next() {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end === -1) {
          const { done, value } = await reader.read();
          if (done) throw new Error("The stream has ended.");
          text += value;
          continue;
        }
        const [, id = "", data = ""] = /^id: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (data !== "") return { ...(JSON.parse(data) as LiveMessage), id };
      }
    },
    stop: () => reader.cancel(),
  };
}

test("C-72: an event reaches whoever listens, within a second", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  deepEqual((await stream.next()).events, []);
  dashboard.onEvent(told("replayed"));
  const late = pause(1000).then(() => undefined);
  const message = await Promise.race([stream.next(), late]);
  equal(message?.events[0]?.type, "replayed");
  await stream.stop();
});

test("C-72: above twenty a second events are merged, and none is lost from the count", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  await stream.next();
  const begun = performance.now();
  for (let count = 0; count < 1000; count++) dashboard.onEvent(told("replayed"));
  let seen = 0;
  let messages = 0;
  while (seen < 1000) {
    const { events, merged } = await stream.next();
    ok(events.length <= 100);
    seen += events.length + merged;
    messages += 1;
  }
  equal(seen, 1000);
  ok(messages <= 2 + (performance.now() - begun) / 50, `${messages} messages`);
  await stream.stop();
});

test("C-72: a listener that comes back gets what it missed, once and in order", async () => {
  const dashboard = made();
  const first = await listen(dashboard);
  await first.next();
  dashboard.onEvent(told("claimed"));
  const { id } = await first.next();
  await first.stop();
  dashboard.onEvent(told("in-flight"));
  dashboard.onEvent(told("replayed"));
  const second = await listen(dashboard, id);
  const { events, isGap } = await second.next();
  deepEqual(
    events.map(({ type }) => type),
    ["in-flight", "replayed"],
  );
  equal(isGap, false);
  await second.stop();
});

test("C-72: a listener is told when something is missing: forgotten, or of another process", async () => {
  const dashboard = made(2);
  const first = await listen(dashboard);
  const { id } = await first.next();
  await first.stop();
  for (let count = 0; count < 5; count++) dashboard.onEvent(told("replayed"));
  const second = await listen(dashboard, id);
  const message = await second.next();
  equal(message.isGap, true);
  equal(message.events.length + message.merged, 5);
  await second.stop();
  const third = await listen(dashboard, "deadbeef-3");
  equal((await third.next()).isGap, true);
  await third.stop();
});

test("C-72: a listener that does not read is let go, and holds up nobody", async () => {
  const dashboard = made();
  const headers = { "x-visitor": "ann/viewer" };
  const idle = await dashboard.fetch(new Request("http://localhost/api/live", { headers }));
  const stream = await listen(dashboard);
  await stream.next();
  for (let count = 0; count < 80; count++) {
    dashboard.onEvent(told("replayed"));
    await stream.next();
  }
  let chunks = 0;
  for await (const chunk of idle.body ?? []) chunks += Math.sign(chunk.length);
  ok(chunks <= 65, `${chunks} chunks were kept for it`);
  await stream.stop();
});

test("C-72: a stream that is closed tells first what was still to be told", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  await stream.next();
  for (const type of ["claimed", "completed", "replayed"] as const) dashboard.onEvent(told(type));
  dashboard.close();
  const types: string[] = [];
  while (!types.includes("replayed")) {
    types.push(...(await stream.next()).events.map(({ type }) => type));
  }
  deepEqual(types, ["claimed", "completed", "replayed"]);
  await rejects(stream.next(), /has ended/);
});

test("C-72: at most fifty listen, and a place that is left is free again", async () => {
  const dashboard = made();
  const streams = await Promise.all(Array.from({ length: 50 }, () => listen(dashboard)));
  const page = asking(dashboard);
  equal((await page.get("api/live")).status, 503);
  await streams[0]?.stop();
  const again = await listen(dashboard);
  for (const stream of [...streams.slice(1), again]) await stream.stop();
});

test("C-73: the plots count requests, duplicates that did not run, conflicts and mismatches", async () => {
  const dashboard = made();
  dashboard.onEvent(told("claimed"));
  for (const type of ["completed", "replayed", "replayed", "in-flight", "in-doubt"] as const) {
    dashboard.onEvent(told(type));
  }
  dashboard.onEvent(told("mismatch"));
  dashboard.onEvent(told("store-failed", { call: "renew", error: new Error("canary") }));
  const { body } = await asking(dashboard).get<PlotsView>("api/plots");
  const sum = (name: keyof PlotsView["steps"][number]) =>
    body.steps.reduce((total, step) => total + (step[name] ?? 0), 0);
  equal(body.steps.length, 120);
  equal(sum("requests"), 6);
  equal(sum("absorbed"), 4);
  equal(sum("replayed"), 2);
  equal(sum("conflicts"), 1);
  equal(sum("mismatches"), 1);
  equal(sum("inDoubt"), 1);
  equal(sum("storeFailures"), 1);
  deepEqual(body.labels, [{ label: "POST /payments", requests: 6 }]);
});

test("C-73: a read of the store is timed while somebody listens, and is no added latency", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  const page = asking(dashboard);
  const deadline = Date.now() + 10_000;
  const isKnown = async () => {
    const { body } = await page.get<PlotsView>("api/plots");
    return body.steps.some(({ readMs }) => readMs !== undefined);
  };
  equal(await isKnown(), false);
  while (!(await isKnown())) {
    if (Date.now() > deadline) throw new Error("No latency was measured within ten seconds.");
    await pause(100);
  }
  const { body } = await page.get<PlotsView>("api/plots");
  equal(
    body.steps.some(({ p50Ms }) => p50Ms !== undefined),
    false,
  );
  await stream.stop();
  dashboard.close();
});

test("C-73: added latency is of the calls that a request waits for, and no renewal is", async () => {
  const dashboard = made();
  for (const tookMs of [3, 5, 40])
    dashboard.onEvent(told("store-called", { call: "claim", tookMs }));
  dashboard.onEvent(told("store-called", { call: "renew", tookMs: 900 }));
  const { body } = await asking(dashboard).get<PlotsView>("api/plots");
  const known = body.steps.filter(({ p50Ms }) => p50Ms !== undefined);
  deepEqual([known.at(-1)?.p50Ms, known.at(-1)?.p99Ms], [5, 40]);
  deepEqual(body.labels, []);
});

test("S-30: an error's words, which may hold anything, reach neither stream nor timeline", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  await stream.next();
  const error = new TypeError("canary: key k-1 of ann");
  dashboard.onEvent(told("handler-failed", { error }));
  const message = await stream.next();
  equal(message.events[0]?.error, "TypeError");
  equal(JSON.stringify(message).includes("canary"), false);
  await stream.stop();
});

test("an event of a type that is not known yet is passed over", async () => {
  const dashboard = made();
  const stream = await listen(dashboard);
  await stream.next();
  dashboard.onEvent(told("invented-later"));
  dashboard.onEvent(told("replayed"));
  const { events } = await stream.next();
  deepEqual(
    events.map(({ type }) => type),
    ["replayed"],
  );
  await stream.stop();
});
