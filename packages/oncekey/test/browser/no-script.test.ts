/** A form where scripts are off: what a person can do to it with a mouse, and what a browser does by itself. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import { formShop } from "./form-shop.ts";
import { worldOf } from "./page.ts";

const { server, open } = worldOf(formShop, { javaScriptEnabled: false });

beforeEach(() => {
  const { effects, runs, posts, hold } = server();
  hold().go();
  effects.length = runs.length = posts.length = 0;
});

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function arrived(count: number): Promise<void> {
  const { posts } = server();
  for (let turn = 0; turn < 500 && posts.length < count; turn++) await later(10);
  equal(posts.length, count, "the requests have arrived");
}

/** `waitForURL` would fail at the news of a navigation that a later click has taken the place of. */
async function reached(page: Page, path: string): Promise<void> {
  const at = (): string => new URL(page.url()).pathname;
  for (let turn = 0; turn < 500 && at() !== path; turn++) await later(10);
  equal(at(), path, "the page that it leads to");
  await page.waitForLoadState();
}

/** The button is looked for once: while a page is on its way, Playwright would wait for that. */
async function mouseOver(page: Page): Promise<() => Promise<void>> {
  const box = await page.locator("#pay").boundingBox();
  if (box === null) throw new Error("Expected the button to be on the page.");
  return () => page.mouse.click(box.x + 5, box.y + 5);
}

/** One click with the mouse, and no waiting for what comes of it. */
const click = async (page: Page): Promise<void> => (await mouseOver(page))();

const keyIn = (page: Page): Promise<string> => page.locator("[type=hidden]").inputValue();

test("C-29, P-154: three mouse clicks give one effect, and the page that the first answer leads to", async () => {
  const { effects, runs, posts, hold } = server();
  const { page } = await open("/orders");
  const press = await mouseOver(page);
  const { go } = hold();
  for (let count = 1; count <= 3; count++) {
    await press();
    await arrived(count);
  }
  go();
  await reached(page, "/done/1");
  deepEqual([effects, runs.length], [["soup"], 1]);
  deepEqual(posts.at(-1)?.status, 303);
});

test("C-29: with `waitMs` duplicates wait, and all three get the same 303", async () => {
  const { effects, posts, hold } = server();
  const { page, tabs } = await open("/orders?target=_blank");
  const press = await mouseOver(page);
  const { go } = hold();
  for (let count = 1; count <= 3; count++) {
    await press();
    await arrived(count);
  }
  go();
  for (let turn = 0; turn < 500 && tabs.pages().length < 4; turn++) await later(10);
  const shown = tabs.pages().filter((each) => each !== page);
  equal(shown.length, 3, "each click has a tab of its own");
  for (const each of shown) await reached(each, "/done/1");
  deepEqual(
    posts.map(({ status, location }) => [status, location]),
    Array(3).fill([303, "/done/1"]),
  );
  deepEqual(effects, ["soup"]);
});

test("C-29: without `waitMs` the last click shows a 409, and there is one effect all the same", async () => {
  const { effects, posts, hold } = server();
  const { page } = await open("/impatient");
  const press = await mouseOver(page);
  const { go } = hold();
  await press();
  await arrived(1);
  await press();
  await page.getByText("idempotency_in_flight").waitFor();
  go();
  deepEqual([effects, posts.at(-1)?.status], [["soup"], 409]);
});

test("C-29: the browser sends again by itself when a reused connection drops, and there is one effect", async () => {
  const shop = server();
  const { page } = await open("/orders");
  shop.cuts = true;
  await click(page);
  await reached(page, "/done/1");
  deepEqual(
    shop.posts.map(({ status }) => status),
    [undefined, 303],
    "nobody has clicked twice",
  );
  equal(shop.posts[0]?.isReused, true, "that of the page before it");
  deepEqual([shop.effects, shop.runs.length], [["soup"], 1]);
});

test("C-29: reload and back give no second effect, and a visit after them is a new intent", async () => {
  const { effects, runs } = server();
  const { page } = await open("/orders");
  const first = await keyIn(page);
  await click(page);
  await reached(page, "/done/1");
  await page.reload();
  // Out of the page cache, where nothing is loaded: the old page, with the old key.
  await page.goBack({ waitUntil: "commit" });
  equal(await keyIn(page), first);
  await click(page);
  await reached(page, "/done/1");
  deepEqual([effects, runs.length], [["soup"], 1], "sent again, it leads to the first result");
  await page.goBack({ waitUntil: "commit" });
  await page.reload();
  notEqual(await keyIn(page), first);
  await click(page);
  await reached(page, "/done/2");
  deepEqual(effects, ["soup", "soup"], "a second order that is meant");
});

test("C-29: a reload that sends the form again runs nothing again", async () => {
  const { runs, posts } = server();
  const { page } = await open("/orders");
  await page.fill("[name=dish]", "poison");
  await click(page);
  await page.getByText("We do not serve that.").waitFor();
  await page.reload();
  await page.getByText("We do not serve that.").waitFor();
  deepEqual([runs.length, posts.map(({ status }) => status)], [1, [422, 422]]);
});

test("C-30: the field is the key, whatever header the browser adds by itself", async () => {
  const { effects, runs, posts, hold } = server();
  const { page } = await open("/orders");
  const key = await keyIn(page);
  await page.route("**/orders", (route, request) => {
    const added = { "idempotency-key": posts.length === 0 ? "first" : "second" };
    return route.continue({ headers: { ...request.headers(), ...added } });
  });
  const press = await mouseOver(page);
  const { go } = hold();
  for (let count = 1; count <= 2; count++) {
    await press();
    await arrived(count);
  }
  go();
  await reached(page, "/done/1");
  deepEqual(
    posts.map(({ header }) => header),
    ["first", "second"],
  );
  deepEqual([effects, runs], [["soup"], [key]]);
  await page.goto(`${server().origin}/orders`);
  await click(page);
  await reached(page, "/done/2");
  deepEqual(effects, ["soup", "soup"], "the same header, another field: another intent");
});

test("C-31: a page with the field is sent with `no-store`; after a definite refusal its key is new", async () => {
  const { effects, runs } = server();
  const { page } = await open("/orders");
  const asked: (string | undefined)[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/orders")) asked.push(response.headers()["cache-control"]);
  });
  await page.reload();
  const refused = await keyIn(page);
  await page.fill("[name=dish]", "poison");
  await click(page);
  await page.getByText("We do not serve that.").waitFor();
  deepEqual(asked, ["no-store", "no-store"]);
  const corrected = await keyIn(page);
  notEqual(corrected, refused);
  await click(page);
  await reached(page, "/done/1");
  deepEqual([effects, runs], [["soup"], [refused, corrected]]);
});

test("C-31: after an unknown outcome the page carries the same key, and a second click does nothing twice", async () => {
  const { effects, runs } = server();
  const { page } = await open("/repeatable");
  const key = await keyIn(page);
  await page.fill("[name=dish]", "late");
  await click(page);
  await page.getByText("We could not confirm your order.").waitFor();
  match(await page.content(), /could not confirm/);
  equal(await keyIn(page), key);
  await page.fill("[name=dish]", "late");
  await click(page);
  await reached(page, "/done/1");
  deepEqual([effects, runs], [["late"], [key, key]]);
});
