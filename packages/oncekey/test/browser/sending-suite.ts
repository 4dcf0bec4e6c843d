/** What a library that sends for the page must hold once it is over the client: registered by each. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import type { Counter } from "./counter.ts";
import type { World } from "./page.ts";

export interface Sending {
  readonly name: string;
  /** Where its page is. With `?hasty` it does not wait long for an answer. */
  readonly path: string;
  /** How many answers the page has shown, once it shows one. */
  shown(page: Page): Promise<number>;
  /** Back to where an order can be made. */
  again(page: Page): Promise<void>;
}

export const later = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await later(10);
  ok(holds(), what);
}

/** A click that does not wait for the button to be enabled. */
export const press = (page: Page): Promise<void> =>
  page.locator("#pay").evaluate((button) => (button as HTMLElement).click());

const THREE: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "three clicks in one task": (page) =>
    page.locator("#pay").evaluate((button) => {
      for (let turn = 0; turn < 3; turn++) (button as HTMLElement).click();
    }),
  "three mouse clicks, 15 ms apart": (page) => clicks(page, 15),
  "three mouse clicks, 40 ms apart": (page) => clicks(page, 40),
};

async function clicks(page: Page, apartMs: number): Promise<void> {
  const box = await page.locator("#pay").boundingBox();
  if (box === null) throw new Error("Expected the button to be on the page.");
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.click(box.x + 5, box.y + 5);
    await later(apartMs);
  }
}

export function sendingSuite(
  { server, open }: World<Counter>,
  { name, path, shown, again }: Sending,
): void {
  const sees = async (page: Page, count: number): Promise<void> => {
    equal(await shown(page), count, "each answer is shown once");
  };
  const ready = async (how = ""): Promise<{ page: Page }> => {
    const opened = await open(path + how);
    await opened.page.locator("html[data-ready]").waitFor();
    return opened;
  };

  beforeEach(() => {
    server().losing = 0;
    server().keys.length = server().effects.length = 0;
  });

  for (const [how, click] of Object.entries(THREE)) {
    test(`${name}: ${how} while the answer takes its time: one request, one effect, one answer shown`, async () => {
      const { go } = server().hold();
      const { page } = await ready();
      await click(page);
      await until("the order has arrived", () => server().effects.length > 0);
      go();
      await sees(page, 1);
      deepEqual([server().effects, server().keys.length], [["soup"], 1]);
      ok(server().keys[0], "with a key");
    });
  }

  test(`${name}: a lost answer: the same key again, one effect, one answer shown`, async () => {
    server().losing = 1;
    const { page } = await ready();
    await press(page);
    await sees(page, 1);
    deepEqual(server().effects, ["soup"]);
    ok(server().keys.length >= 2, "it was sent again");
    equal(new Set(server().keys).size, 1);
  });

  test(`${name}: no answer in time: it waits while the first is in flight, and shows the one answer`, async () => {
    const { go } = server().hold();
    const { page } = await ready("?hasty");
    await press(page);
    await until("it was sent again", () => server().keys.length >= 2);
    go();
    await sees(page, 1);
    deepEqual(server().effects, ["soup"]);
    equal(new Set(server().keys).size, 1);
  });

  test(`${name}: every answer lost, and a click later: the same key, one effect`, async () => {
    server().losing = 1_000;
    const { page } = await ready();
    await press(page);
    await page.locator("html[data-failed]").waitFor();
    server().losing = 0;
    await press(page);
    await sees(page, 1);
    deepEqual(server().effects, ["soup"]);
    equal(new Set(server().keys).size, 1);
  });

  test(`${name}: after its answer was shown an order is a new one, with a new key`, async () => {
    const { page } = await ready();
    await press(page);
    await sees(page, 1);
    await again(page);
    await press(page);
    await until("the second order has arrived", () => server().effects.length === 2);
    equal(server().keys.length, 2);
    notEqual(server().keys[0], server().keys[1]);
  });
}
