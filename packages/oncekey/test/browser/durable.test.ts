/** Reloads and second tabs in a real browser, against a server that counts what was done. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import type { Snapshot } from "../../src/client/index.ts";
import { orderServer } from "./order-server.ts";
import { worldOf } from "./page.ts";

const { server, open } = worldOf(orderServer);

beforeEach(() => {
  server().keys.length = 0;
  server().effects.length = 0;
});

const keys = (): readonly string[] => server().keys;
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400 && !(await holds()); turn++) await later(20);
  equal(await holds(), true, what);
}

async function reaches(page: Page, status: Snapshot["status"]): Promise<Snapshot> {
  // The history that follows names statuses too.
  const now = new RegExp(`^\\{"phase":"\\w+","status":"${status}"`);
  const output = page.locator("output", { hasText: now });
  await output.waitFor({ timeout: 15_000 });
  return JSON.parse(await output.innerText());
}

const arrived = (count: number): Promise<void> =>
  until(`${count} requests have arrived`, () => keys().length === count);

/** A click that does not wait for the button to be enabled. */
const press = (page: Page): Promise<void> =>
  page.locator("#pay").evaluate((button) => (button as HTMLElement).click());

/** As "Duplicate tab" does: a window that a page opens begins with a copy of its session storage. */
async function duplicate(page: Page): Promise<Page> {
  const [copy] = await Promise.all([
    page.waitForEvent("popup"),
    page.evaluate(() => void window.open(location.href, "_blank", "popup")),
  ]);
  return copy;
}

/** What lies in the database, as the text of its rows; nothing is made by looking. */
const bodiesIn = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    if ((await indexedDB.databases()).length === 0) return [];
    const asked = indexedDB.open("oncekey");
    await new Promise((resolve) => {
      asked.onsuccess = resolve;
    });
    const rows = asked.result.transaction("bodies").objectStore("bodies").getAll();
    await new Promise((resolve) => {
      rows.onsuccess = resolve;
    });
    asked.result.close();
    return rows.result.map(({ bytes }) => new TextDecoder().decode(bytes));
  });

test("C-34, S-26: the body is kept in IndexedDB alone, while it may be needed, and only when asked for", async () => {
  const { go } = server().hold();
  const { page } = await open("/?bodies");
  await page.click("#pay");
  await arrived(1);
  deepEqual(await bodiesIn(page), ["dish=soup"]);
  const texts = await page.evaluate(() =>
    [...Object.values(sessionStorage), ...Object.values(localStorage)].join(),
  );
  equal(texts.includes("soup"), false);
  go();
  await reaches(page, "success");
  await until("the body is gone", async () => (await bodiesIn(page)).length === 0);

  const other = server().hold();
  const { page: plain } = await open("/?tabs");
  await plain.click("#pay");
  await arrived(2);
  deepEqual(await bodiesIn(plain), []);
  other.go();
  await reaches(plain, "success");
});

