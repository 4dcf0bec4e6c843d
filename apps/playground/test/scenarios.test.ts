/** Every scenario in a real Chromium: what the page counts is what the ledger file holds. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { openScene, type Scene } from "./scene.ts";

let browser: Browser;
let scene: Scene;
before(async () => {
  [browser, scene] = await Promise.all([openBrowser(), openScene()]);
});
after(async () => {
  await browser.close();
  await scene.close();
});

const playButton = (page: Page) => page.getByRole("button", { name: "Play" });
const orderButton = (page: Page) => page.getByRole("button", { name: /^Pay/ });

/** Real clicks in the middle of the button, as fast as a mouse can. */
async function threeClicks(page: Page): Promise<void> {
  await orderButton(page).scrollIntoViewIfNeeded();
  const box = await orderButton(page).boundingBox();
  ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  for (let click = 1; click <= 3; click++) await page.mouse.click(x, y);
}

async function counts(page: Page): Promise<Record<string, number>> {
  const rows = await page.locator("[data-count]").all();
  const read = rows.map(async (row) => [
    (await row.getAttribute("data-count")) ?? "",
    Number((await row.locator("dd").innerText()).replaceAll(",", "")),
  ]);
  return Object.fromEntries(await Promise.all(read)) as Record<string, number>;
}

/** The page against the file. */
async function agrees(page: Page, wanted: Record<string, number>): Promise<void> {
  const shown = await counts(page);
  deepEqual(shown, wanted);
  const ledger = scene.ledger();
  equal(shown.executions, ledger.filter(({ what }) => what === "run").length);
  equal(shown.effects, ledger.filter(({ what }) => what === "effect").length);
}

/** The same, where how many requests it took is the client's affair. */
async function happened(
  page: Page,
  wanted: Record<"executions" | "replays" | "effects", number>,
): Promise<void> {
  await agrees(page, { ...wanted, requests: (await counts(page)).requests ?? 0 });
}

const phase = (page: Page, words: string) =>
  page.locator(".phases [aria-current]").getByText(words).waitFor();

const keyOn = (page: Page): Promise<string> => page.locator(".key .pill").innerText();

describe("C-64: three clicks with a real mouse", () => {
  for (const { search, wanted, money } of [
    {
      search: "?protection=off",
      wanted: { requests: 3, executions: 3, replays: 0, effects: 3 },
      money: "€37.50",
    },
    {
      search: "?protection=lock",
      wanted: { requests: 3, executions: 1, replays: 0, effects: 1 },
      money: "€12.50",
    },
    {
      search: "?protection=oncekey",
      wanted: { requests: 3, executions: 1, replays: 2, effects: 1 },
      money: "€12.50",
    },
    {
      search: "?protection=oncekey&effects=transactional",
      wanted: { requests: 3, executions: 1, replays: 2, effects: 1 },
      money: "€12.50",
    },
    {
      search: "?protection=off&clicks=once",
      wanted: { requests: 1, executions: 1, replays: 0, effects: 1 },
      money: "€12.50",
    },
  ]) {
    test(search, async () => {
      const { page, complaints } = await visit(search);
      await threeClicks(page);
      await scene.counted(page, "requests", wanted.requests);
      await scene.quiet(page);
      await agrees(page, wanted);
      equal(await page.locator(".money b").innerText(), money);
      equal(
        await page.locator(".money").getAttribute("data-bad"),
        wanted.effects > 1 ? "true" : null,
      );
      deepEqual(complaints, []);
      await page.context().close();
    });
  }
});

test("C-64: the answers of three clicks have one SHA-256, and one box is gold", async () => {
  const { page } = await visit("");
  await playButton(page).click();
  await scene.counted(page, "replays", 2);
  await scene.quiet(page);
  const digests = await page.locator(".answers code").allInnerTexts();
  equal(digests.length, 3);
  equal(new Set(digests).size, 1);
  equal(await page.locator(".box[data-gold]").count(), 1);
  equal(await page.locator(".chip").getByText("WAITED → REPLAYED").count(), 2);
  ok((await page.locator(".chip.gold").innerText()).includes("EXECUTED, token"));
  equal(await page.locator(".phases [aria-current]").innerText(), "SUCCESS");
  await page.context().close();
});

