/** How many POSTs reach a slow server when a person clicks more than once. */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as later } from "node:timers/promises";
import { build } from "esbuild";
import { compile } from "svelte/compiler";
import { openBrowser } from "./browser.js";
import { OTHERS, OURS, SVELTE } from "./pages.js";

/** Long enough for three clicks. */
const HANDLER_MS = 600;

/** @typedef {import("playwright-core").Page} Page */

/** @type {Readonly<Record<string, (page: Page) => Promise<void>>>} */
export const WAYS = {
  "3 in one task": (page) =>
    page.locator("#pay").evaluate((button) => {
      for (let turn = 0; turn < 3; turn++) /** @type {HTMLElement} */ (button).click();
    }),
  "3 by mouse, 15 ms apart": (page) => threeByMouse(page, 15),
  "3 by mouse, 40 ms apart": (page) => threeByMouse(page, 40),
  async "one, and one after the answer"(page) {
    const answered = page.waitForResponse("**/orders");
    await page.click("#pay");
    await (await answered).finished();
    await later(300);
    // Where the page was left there is nothing more to click.
    const button = page.locator("#pay");
    if ((await button.count()) > 0) await button.dispatchEvent("click");
  },
};

/**
 * @param {Page} page
 * @param {number} apartMs
 */
async function threeByMouse(page, apartMs) {
  const box = await page.locator("#pay").boundingBox();
  if (box === null) throw new Error("Expected the button to be on the page.");
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.click(box.x + 5, box.y + 5);
    await later(apartMs);
  }
}

/** Each page, clicked in each way: how many POSTs reached its server. */
export async function measureClicks() {
  const browser = await openBrowser();
  const rows = [];
  for (const [name, shown] of Object.entries({ ...OTHERS, ...OURS })) {
    const script = await bundle(shown.script);
    const ways = Object.values(WAYS).map((click) => countPosts(browser, shown.html, script, click));
    rows.push({ name, isOurs: name in OURS, posts: await Promise.all(ways) });
  }
  await browser.close();
  return rows;
}

/**
 * @param {import("playwright-core").Browser} browser
 * @param {string} html
 * @param {string} script
 * @param {(page: Page) => Promise<void>} click
 */
async function countPosts(browser, html, script, click) {
  const shop = await openShop(html, script);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(shop.origin);
  // Without a script that has run, a click would be the bare form's.
  await page.locator("html[data-ready] #pay").waitFor();
  // A framework binds what it has drawn a little later.
  await page.waitForLoadState("networkidle");
  await click(page);
  // Whatever was queued has gone out by then, one after the other.
  await later(4 * HANDLER_MS);
  await context.close();
  await shop.close();
  return shop.posts();
}

/**
 * @param {string} html
 * @param {string} script
 */
async function openShop(html, script) {
  let posts = 0;
  const page = `<!doctype html><link rel="icon" href="data:,"><title>Pay</title><body>${html}
<script type="module" src="/page.js"></script>
<script type="module">document.documentElement.dataset.ready = "";</script>`;
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      posts += 1;
      await later(HANDLER_MS);
      response.writeHead(303, { location: "/done" }).end();
      return;
    }
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : request.url === "/" ? page : "<p>Done</p>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    posts: () => posts,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** @param {string} contents */
async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, format: "esm", platform: "browser", minify: true },
    conditions: ["browser", "production"],
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [
      {
        name: "svelte",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.svelte$/ }, ({ path }) => ({ path, namespace: "svelte" }));
          onLoad({ filter: /./, namespace: "svelte" }, () => ({
            contents: compile(SVELTE, { generate: "client" }).js.code,
            resolveDir: import.meta.dirname,
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? "";
}
