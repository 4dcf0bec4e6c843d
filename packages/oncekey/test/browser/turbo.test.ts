/** Turbo over the client, in a real browser over a real server. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { counter } from "./counter.ts";
import { worldOf } from "./page.ts";
import { press, sendingSuite, until } from "./sending-suite.ts";

const HEAD = `<!doctype html><head><title>Order</title><script type="module" src="/page.js"></script></head>`;
const FORM = `<form id="order" method="post" action="/orders">
<input name="dish" value="soup"><button id="pay">Pay</button></form>`;

const SCRIPT = `
import * as Turbo from "@hotwired/turbo";
import { createIdempotentFetch } from "../../src/client/index.js";
import { idempotentTurbo } from "../../src/client/turbo.js";
idempotentTurbo(createIdempotentFetch({
  retry: { attempts: 5, baseMs: 20, capMs: 40 },
  ...(location.search === "?hasty" && { timeoutMs: 1_000 }),
}));
const marks = document.documentElement.dataset;
Object.assign(globalThis, { loads: 0, Turbo });
addEventListener("turbo:fetch-request-error", (event) => {
  event.preventDefault();
  document.documentElement.dataset.failed = event.detail.error.name;
});
addEventListener("unhandledrejection", (event) => event.preventDefault());
addEventListener("turbo:load", () => { if (location.pathname === "/thanks") globalThis.loads += 1; });
addEventListener("turbo:before-render", (event) => {
  if (!globalThis.holds) return;
  event.preventDefault();
  const { resume } = event.detail;
  globalThis.resume = resume;
  document.documentElement.dataset.held = "yes";
});
marks.ready = "yes";
`;

const world = worldOf(() =>
  counter({
    html: {
      "/": `${HEAD}<body>${FORM}</body>`,
      "/thanks": `${HEAD}<body><h1>Thanks</h1></body>`,
      "/favicon.ico": " ",
    },
    scripts: { "/page.js": SCRIPT },
    answer(response) {
      response.writeHead(303, { location: "/thanks" });
      response.end();
    },
  }),
);

const shown = async (page: Page): Promise<number> => {
  await page.locator("h1").waitFor();
  await page.waitForFunction(() => (globalThis as unknown as { loads: number }).loads > 0);
  return page.evaluate(() => (globalThis as unknown as { loads: number }).loads);
};

sendingSuite(world, {
  name: "C-57, Turbo",
  path: "/",
  shown,
  async again(page) {
    await page.evaluate(() =>
      (globalThis as unknown as { Turbo: { visit(to: string): void } }).Turbo.visit("/"),
    );
    await page.locator("#pay").waitFor();
  },
});

test("C-57: a click between the answer and the page that it leads to has the same key: one effect", async () => {
  const { server, open } = world;
  const { page } = await open("/");
  await page.locator("html[data-ready]").waitFor();
  await page.evaluate(() => Object.assign(globalThis, { holds: true }));
  await press(page);
  await page.locator("html[data-held]").waitFor();
  equal(await page.locator("#pay").isEnabled(), true, "Turbo has enabled it");
  await page.evaluate(() => Object.assign(globalThis, { holds: false }));
  await press(page);
  await until("both have arrived", () => server().keys.length === 2);
  await page.evaluate(() => (globalThis as unknown as { resume(): void }).resume());
  await shown(page);
  deepEqual(server().effects, ["soup"]);
  equal(new Set(server().keys).size, 1);
});