test("C-35: reloaded in mid-flight with its body: it checks by itself, and there is one effect", async () => {
  const { go } = server().hold();
  const { page } = await open("/?bodies&tabs");
  await page.click("#pay");
  await arrived(1);
  await page.reload();
  await arrived(2);
  go();
  await reaches(page, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

test("P-151, C-36: a tab duplicated in SUBMIT shows the owner's state, and sends nothing", async () => {
  const { go } = server().hold();
  const { page } = await open("/?bodies&tabs");
  await page.click("#pay");
  await arrived(1);
  const copy = await duplicate(page);
  await reaches(copy, "submitting");
  await press(copy);
  go();
  const [mine, theirs] = [await reaches(page, "success"), await reaches(copy, "success")];
  equal(mine.key, theirs.key);
  equal(keys().length, 1);
  deepEqual(server().effects, ["dish=soup"]);
});

test("C-36: when the owner's tab dies, the other takes the lock and checks: one effect", async () => {
  const { go } = server().hold();
  const { page } = await open("/?bodies&tabs");
  await page.click("#pay");
  await arrived(1);
  const copy = await duplicate(page);
  await reaches(copy, "submitting");
  await page.close();
  await arrived(2);
  go();
  await reaches(copy, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

test("C-36: without the bytes the other tab says that it does not know, under the same key", async () => {
  const { go } = server().hold();
  const { page } = await open("/?tabs");
  await page.click("#pay");
  await arrived(1);
  const copy = await duplicate(page);
  await reaches(copy, "submitting");
  await page.close();
  equal((await reaches(copy, "unknown")).reason, "reloaded");
  go();
  await copy.click("#pay");
  await reaches(copy, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

test("C-36: without Web Locks both tabs send, with one key: one effect", async () => {
  const { go } = server().hold();
  const { page } = await open("/?bodies&tabs&lockless");
  await page.click("#pay");
  await arrived(1);
  const copy = await duplicate(page);
  await arrived(2);
  go();
  await reaches(page, "success");
  await reaches(copy, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

for (const round of [1, 2, 3, 4, 5]) {
  test(`C-37: two tabs with one intent, pressed at one moment: one key, one effect (${round})`, async () => {
    const { go } = server().hold();
    const { page, tabs } = await open(`/?tabs&intent=cart${round}`);
    const other = await tabs.newPage();
    await other.goto(page.url());
    await Promise.all([reaches(page, "ready"), reaches(other, "ready")]);
    await Promise.all([press(page), press(other)]);
    await arrived(1);
    await Promise.all([reaches(page, "submitting"), reaches(other, "submitting")]);
    go();
    const ends = await Promise.all([reaches(page, "success"), reaches(other, "success")]);
    equal(ends[0].key, ends[1].key);
    equal(keys().length, 1);
    deepEqual(server().effects, ["dish=soup"]);
  });
}

test("C-37: the tab that was first is killed: the other sends under the key of the first", async () => {
  const { go } = server().hold();
  const { page, tabs } = await open("/?tabs&intent=killed");
  const other = await tabs.newPage();
  await other.goto(page.url());
  await press(page);
  await arrived(1);
  await press(other);
  await reaches(other, "submitting");
  await page.close();
  await arrived(2);
  go();
  await reaches(other, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

test("C-37: after a success the next order of a shared intent is a new one", async () => {
  const { page, tabs } = await open("/?tabs&intent=twice");
  const other = await tabs.newPage();
  await other.goto(page.url());
  await page.click("#pay");
  await reaches(page, "success");
  await page.fill("[name=dish]", "stew");
  await reaches(page, "ready");
  await page.click("#pay");
  await reaches(page, "success");
  deepEqual(server().effects, ["dish=soup", "dish=stew"]);
  notEqual(keys()[0], keys()[1]);
  await other.click("#pay");
  await reaches(other, "success");
  equal(server().effects.length, 2, "the other tab sees that it was done");
});

test("C-37: without a name two tabs are two intents, with a lock as without", async () => {
  const { page, tabs } = await open("/?tabs");
  const other = await tabs.newPage();
  await other.goto(page.url());
  await Promise.all([press(page), press(other)]);
  await Promise.all([reaches(page, "success"), reaches(other, "success")]);
  equal(server().effects.length, 2);
  notEqual(keys()[0], keys()[1]);
});

test("C-33: a key in localStorage outlives its tab", async () => {
  const { go } = server().hold();
  const { page, tabs } = await open("/?local");
  await press(page);
  await arrived(1);
  await page.close();
  const next = await tabs.newPage();
  await next.goto(`${server().origin}/?local`);
  equal((await reaches(next, "unknown")).reason, "reloaded");
  go();
  await next.click("#pay");
  await reaches(next, "success");
  deepEqual(server().effects, ["dish=soup"]);
  equal(new Set(keys()).size, 1);
});

test("C-43, S-26: clearing intents empties every storage, the database too, in every open tab", async () => {
  const { go } = server().hold();
  const { page, tabs } = await open("/?bodies&tabs");
  await page.click("#pay");
  await arrived(1);
  const other = await tabs.newPage();
  await other.goto(`${server().origin}/?bodies&tabs&intent=of-all`);
  await press(other);
  await arrived(2);
  equal((await bodiesIn(page)).length, 2);
  await page.evaluate(() => {
    (globalThis as unknown as { clearIntents(): void }).clearIntents();
  });
  for (const tab of [page, other]) {
    await reaches(tab, "ready");
    equal(await tab.evaluate(() => sessionStorage.length + localStorage.length), 0);
    await until("the bodies are gone", async () => (await bodiesIn(tab)).length === 0);
  }
  go();
});