test("C-64: duplicates that are told to come again do so, and have the answer", async () => {
  const { page } = await visit("?duplicates=tell");
  await threeClicks(page);
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await page.locator(".chip").getByText("REFUSED, IT RUNS").first().waitFor();
  await scene.quiet(page);
  const { executions, effects } = await counts(page);
  deepEqual({ executions, effects }, { executions: 1, effects: 1 });
  equal(scene.ledger().filter(({ what }) => what === "effect").length, 1);
  await page.context().close();
});

test("C-64: the deck's lock runs again as soon as the first has its answer", async () => {
  const { page } = await visit("?protection=lock");
  await orderButton(page).click();
  await scene.counted(page, "effects", 1);
  await scene.quiet(page);
  await orderButton(page).click();
  await scene.counted(page, "requests", 2);
  await scene.quiet(page);
  await agrees(page, { requests: 2, executions: 2, replays: 0, effects: 2 });
  await page.context().close();
});

describe("C-64: three clicks without a script", () => {
  for (const { protection, effects } of [
    { protection: "oncekey", effects: 1 },
    { protection: "off", effects: 3 },
  ]) {
    test(protection, async () => {
      const { page } = await visit(`?scenario=no-script&protection=${protection}`);
      const form = page.frameLocator("iframe");
      const button = form.getByRole("button", { name: /^Pay/ });
      await button.scrollIntoViewIfNeeded();
      const box = await button.boundingBox();
      ok(box);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      for (let click = 1; click <= 3; click++) {
        await page.mouse.click(x, y);
        await scene.counted(page, "requests", click);
      }
      await form.getByRole("heading", { name: "Thank you" }).waitFor();
      await scene.counted(page, "effects", effects);
      const { executions } = await counts(page);
      equal(executions, effects);
      equal(scene.ledger().filter(({ what }) => what === "effect").length, effects);
      await page.context().close();
    });
  }
});

describe("C-64: a lost answer", () => {
  for (const { scenario, protection, effects } of [
    { scenario: "lost-answer", protection: "oncekey", effects: 1 },
    { scenario: "lost-answer", protection: "lock", effects: 2 },
    { scenario: "your-browser", protection: "oncekey", effects: 1 },
    { scenario: "your-browser", protection: "off", effects: 2 },
  ]) {
    test(`${scenario}, ${protection}`, async () => {
      const { page } = await visit(`?scenario=${scenario}&protection=${protection}`);
      await playButton(page).click();
      await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
      await scene.counted(page, "requests", 2);
      await scene.counted(page, "effects", effects);
      await agrees(page, { requests: 2, executions: effects, replays: 2 - effects, effects });
      await page.context().close();
    });
  }
});

test("C-64: unrepeatable: the winner is killed after its effect, and nobody runs it again", async () => {
  const { page } = await visit("?scenario=kill");
  await playButton(page).click();
  await page.locator(".box[data-state=killed]").waitFor();
  await phase(page, "unknown");
  await page.locator(".chip").getByText("IN DOUBT").first().waitFor();
  await happened(page, { executions: 1, replays: 0, effects: 1 });

  await page.getByRole("button", { name: "It happened" }).click();
  await page.getByRole("button", { name: "Check again" }).click();
  await phase(page, "SUCCESS");
  await scene.counted(page, "replays", 1);
  await happened(page, { executions: 1, replays: 1, effects: 1 });
  await page.context().close();
  await allUp();
});

