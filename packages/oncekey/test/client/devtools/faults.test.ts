/** What the panel breaks, and what a server that is asked once more says. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { canGoAgain, sendAgain } from "../../../src/client/devtools/again.ts";
import { createIdempotentFetch } from "../../../src/client/index.ts";
import { DELAY_MS, laneOf, watched } from "./watched.ts";

test("C-62: a dropped answer was given: the server has executed, and the same key goes out again", async () => {
  const { server, time, feed, faults, close } = await watched();
  faults.arm("drop");
  server.play({}, { executes: false, marked: true });
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  const { idempotency } = await send(server.origin, { method: "POST", json: 1 });
  deepEqual(
    { attempts: idempotency.attempts, replayed: idempotency.replayed },
    { attempts: 2, replayed: true },
  );
  equal(server.executions(), 1);
  deepEqual(
    server.seen.map(({ key }) => key),
    [idempotency.key, idempotency.key],
  );
  deepEqual(laneOf(feed.intents[0]), ["lost", "pausing", "201 replayed"]);
  deepEqual(faults.next, [], "a fault is for one send");
  await close();
});

test("C-62: a 503 never reaches the server, and is sent again", async () => {
  const { server, time, feed, faults, close } = await watched();
  faults.arm("refuse");
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  await send(server.origin, { method: "POST", json: 1 });
  equal(server.seen.length, 1);
  deepEqual(laneOf(feed.intents[0]), ["503", "pausing", "201"]);
  await close();
});

test("C-62: a delay holds an answer that the server has given, and ends with the signal", async () => {
  const { server, time, faults, close } = await watched();
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  faults.arm("delay");
  const held = time.hold();
  let isThere = false;
  const sent = send(server.origin, { method: "POST", json: 1 }).then(() => {
    isThere = true;
  });
  while (!time.waits.includes(DELAY_MS)) await new Promise(setImmediate);
  deepEqual([server.executions(), isThere], [1, false]);
  held.go();
  await sent;

  faults.arm("delay");
  time.hold();
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = send(server.origin, { method: "POST", json: 2, signal });
  while (time.waits.filter((ms) => ms === DELAY_MS).length < 2) await new Promise(setImmediate);
  controller.abort();
  await rejects(aborted, { reason: "aborted" });
  await close();
});

test("C-62: offline lasts until it is ended, and nothing leaves", async () => {
  const { server, time, faults, close } = await watched();
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  faults.setOffline(true);
  faults.arm("drop");
  await rejects(send(server.origin, { method: "POST", json: 1 }), { reason: "network" });
  equal(server.seen.length, 0);
  deepEqual(faults.next, ["drop"], "what is meant for a send waits for one");
  faults.mend();
  faults.setOffline(false);
  await send(server.origin, { method: "POST", json: 1 });
  equal(server.seen.length, 1);
  await close();
});

test("C-62: sent again, it is the same key and the same bytes, and the marker is told apart from its absence", async () => {
  const { server, time, feed, close } = await watched();
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  await send(server.origin, { method: "POST", json: { dish: "soup" } });
  const { parcel } = feed.intents[0] ?? {};
  if (!parcel) throw new Error("Expected the request to be kept.");
  server.play({ marked: true, executes: false }, { status: 200 });
  deepEqual(await sendAgain(parcel), { status: 201, replayed: true });
  deepEqual(await sendAgain(parcel), { status: 200, replayed: false });
  const sent = server.seen.map(({ key, body }) => ({ key, body }));
  deepEqual(sent, [sent[0], sent[0], sent[0]]);
  equal(parcel.isRemembered, true);
  await close();
});

test("C-62: a stream is gone, and a server that has promised nothing is told apart", async () => {
  const { server, time, feed, close } = await watched();
  const send = createIdempotentFetch({ server: "unknown" }, time.ports);
  const body = new Blob(["soup"]).stream();
  await send(server.origin, { method: "POST", body, duplex: "half" } as RequestInit);
  const { parcel } = feed.intents[0] ?? {};
  equal(parcel && canGoAgain(parcel), false);
  equal(parcel?.isRemembered, false);
  await close();
});

test("C-63: whoever leaves is told nothing more, and breaks nothing", async () => {
  const { server, time, feed, faults, close } = await watched();
  const other = await watched();
  await close();
  faults.arm("refuse");
  const send = createIdempotentFetch({ server: "oncekey" }, time.ports);
  await send(other.server.origin, { method: "POST", json: 1 });
  deepEqual([feed.intents.length, other.feed.intents.length], [0, 1]);
  equal(server.seen.length, 0);
  await other.close();
});
