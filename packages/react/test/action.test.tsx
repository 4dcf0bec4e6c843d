/** An action in a real browser: what it is called with, and how often. */
import { deepEqual, doesNotMatch, equal, match, notEqual } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { bindingWorld } from "binding-suite";
import type { Page } from "playwright-core";
import { renderToString } from "react-dom/server";
import { ActionPage, type Asked, type Hands } from "./action-page.tsx";

const html = (): string => renderToString(<ActionPage />);
const world = bindingWorld({ html, hydrates: join(import.meta.dirname, "hydrate-action.js") });

const shows = (page: Page, text: string): Promise<void> =>
  page.locator("output", { hasText: text }).waitFor();

const asked = (page: Page): Promise<readonly Asked[]> =>
  page.evaluate(() => (globalThis as unknown as { hands: Hands }).hands.asked);

const ends = (page: Page, next: Hands["next"]): Promise<void> =>
  page.evaluate((how) => {
    (globalThis as unknown as { hands: Hands }).hands.next = how;
  }, next);

const threeInOneTask = (page: Page): Promise<void> =>
  page.locator("#pay").evaluate((button) => {
    for (let turn = 0; turn < 3; turn++) (button as HTMLElement).click();
  });

test("C-53, C-51: three clicks in one task call the action once, with a key, and it is hydrated in silence", async () => {
  const { page, complaints } = await world.open();
  await ends(page, "holds");
  await threeInOneTask(page);
  await shows(page, "pending");
  await ends(page, "answers");
  await shows(page, "1");
  const [first, ...others] = await asked(page);
  equal(first?.dish, "soup");
  match(first?.key ?? "", /^[0-9a-f-]{36}$/);
  deepEqual(others, []);
  deepEqual(complaints, []);
});

test("C-53: mouse clicks while it runs are dropped, and one after the answer has a new key", async () => {
  const { page } = await world.open();
  await ends(page, "holds");
  await page.click("#pay");
  await page.click("#pay");
  await ends(page, "answers");
  await shows(page, "1");
  await page.click("#pay");
  await shows(page, "2");
  const keys = (await asked(page)).map(({ key }) => key);
  equal(keys.length, 2);
  notEqual(keys[0], keys[1]);
});

test("C-53: the key is kept when the action throws, though React takes the form away", async () => {
  const { page } = await world.open();
  await ends(page, "throws");
  await page.click("#pay");
  await page.click("#again");
  await ends(page, "answers");
  await page.click("#pay");
  await shows(page, "1");
  await page.click("#pay");
  await shows(page, "2");
  const keys = (await asked(page)).map(({ key }) => key);
  equal(keys.length, 3);
  equal(keys[0], keys[1]);
  notEqual(keys[1], keys[2], "answered, it is used up");
});

test("C-53: the key is kept over a reload in mid-flight", async () => {
  const { page } = await world.open();
  await ends(page, "holds");
  await page.click("#pay");
  await shows(page, "pending");
  const [before] = await asked(page);
  await page.reload();
  await page.click("#pay");
  await shows(page, "1");
  equal((await asked(page))[0]?.key, before?.key);
});

test("C-53: a redirect of Next is an answer: the next submit has a new key", async () => {
  const { page } = await world.open();
  await ends(page, "redirects");
  await page.click("#pay");
  await page.click("#again");
  await ends(page, "answers");
  await page.click("#pay");
  await shows(page, "1");
  const keys = (await asked(page)).map(({ key }) => key);
  notEqual(keys[0], keys[1]);
});

test("C-51: what a server renders of it holds no key", () => {
  equal(html(), html());
  doesNotMatch(html(), /[0-9a-f]{8}-[0-9a-f]{4}-/);
});
