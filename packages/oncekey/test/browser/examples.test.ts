/** The programs of the pages about a browser's libraries: copied, run, and clicked on three times. */
import { doesNotMatch, equal } from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser } from "binding-suite/browser";
import { startProgram } from "binding-suite/program";
import type { Browser, Page } from "playwright-core";

/** Where all is installed that the pages tell to install. */
const LIBRARY = join(import.meta.dirname, "../../..");
const PAGES = join(LIBRARY, "../../docs/integrations");

let browser: Browser;
const stops: (() => void)[] = [];
before(async () => {
  browser = await openBrowser();
});
after(async () => {
  for (const stop of stops) stop();
  await browser.close();
});

/** The address that the program of a page prints. */
async function started(name: string): Promise<string> {
  const { origin, stop } = await startProgram(join(PAGES, `${name}.md`), LIBRARY);
  stops.push(stop);
  return origin;
}

const clicks = (page: Page): Promise<void> =>
  page.locator("#pay").evaluate((button) => {
    for (let turn = 0; turn < 3; turn++) (button as HTMLElement).click();
  });

for (const name of [
  "devtools",
  "element",
  "regions",
  "solid",
  "angular",
  "htmx",
  "turbo",
  "workbox",
]) {
  test(`the program of ${name}.md runs, and three clicks are one order`, async () => {
    const page = await browser.newPage();
    await page.goto(await started(name));
    await page.waitForLoadState("networkidle");
    await clicks(page);
    await page.locator("#done", { hasText: "Order" }).waitFor({ timeout: 15_000 });
    equal(await page.locator("#done").innerText(), "Order 1");
    await page.close();
  });
}

/** From now on answers get lost on their way, after the work is done; so many, or all of them. */
async function lose(page: Page, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const keys: string[] = [];
  await page.route("**/orders", async (route) => {
    keys.push(route.request().headers()["idempotency-key"] ?? "none");
    const response = await route.fetch();
    if (keys.length > count) await route.fulfill({ response });
    else await route.abort();
  });
  return keys;
}

/** What shows a submit by itself, or by a recipe that people copy. */
for (const name of ["element", "regions", "solid", "angular"]) {
  test(`C-54, the program of ${name}.md: a lost answer is sent again with its key, and is one order`, async () => {
    const page = await browser.newPage();
    await page.goto(await started(name));
    const keys = await lose(page, 1);
    await page.click("#pay");
    await page.locator("#done", { hasText: "Order 1" }).waitFor({ timeout: 15_000 });
    equal(keys.length, 2);
    equal(new Set(keys).size, 1);
    await page.close();
  });

  test(`C-54, C-26, the program of ${name}.md: when nobody can say it says so, and Check again ends it`, async () => {
    const page = await browser.newPage();
    await page.goto(await started(name));
    const keys = await lose(page);
    await page.click("#pay");
    const alert = page.getByRole("alert").filter({ hasText: "could not confirm" });
    await alert.waitFor({ timeout: 15_000 });
    doesNotMatch(await page.locator("body").innerText(), /fail|try again/i);
    equal(await page.locator("#done").innerText(), "");
    await page.unroute("**/orders");
    await page.getByRole("button", { name: "Check again" }).click();
    await page.locator("#done", { hasText: "Order 1" }).waitFor({ timeout: 15_000 });
    equal(new Set(keys).size, 1);
    await page.close();
  });
}
