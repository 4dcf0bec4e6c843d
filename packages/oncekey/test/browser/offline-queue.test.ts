/** Requests that outlive their page, in a real browser, against a server that counts what was done. */
import { deepEqual, equal } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import type { OfflineQueue, Queued, Settled } from "../../src/client/durable/index.ts";
import { orderServer } from "./order-server.ts";
import { worldOf } from "./page.ts";

const { server, open } = worldOf(orderServer);

declare const queue: OfflineQueue;
declare const clearIntents: (principal?: string) => void;
declare const settled: readonly Settled[];

beforeEach(() => {
  for (const list of [server().keys, server().effects, server().inFront]) list.length = 0;
});

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400 && !(await holds()); turn++) await later(20);
  equal(await holds(), true, what);
}

const arrived = (count: number): Promise<void> =>
  until(`${count} requests have arrived`, () => server().keys.length === count);

async function queuePage(asked: string, tabs?: BrowserContext) {
  const opened = tabs ? { page: await tabs.newPage(), tabs } : await open("/elsewhere");
  await opened.page.goto(`${server().origin}/queue?${asked}`);
  await opened.page.locator("html[data-ready]").waitFor({ state: "attached" });
  return opened;
}

const add = (page: Page, dish: string, name = "cart"): Promise<string> =>
  page.evaluate((asked) => queue.add("/orders", asked), { body: dish, intent: name });
const listed = (page: Page): Promise<readonly Queued[]> => page.evaluate(() => queue.list());
const isEmpty = async (page: Page): Promise<boolean> => (await listed(page)).length === 0;

/** Its process ends, and no script of it is asked. */
async function kill(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}

test("C-39: a page that is killed in mid-send loses nothing: a later one sends the same, one effect", async () => {
  const { go } = server().hold();
  const { page, tabs } = await queuePage("start");
  const key = await add(page, "soup");
  await arrived(1);
  await kill(page);
  const { page: next } = await queuePage("start", tabs);
  await until("it is sent again", () => server().keys.length > 1);
  go();
  await until("the queue is empty", () => isEmpty(next));
  deepEqual(new Set(server().keys), new Set([key]));
  deepEqual(server().effects, ["soup"]);
});

test("C-39: one page leads; when it is closed in mid-send, the one that waited goes on", async () => {
  const { go } = server().hold();
  const { page, tabs } = await queuePage("start");
  const { page: waiting } = await queuePage("start", tabs);
  const key = await add(waiting, "soup");
  await arrived(1);
  equal(await waiting.evaluate(() => queue.drain()), false);
  deepEqual(server().keys, [key]);
  await page.close();
  await until("it is sent again", () => server().keys.length > 1);
  go();
  await until("the queue is empty", () => isEmpty(waiting));
  deepEqual(new Set(server().keys), new Set([key]));
  deepEqual(server().effects, ["soup"]);
});

test("C-39: a service worker that is killed in mid-send loses nothing either", async () => {
  const { go } = server().hold();
  const { page } = await queuePage("worker");
  const key = await add(page, "soup");
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.postMessage(""));
  await arrived(1);
  const session = await page.context().newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await until("the lock is free", () =>
    page.evaluate(async () => (await navigator.locks.query()).held?.length === 0),
  );
  deepEqual(
    (await listed(page)).map((each) => each.key),
    [key],
  );
  await page.evaluate(() => void queue.start());
  await until("it is sent again", () => server().keys.length > 1);
  go();
  await until("the queue is empty", () => isEmpty(page));
  deepEqual(new Set(server().keys), new Set([key]));
  deepEqual(server().effects, ["soup"]);
});

test("C-39: in order per intent, and no intent waits for another", async () => {
  const { go } = server().hold();
  const { page } = await queuePage("");
  const first = await add(page, "soup");
  const second = await add(page, "bread");
  const other = await add(page, "tea", "another");
  await page.evaluate(() => void queue.start());
  await arrived(2);
  deepEqual(new Set(server().keys), new Set([first, other]));
  go();
  await until("the queue is empty", () => isEmpty(page));
  deepEqual(server().keys.slice(2), [second]);
  deepEqual(new Set(server().effects), new Set(["soup", "tea", "bread"]));
  equal(server().effects.at(-1), "bread");
});

test("C-39: a 500 or a 401 is not an answer: it stays, under its key, and is sent after signing in", async () => {
  server().inFront.push(500, 401);
  const { page } = await queuePage("start");
  const key = await add(page, "soup");
  await until("it waits for somebody to sign in", async () => {
    const [row] = await listed(page);
    return row?.held === "auth";
  });
  deepEqual(server().keys, [key, key]);
  deepEqual(server().effects, []);
  await page.evaluate(() => queue.drain());
  await until("the queue is empty", () => isEmpty(page));
  deepEqual(server().keys, [key, key, key]);
  deepEqual(server().effects, ["soup"]);
  const answers = await page.evaluate(() => settled);
  deepEqual(
    answers.map(({ status, data }) => ({ status, data })),
    [{ status: 201, data: { id: 1 } }],
  );
});

