/**
 * Chromium sends a POST again by itself when it went out on a reused connection that drops before
 * the answer. No script is asked, so only the server can tell.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/node";
import { openBrowser } from "./browser.js";

const KEY = "6f1c9a52-8a0e-4f6e-9f0a-3f8f5a6b7c01";
const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>Order</title>
<form method="post" action="/orders"><input name="_idempotency_key" value="${KEY}"><button>Pay</button></form>`;

/** @param {boolean} isGuarded */
async function openShop(isGuarded) {
  let [sends, executions] = [0, 0];
  /** @type {import("node:http").RequestListener} */
  const shop = (request, response) => {
    void text(request).then(() => {
      executions += 1;
      // The first answer is lost, after the work.
      if (sends === 1) request.socket.destroy();
      response.writeHead(200, { "content-type": "text/plain" }).end("done");
    });
  };
  const options = { store: memoryStore(), scope: "global", formField: "_idempotency_key" };
  const guarded = idempotency({ ...options, waitMs: 10_000 }, shop);
  const server = createServer((request, response) => {
    if (request.method !== "POST") {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
      return;
    }
    sends += 1;
    void (isGuarded ? guarded : shop)(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    counted: () => ({ sends, executions }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** @type {Readonly<Record<string, (page: import("playwright-core").Page) => Promise<string>>>} */
const WAYS = {
  async "native form"(page) {
    await page.click("button");
    await page.waitForURL("**/orders");
    return (await page.textContent("body")) ?? "";
  },
  fetch: (page) =>
    page.evaluate(async (key) => {
      const headers = { "Idempotency-Key": key };
      const response = await fetch("/orders", { method: "POST", headers, body: "soup" });
      return response.text();
    }, KEY),
};

/** Each way of sending, to a shop that ignores keys and to one that has the guard. */
export async function measureResend() {
  const browser = await openBrowser();
  const rows = [];
  for (const isGuarded of [false, true]) {
    for (const [way, send] of Object.entries(WAYS)) {
      const shop = await openShop(isGuarded);
      const page = await browser.newPage();
      await page.goto(shop.origin);
      const told = await send(page);
      rows.push({ way, isGuarded, told, ...shop.counted() });
      await page.close();
      await shop.close();
    }
  }
  const version = browser.version();
  await browser.close();
  return { version, rows };
}