describe("C-64: the winner is killed between its effect and its record", () => {
  for (const { effects, counted } of [
    { effects: "repeatable", counted: 2 },
    { effects: "transactional", counted: 1 },
  ]) {
    test(`${effects}: ${counted}, and the next one has run`, async () => {
      const { page } = await visit(`?scenario=kill&effects=${effects}`);
      await playButton(page).click();
      await phase(page, "SUCCESS");
      await scene.counted(page, "executions", 2);
      await scene.counted(page, "effects", counted);
      await happened(page, { executions: 2, replays: 0, effects: counted });
      equal(await page.locator(".money").getAttribute("data-bad"), counted > 1 ? "true" : null);
      equal(await page.locator(".chip").getByText("ROLLED BACK").count(), 2 - counted);
      await page.context().close();
      await allUp();
    });
  }
});

describe("C-64: the winner stands still for longer than its lease, and is woken", () => {
  for (const { effects, wanted } of [
    { effects: "unrepeatable", wanted: { executions: 1, replays: 1, effects: 1 } },
    { effects: "repeatable", wanted: { executions: 2, replays: 2, effects: 2 } },
    { effects: "transactional", wanted: { executions: 1, replays: 2, effects: 1 } },
  ]) {
    test(`${effects}: ${wanted.effects}`, async () => {
      const { page } = await visit(`?scenario=freeze&effects=${effects}`);
      await playButton(page).click();
      await page.locator(".box[data-state=frozen]").waitFor();
      await scene.counted(page, "requests", 3);
      await scene.counted(page, "replays", wanted.replays);
      await happened(page, wanted);
      const doubts = await page.locator(".chip").getByText("IN DOUBT").count();
      equal(doubts > 0, effects === "unrepeatable");
      await page.context().close();
    });
  }
});

describe("C-64: with the record at the gateway", () => {
  test("three clicks reach it, and one reaches an API", async () => {
    const { page, complaints } = await visit("?dedup=gateway");
    await threeClicks(page);
    await scene.counted(page, "replays", 2);
    await scene.quiet(page);
    await agrees(page, { requests: 3, executions: 1, replays: 2, effects: 1 });
    equal(await page.locator(".gate .chip").getByText("WAITED → REPLAYED").count(), 2);
    equal(await page.locator(".boxes .chip").count(), 1);
    equal(new Set(await page.locator(".answers code").allInnerTexts()).size, 1);
    // A guard in the API would have given the run a token.
    deepEqual(
      scene.ledger().map(({ token }) => token),
      [null, null],
    );
    deepEqual(complaints, []);
    await page.context().close();
  });

  test("the API is killed after its effect: in doubt, and nobody runs it again", async () => {
    const { page } = await visit("?scenario=kill&dedup=gateway");
    await playButton(page).click();
    await phase(page, "unknown");
    await page.locator(".store strong").getByText("in doubt").waitFor();
    await happened(page, { executions: 1, replays: 0, effects: 1 });
    await page.context().close();
    await allUp();
  });

  test("transactional cannot be chosen: the API's writes are in no transaction of its", async () => {
    const { page } = await visit("?dedup=gateway&effects=transactional");
    equal(await page.getByRole("radio", { name: "Transactional" }).isDisabled(), true);
    equal(await page.getByRole("radio", { name: "Unrepeatable" }).isChecked(), true);
    await page.context().close();
  });
});

test("C-64: another order under the same key is refused with 422", async () => {
  const { page } = await visit("?scenario=edited");
  await playButton(page).click();
  await page.locator(".chip").getByText("MISMATCH").waitFor();
  await scene.quiet(page);
  await agrees(page, { requests: 2, executions: 1, replays: 0, effects: 1 });
  await page.locator(".answers b").getByText("422").waitFor();
  await page.context().close();
});

test("C-64: with the store down nothing runs, and the same key runs when it is back", async () => {
  const { page } = await visit("?scenario=store-down");
  await playButton(page).click();
  await page.locator(".chip").getByText("STORE DOWN").waitFor();
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await scene.quiet(page);
  await agrees(page, { requests: 2, executions: 1, replays: 0, effects: 1 });
  await page.locator(".answers b").getByText("503").waitFor();
  await page.context().close();
});