test("C-39: a recorded 500 and a conflict end it, since every later send would get the same: the next one goes", async () => {
  const { page } = await queuePage("");
  const key = await add(page, "poison");
  await page.evaluate(
    (mine) => queue.add("/orders", { body: "bread", intent: "cart", key: mine }),
    key,
  );
  const last = await add(page, "tea");
  await page.evaluate(() => void queue.start());
  await until("the queue is empty", () => isEmpty(page));
  const answers = await page.evaluate(() => settled);
  deepEqual(
    answers.map(({ outcome, status }) => [outcome, status]),
    [
      ["failed", 500],
      ["conflict", 422],
      ["done", 201],
    ],
  );
  deepEqual(server().effects, ["poison", "tea"]);
  // The first failure was not yet known to be recorded: the second send was told.
  deepEqual(server().keys, [key, key, key, last]);
});

test("C-39: nothing is sent within an hour of the end of retention", async () => {
  server().inFront.push(500);
  const { page } = await queuePage("start&retention=3600000");
  const key = await add(page, "soup");
  await until("it is expired", async () => (await listed(page))[0]?.held === "expired");
  await page.evaluate(() => queue.drain());
  await until("it is expired", async () => (await listed(page))[0]?.held === "expired");
  deepEqual(server().keys, [key]);
  await page.evaluate((mine) => queue.remove(mine), key);
  equal(await isEmpty(page), true);
});

test("C-39, C-43: one person's requests are neither shown to another nor sent for them", async () => {
  const { page, tabs } = await queuePage("as=ann");
  const key = await add(page, "soup");
  const { page: bobs } = await queuePage("as=bob", tabs);
  equal(await bobs.evaluate(() => queue.drain()), true);
  equal(await isEmpty(bobs), true);
  deepEqual(server().keys, []);
  equal(await page.evaluate(() => queue.drain()), true);
  deepEqual(server().keys, [key]);
  await add(page, "bread");
  await page.evaluate(() => queue.clear("ann"));
  equal(await isEmpty(page), true);
});

test("C-43: clearing one person's intents clears their queue, from a page that has none, and nobody else's", async () => {
  const { page, tabs } = await queuePage("as=ann");
  await add(page, "soup");
  const { page: bobs } = await queuePage("as=bob", tabs);
  await add(bobs, "bread");
  const elsewhere = await tabs.newPage();
  await elsewhere.goto(server().origin);
  await elsewhere.evaluate(() => clearIntents("ann"));
  await until("Ann's is gone", () => isEmpty(page));
  equal((await listed(bobs)).length, 1);
  await bobs.evaluate(() => clearIntents());
  await until("Bob's is gone", () => isEmpty(bobs));
});

test("C-43: clearing makes no queue where there was none", async () => {
  const { page } = await open("/");
  const names = await page.evaluate(async () => {
    clearIntents("ann");
    // It stands in line behind the look of the other.
    const asked = indexedDB.deleteDatabase("oncekey-queue");
    const existed = new Promise((resolve) => {
      asked.onsuccess = (event) => resolve((event as IDBVersionChangeEvent).oldVersion);
    });
    return existed;
  });
  equal(names, 0);
});

test("C-39: what was given up while it stood in line is not sent", async () => {
  const { go } = server().hold();
  const { page } = await queuePage("");
  const [first, second, third] = [
    await add(page, "soup"),
    await add(page, "bread"),
    await add(page, "tea"),
  ];
  await page.evaluate(() => void queue.start());
  await arrived(1);
  await page.evaluate((mine) => queue.remove(mine), second);
  go();
  await until("the queue is empty", () => isEmpty(page));
  deepEqual(server().keys, [first, third]);
});

test("C-39, C-43: what stood in line when somebody else signed in is not sent for them", async () => {
  const { go } = server().hold();
  const { page } = await queuePage("as=ann");
  const first = await add(page, "soup");
  await add(page, "bread");
  await page.evaluate(() => void queue.start());
  await arrived(1);
  await page.evaluate(() => history.replaceState(null, "", "?as=bob"));
  go();
  // It is sent by the pass after the one that Ann's stood in.
  const bobs = await add(page, "tea", "of-bob");
  await until("the queue is empty", () => isEmpty(page));
  deepEqual(server().keys, [first, bobs]);
});
