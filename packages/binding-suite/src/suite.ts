/**
 * What every binding must hold, in a real Chromium over a real server: registered in a line by each.
 *
 * The page is rendered on the server and hydrated, in the framework's development build, so every
 * case also proves that hydration warns of nothing.
 */
import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import type { Shown } from "./order.ts";
import type { Shop } from "./shop.ts";
import { type BoundPage, bindingWorld } from "./world.ts";

export { type BoundPage, bindingWorld } from "./world.ts";

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function bindingSuite(name: string, bound: BoundPage): void {
  const world = bindingWorld(bound);

  beforeEach(() => {
    const shop = world.shop();
    shop.hold().go();
    shop.losing = 0;
    shop.effects.length = shop.keys.length = 0;
  });

  /** A case, and what holds after each: the page has complained of nothing. */
  function holds(sentence: string, run: (page: Page, shop: Shop) => Promise<void>): void {
    test(`C-59, ${name}: ${sentence}`, async () => {
      const { page, complaints } = await world.open();
      const shop = world.shop();
      await reaches(page, "ready");
      await run(page, shop);
      deepEqual(complaints, [], "C-51: hydration warns of nothing");
      equal(new Set(shop.keys).has(undefined), false, "every request has a key");
      await page.context().close();
    });
  }

  test(`C-51, ${name}: what a server renders holds no key, and is the same each time`, async () => {
    const html = await bound.html();
    equal(await bound.html(), html);
    const { key, status } = JSON.parse(
      /<output[^>]*>(.*?)<\/output>/s.exec(html)?.[1]?.replaceAll("&quot;", '"') ?? "{}",
    );
    deepEqual({ key, status }, { key: null, status: "ready" });
    doesNotMatch(html, /[0-9a-f]{8}-[0-9a-f]{4}-/);
  });

  for (const [how, press] of Object.entries(THREE)) {
    holds(`${how}: one effect`, async (page, shop) => {
      const { go } = shop.hold();
      await press(page);
      const { isPending } = await reaches(page, "submitting");
      equal(isPending, true);
      equal(await page.locator("#order").getAttribute("aria-busy"), "true", "C-45");
      equal(await page.locator("#pay").getAttribute("aria-disabled"), "true", "C-44");
      await arrived(shop, 1);
      go();
      const { isSuccess, data } = await reaches(page, "success");
      deepEqual({ isSuccess, data }, { isSuccess: true, data: { id: 1 } });
      deepEqual([shop.effects, shop.keys.length], [["soup"], 1]);
    });
  }

  holds(
    "a click after the answer is swallowed; after an edit it is a new intent",
    async (page, shop) => {
      await page.click("#pay");
      const { key } = await reaches(page, "success");
      await page.click("#pay");
      await page.click("#pay");
      deepEqual(shop.effects, ["soup"]);
      await page.fill("[name=dish]", "stew");
      notEqual((await reaches(page, "ready")).key, key);
      await page.click("#pay");
      await reaches(page, "success");
      deepEqual([shop.effects, new Set(shop.keys).size], [["soup", "stew"], 2]);
    },
  );

  holds(
    "C-21: a button alone: three clicks and one after the answer, one effect",
    async (page, shop) => {
      const { go } = shop.hold();
      await clicksInOneTask(page, "#alone");
      await arrived(shop, 1);
      go();
      await reaches(page, "success");
      await page.click("#alone");
      deepEqual([shop.effects, shop.keys.length], [["bread"], 1]);
      await page.click("#reset");
      await reaches(page, "ready");
    },
  );

  holds(
    "a lost answer: sent again by itself with the same key, and replayed",
    async (page, shop) => {
      shop.losing = 1;
      await page.click("#pay");
      const { replayed, data } = await reaches(page, "success");
      deepEqual({ replayed, data }, { replayed: true, data: { id: 1 } });
      deepEqual(shop.effects, ["soup"]);
      ok(shop.keys.length >= 2, "it was sent again");
      equal(new Set(shop.keys).size, 1);
    },
  );

  holds(
    "every answer lost: unknown, in the right words, and a check ends it",
    async (page, shop) => {
      shop.losing = 100;
      await page.click("#pay");
      const { message, isUnknown, isError } = await reaches(page, "unknown");
      deepEqual({ isUnknown, isError }, { isUnknown: true, isError: false });
      match(message, /could not confirm/);
      doesNotMatch(message, /fail|try again/i, "C-26");
      shop.losing = 0;
      await page.click("#check");
      const { replayed } = await reaches(page, "success");
      deepEqual([replayed, shop.effects, new Set(shop.keys).size], [true, ["soup"], 1]);
    },
  );

  holds(
    "reloaded in mid-flight: unknown, and the next click gets the same answer",
    async (page, shop) => {
      const { go } = shop.hold();
      await page.click("#pay");
      await arrived(shop, 1);
      await page.reload();
      await reaches(page, "unknown");
      go();
      await page.click("#pay");
      const { data } = await reaches(page, "success");
      deepEqual([data, shop.effects, new Set(shop.keys).size], [{ id: 1 }, ["soup"], 1]);
    },
  );

  holds("back after a success: a new key, since a second order is meant", async (page, shop) => {
    await page.click("#pay");
    await reaches(page, "success");
    await page.evaluate(() => Object.assign(globalThis, { survived: true }));
    await page.goto(`${shop.origin}/elsewhere`);
    await page.goBack({ waitUntil: "commit" });
    equal(await page.evaluate(() => "survived" in globalThis), true, "out of the page cache");
    await reaches(page, "ready");
    await page.click("#pay");
    await reaches(page, "success");
    deepEqual([shop.effects, new Set(shop.keys).size], [["soup", "soup"], 2]);
  });
}

async function arrived({ keys }: Shop, count: number): Promise<void> {
  for (let turn = 0; turn < 500 && keys.length < count; turn++) await later(10);
  equal(keys.length, count, "the requests have arrived");
}

const clicksInOneTask = (page: Page, button: string): Promise<void> =>
  page.locator(button).evaluate((element) => {
    for (let turn = 0; turn < 3; turn++) (element as HTMLElement).click();
  });

async function clicks(page: Page, apartMs: number): Promise<void> {
  const box = await page.locator("#pay").boundingBox();
  if (box === null) throw new Error("Expected the button to be on the page.");
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.click(box.x + 5, box.y + 5);
    await later(apartMs);
  }
}

const THREE: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "three clicks in one task": (page) => clicksInOneTask(page, "#pay"),
  "three mouse clicks, 15 ms apart": (page) => clicks(page, 15),
  "three mouse clicks, 40 ms apart": (page) => clicks(page, 40),
};

/** With a key, so that the page is there and not only what the server has rendered of it. */
async function reaches(page: Page, status: string): Promise<Shown> {
  const output = page.locator("output", { hasText: new RegExp(`"status":"${status}","key":"`) });
  await output.waitFor();
  return JSON.parse(await output.innerText());
}