test("C-64: a storm of 1,000 requests has one effect", async () => {
  const { page } = await visit("?scenario=storm");
  await playButton(page).click();
  await scene.counted(page, "requests", 1000);
  await page.getByText("and 992 more").waitFor();
  const { executions, effects } = await counts(page);
  deepEqual({ executions, effects }, { executions: 1, effects: 1 });
  equal(scene.ledger().filter(({ what }) => what === "effect").length, 1);
  await page.context().close();
});

test("C-64: a duplicated tab looks on, and sends nothing", async () => {
  const { page } = await visit("?scenario=duplicate-tab");
  const opened = page.context().waitForEvent("page");
  await playButton(page).click();
  const second = await opened;
  for (const tab of [page, second]) {
    await tab.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
    await scene.counted(tab, "effects", 1);
  }
  await agrees(page, { requests: 1, executions: 1, replays: 0, effects: 1 });
  await page.context().close();
});

test("C-64: in doubt: who says that it did not happen lets it run again", async () => {
  const { page } = await visit("?scenario=in-doubt");
  await playButton(page).click();
  await page.locator(".phases [aria-current]").getByText("unknown").waitFor();
  await page.getByRole("button", { name: "It did not" }).click();
  await page.getByRole("button", { name: "Check again" }).click();
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await scene.counted(page, "effects", 2);
  equal(scene.ledger().filter(({ what }) => what === "effect").length, 2);
  await page.context().close();
  await allUp();
});

test("C-64, C-42: Back after success comes out of the page cache, with a new key for a new order", async () => {
  const { page, complaints } = await visit("?scenario=order-again");
  await page.evaluate(() => Object.assign(globalThis, { survived: true }));
  const first = await keyOn(page);
  await playButton(page).click();
  await page.waitForURL(/\/ordered$/);
  await page.goBack({ waitUntil: "commit" });
  equal(await page.evaluate(() => "survived" in globalThis), true, "it came out of the page cache");
  await phase(page, "READY");
  notEqual(await keyOn(page), first);
  await scene.counted(page, "effects", 1);
  await orderButton(page).click();
  await page.waitForURL(/\/ordered$/);
  await page.goBack({ waitUntil: "commit" });
  await scene.counted(page, "effects", 2);
  await scene.quiet(page);
  await agrees(page, { requests: 2, executions: 2, replays: 0, effects: 2 });
  equal(await page.locator(".money").getAttribute("data-bad"), null);
  deepEqual(complaints, []);
  await page.context().close();
});

test("C-64: reload in mid-flight: the next press has the same key", async () => {
  const { page } = await visit("?scenario=reload");
  const reloaded = page.waitForEvent("load");
  await playButton(page).click();
  await reloaded;
  await page.locator(".phases [aria-current]").getByText("unknown").waitFor();
  await orderButton(page).click();
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await scene.counted(page, "replays", 1);
  const { effects } = await counts(page);
  equal(effects, 1);
  await page.context().close();
});

test("C-64: the deck to the letter refuses duplicates with 409", async () => {
  const { page } = await visit("?scenario=deck&duplicates=refuse");
  await playButton(page).click();
  await scene.counted(page, "requests", 3);
  await scene.quiet(page);
  await agrees(page, { requests: 3, executions: 1, replays: 0, effects: 1 });
  equal(await page.locator(".answers b").getByText("409").count(), 2);
  await page.context().close();
});

/** Opens the page with nothing played before. */
async function visit(search: string) {
  const tab = await scene.visit(browser, search);
  await scene.clear();
  await scene.counted(tab.page, "requests", 0);
  return tab;
}

/** A killed process is started again; the next scene wants all five. */
async function allUp(): Promise<void> {
  const { page } = await scene.visit(browser, "");
  await page.locator(".box[data-state=up]").nth(4).waitFor();
  await page.context().close();
}
