/** For everybody: keyboard, less motion, a narrow screen, a slower pace; and without any server. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import axe from "axe-core";
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

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run: typeof axe.run } };
    const found = await injected.axe.run();
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

async function playThree(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Play" }).click();
  await scene.counted(page, "requests", 3);
  await scene.quiet(page);
}

describe("C-48: axe finds nothing, and nothing is wider than 320 px", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const search of ["?protection=oncekey", "?protection=off", "?scenario=no-script"]) {
      test(`${search}, ${colorScheme}`, async () => {
        await scene.clear();
        const viewport = { width: 320, height: 640 };
        const { page, complaints } = await scene.visit(browser, search, { colorScheme, viewport });
        deepEqual(await violations(page), []);
        if (!search.includes("no-script")) await playThree(page);
        // A chip that is still fading in has no colour of its own yet.
        await page.evaluate(() =>
          Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))),
        );
        deepEqual(await violations(page), []);
        equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
        deepEqual(complaints, []);
        await page.context().close();
      });
    }
  }
});

test("C-48: three presses of Enter and a change of the protection, by keyboard alone", async () => {
  await scene.clear();
  const { page } = await scene.visit(browser, "");
  await tabTo(page, /^oncekey$/);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL(/protection=off/);
  await tabTo(page, /^Pay/);
  for (let press = 1; press <= 3; press++) await page.keyboard.press("Enter");
  await scene.counted(page, "effects", 3);
  await page.context().close();
});

test("C-66: with reduced motion nothing flies, and the words are the same", async () => {
  await scene.clear();
  const { page } = await scene.visit(browser, "", { reducedMotion: "reduce" });
  await page.evaluate(() => {
    const seen = globalThis as unknown as { flown: number };
    seen.flown = 0;
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) {
          if (node instanceof Element && node.classList.contains("dot")) seen.flown += 1;
        }
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  await playThree(page);
  equal(await page.evaluate(() => (globalThis as unknown as { flown: number }).flown), 0);
  equal(await page.locator(".chip").getByText("WAITED → REPLAYED").count(), 2);
  await page.context().close();
});

test("C-66: paused nothing is shown of what happens, and each step shows one thing more", async () => {
  await scene.clear();
  const { page } = await scene.visit(browser, "");
  await page.getByRole("radio", { name: "Paused" }).click();
  await page.getByRole("button", { name: /^Pay/ }).click();
  // It has happened, and the page has been told: the form has its answer.
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await scene.counted(page, "requests", 0);
  await page.getByRole("button", { name: "Step" }).click();
  await scene.counted(page, "requests", 1);
  await scene.counted(page, "effects", 0);
  await page.getByRole("radio", { name: "Live" }).click();
  await scene.counted(page, "effects", 1);
  await page.context().close();
});

test("C-66: in slow motion everything is shown, in its order", async () => {
  await scene.clear();
  const { page } = await scene.visit(browser, "");
  await page.getByRole("radio", { name: "Slow motion" }).click();
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.locator(".phases [aria-current]").getByText("SUCCESS").waitFor();
  await scene.counted(page, "effects", 1);
  await scene.quiet(page);
  const times = await page.locator(".timeline time").allInnerTexts();
  const inMs = times.map((text) => Number.parseInt(text, 10));
  ok(inMs.length >= 4);
  deepEqual(
    inMs,
    [...inMs].sort((one, other) => one - other),
  );
  await page.context().close();
});

test("C-66: a recording plays in a browser without any server", async () => {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-recording-"));
  try {
    const file = join(folder, "three-clicks.html");
    const start = fileURLToPath(import.meta.resolve("../src/start.js"));
    const { status, stderr } = spawnSync(process.execPath, [start, "--once", "--record", file], {
      encoding: "utf8",
    });
    equal(stderr, "");
    equal(status, 0);
    const context = await browser.newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).protocol));
    await page.goto(pathToFileURL(file).href);
    await page.locator(".box").nth(4).waitFor();
    await playThree(page);
    const counts = await page.locator("[data-count] dd").allInnerTexts();
    deepEqual(counts, ["3", "1", "2", "1"]);
    equal(await page.locator(".box[data-gold]").count(), 1);
    ok(asked.every((protocol) => protocol === "file:" || protocol === "data:"));
    deepEqual(await violations(page), []);
    await context.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("C-66: the dishes say what is idempotent and what is not", async () => {
  const { page } = await scene.visit(browser, "");
  const words = await page.locator(".dishes").innerText();
  match(words, /Washing a plate twice leaves the same clean plate/);
  match(words, /Cooking a dish twice makes two dishes/);
  await page.context().close();
});

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let press = 0; press < 60; press++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return (element?.closest("label") ?? element)?.textContent?.trim() ?? "";
    });
    if (name.test(focused)) return;
  }
  throw new Error(`Nothing called ${name} can be reached with Tab.`);
}
