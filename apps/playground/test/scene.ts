/** The playground with its page, for tests that look at it with a browser. */
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Entry } from "../src/ledger.ts";
import { createPage } from "../src/page.ts";
import { openRestaurant } from "../src/restaurant.ts";

export type Count = "requests" | "executions" | "replays" | "effects";

export interface Scene {
  readonly origin: string;
  ledger(): Entry[];
  /** Empties the ledger, as the page does before it plays. */
  clear(): Promise<void>;
  visit(browser: Browser, search: string, options?: BrowserContextOptions): Promise<Tab>;
  /** Waits until the page counts so many, and no fewer. */
  counted(page: Page, name: Count, wanted: number): Promise<void>;
  /** Waits until every request that the page has heard of is answered, and nothing flies. */
  quiet(page: Page): Promise<void>;
  close(): Promise<void>;
}

interface Tab {
  readonly page: Page;
  /** What the console says is wrong, but for answers that a scenario means to be so. */
  readonly complaints: readonly string[];
}

const ASK_AGAIN_MS = 50;

export async function openScene(): Promise<Scene> {
  const restaurant = await openRestaurant({
    ...{ instances: 5, store: "sqlite", port: 0, page: createPage },
    ...{ cookingMs: 800, leaseMs: 1_500 },
  });
  return {
    origin: restaurant.origin,
    ledger: restaurant.ledger,
    async clear() {
      const page = await (await fetch(restaurant.origin)).text();
      const [, token = ""] = /name="playground-token" content="([0-9a-f]+)"/.exec(page) ?? [];
      await fetch(`${restaurant.origin}/controls/clear`, {
        method: "POST",
        headers: { origin: restaurant.origin, "x-playground-token": token },
        body: "{}",
      });
    },
    async visit(browser, search, options = {}) {
      const page = await (await browser.newContext(options)).newPage();
      page.setDefaultTimeout(60_000);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        const isAnswer = message.text().startsWith("Failed to load resource: ");
        if (message.type() === "error" && !isAnswer) complaints.push(message.text());
      });
      await page.goto(`${restaurant.origin}/${search}`);
      await page.locator(".box").nth(4).waitFor();
      return { page, complaints };
    },
    async counted(page, name, wanted) {
      await page
        .locator(`[data-count=${name}] dd`)
        .getByText(shown(wanted), { exact: true })
        .waitFor();
    },
    async quiet(page) {
      while ((await page.locator(".chip.busy, .dot").count()) > 0) await pause(ASK_AGAIN_MS);
      await page.locator(".answers li").first().waitFor();
      const isAnswered = async () => {
        const requests = Number(await page.locator("[data-count=requests] dd").textContent());
        return (await page.locator(".answers li").count()) === requests;
      };
      while (!(await isAnswered())) await pause(ASK_AGAIN_MS);
      while ((await page.locator(".dot").count()) > 0) await pause(ASK_AGAIN_MS);
    },
    close: restaurant.stop,
  };
}

const shown = (count: number): string => count.toLocaleString("en");
