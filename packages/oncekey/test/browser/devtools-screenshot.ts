/**
 * `node packages/oncekey/dist/test/browser/devtools-screenshot.js`: takes the picture of the panel that the
 * documentation shows, after a build. The shop is real, and so is what goes wrong.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { openBrowser } from "binding-suite/browser";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { libraryFile } from "./page.ts";

const IMAGE = join(import.meta.dirname, "../../../../../docs/images/devtools.png");

const PAGE = `<!doctype html><html lang="en"><title>Order</title><link rel="stylesheet" href="/page.css">
<main><h1>Order</h1><form method="post" action="/orders"><label>Dish <input name="dish" value="soup"></label>
<button id="pay">Pay</button></form></main><script type="module" src="/page.js"></script></html>`;
const STYLE = `body { font: 16px system-ui, sans-serif; margin: 32px; background: #f6f1e7; color: #33291a }
input, button { font: inherit; padding: 4px 10px }`;
const SCRIPT = `
import { createIdempotentFetch, createSubmit } from "/lib/client/index.js";
import { openDevtools } from "/lib/client/devtools/index.js";
openDevtools({ isOpen: true });
createSubmit({ id: "checkout" }).form(document.querySelector("form"));
const send = createIdempotentFetch();
globalThis.call = (path, intent) => send(path, { method: "POST", json: {}, intent });
`;
const FILES: Readonly<Record<string, readonly [string, string]>> = {
  "/": ["text/html", PAGE],
  "/page.css": ["text/css", STYLE],
  "/page.js": ["text/javascript", SCRIPT],
};

const WORK_MS = 120;
const order = idempotency(
  { store: memoryStore(), scope: "global" },
  async (request: IncomingMessage, response: ServerResponse) => {
    await text(request);
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
    response.writeHead(request.url === "/coupons" ? 422 : 201);
    response.end();
  },
);
const server = createServer((request, response) => {
  if (request.method === "POST") return void order(request, response);
  const path = request.url ?? "";
  const code = libraryFile(path);
  const [type, body] = FILES[path] ?? [code?.type ?? "text/plain", code?.body ?? ""];
  response.writeHead(200, { "content-type": type }).end(body);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await openBrowser();
const page = await browser.newPage({
  ...{ viewport: { width: 1240, height: 760 }, deviceScaleFactor: 1.5, colorScheme: "light" },
});
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const call = (path: string, intent: string): Promise<unknown> =>
  page.evaluate(
    async ([path, intent]) => {
      const { call } = globalThis as unknown as { call(...asked: unknown[]): Promise<unknown> };
      await call(path, intent);
    },
    [path, intent],
  );
await button("Drop the answer").waitFor();
await call("/coupons", "coupon");
await button("Delay").click();
await page.evaluate(() => {
  const { call } = globalThis as unknown as { call(...asked: unknown[]): Promise<unknown> };
  void call("/tips", "tip");
});
await button("Drop the answer").click();
await button("503").click();
await page.locator("#pay").evaluate((pay) => (pay as HTMLElement).click());
await page.locator(".intent", { hasText: "checkout" }).getByText("success").waitFor();
await page.locator(".pick", { hasText: "checkout" }).click();
await button("Send it again").click();
await page.getByText("The marker came back").waitFor();
await button("Drop the answer").click();
await page.screenshot({ path: IMAGE });
await browser.close();
server.closeAllConnections();
server.close();
