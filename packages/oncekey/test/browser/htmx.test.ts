/** The extension in htmx 2 and in htmx 4, each in a real browser over a real server. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { counter } from "./counter.ts";
import { worldOf } from "./page.ts";
import { later, press, sendingSuite, until } from "./sending-suite.ts";

const page = (script: string): string => `<!doctype html><title>Order</title>
<body hx-ext="oncekey"><form id="order" hx-post="/orders" hx-target="#answers" hx-swap="beforeend">
<input name="dish" value="soup"><button id="pay">Pay</button></form>
<button id="menu" hx-get="/menu" hx-target="#answers" hx-swap="beforeend">Menu</button>
<div id="answers"></div><script type="module" src="${script}"></script></body>`;

const script = (from: string): string => `
import htmx from "${from}";
import { createIdempotentFetch } from "../../src/client/index.js";
import { idempotentHtmx } from "../../src/client/htmx.js";
idempotentHtmx(htmx, createIdempotentFetch({
  retry: { attempts: 5, baseMs: 20, capMs: 40 },
  ...(location.search === "?hasty" && { timeoutMs: 1_000 }),
}));
const marks = document.documentElement.dataset;
document.addEventListener("oncekey:fail", ({ detail }) => { marks.failed = detail.reason; });
document.addEventListener("htmx:afterRequest", ({ detail }) => { marks.told = detail.successful; });
document.addEventListener("chosen", () => { marks.chosen = "yes"; });
marks.ready = "yes";
`;

const VERSIONS = { "htmx 2": "htmx2/dist/htmx.esm.js", "htmx 4": "htmx.org/dist/htmx.esm.js" };

const world = worldOf(() =>
  counter({
    html: {
      "/2": page("/2.js"),
      "/4": page("/4.js"),
      "/menu": "<i>soup</i>",
      "/favicon.ico": " ",
    },
    scripts: { "/2.js": script(VERSIONS["htmx 2"]), "/4.js": script(VERSIONS["htmx 4"]) },
    answer(response, number) {
      response.writeHead(200, { "content-type": "text/html", "hx-trigger": "chosen" });
      response.end(`<p>Order ${number}</p>`);
    },
  }),
);

for (const version of Object.keys(VERSIONS)) {
  const path = version.replace("htmx ", "/");
  sendingSuite(world, {
    name: `C-56, ${version}`,
    path,
    async shown(tab: Page) {
      await tab.locator("#answers p").first().waitFor();
      return tab.locator("#answers p").count();
    },
    again: async () => {},
  });

  test(`C-56, ${version}: a click on what is at work is dropped and not queued, and a GET is htmx's own`, async () => {
    const { server, open } = world;
    const { go } = server().hold();
    const { page: tab, complaints } = await open(path);
    await tab.locator("html[data-ready]").waitFor();
    await press(tab);
    await until("the order has arrived", () => server().effects.length === 1);
    await press(tab);
    await tab.click("#menu");
    await tab.locator("#answers i").waitFor();
    go();
    await tab.locator("#answers p").waitFor();
    await tab.locator("html[data-chosen]").waitFor();
    await later(100);
    deepEqual([server().effects, server().keys.length], [["soup"], 1]);
    equal(await tab.locator("#answers p").count(), 1);
    deepEqual(complaints, []);
  });
}
