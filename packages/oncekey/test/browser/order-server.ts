/**
 * A shop that remembers keys, on oncekey's own adapter, with a page that has the order form and what
 * its address asks for: `?bodies`, `?local`, `?tabs`, `?lockless`, `?intent=cart42`, `?devtools`; and one
 * that has a queue: `/queue?start&worker&retention=1&as=ann`. Effects are counted here.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { libraryFile } from "./page.ts";

export interface OrderServer {
  readonly origin: string;
  /** The key of each request, and the body of each effect. */
  readonly keys: string[];
  readonly effects: string[];
  /** What something in front of the shop says to the next requests, which then do not reach it. */
  readonly inFront: number[];
  /** From now on nothing is answered until `go`. */
  hold(): { go(): void };
  close(): Promise<void>;
}

const PAGE = `<!doctype html><title>Order</title>
<form id="order" method="post" action="/orders">
<input name="dish" required value="soup"><button id="pay">Pay</button></form>
<output></output><script type="module" src="/page.js"></script>`;

const SCRIPT = `
import { clearIntents, createIdempotentFetch, createSubmit } from "/lib/client/index.js";
import { indexedDbPersistence, localPersistence, tabLock } from "/lib/client/durable/index.js";
const asked = new URLSearchParams(location.search);
if (asked.has("devtools")) {
  const { openDevtools } = await import("/lib/client/devtools/index.js");
  globalThis.closeDevtools = openDevtools({ isOpen: true, delayMs: 60_000 });
}
if (asked.has("lockless")) Object.defineProperty(navigator, "locks", { value: undefined });
const checkout = createSubmit({
  id: "checkout",
  principal: () => "ann",
  ...(asked.has("bodies") && { persist: indexedDbPersistence({ persistBody: true }) }),
  ...(asked.has("local") && { persist: localPersistence() }),
  ...(asked.has("tabs") && { tabs: tabLock() }),
  ...(asked.has("intent") && { intent: asked.get("intent") }),
});
const draw = () => { document.querySelector("output").value = JSON.stringify(checkout.getSnapshot()); };
checkout.subscribe(draw);
checkout.form(document.querySelector("form"));
Object.assign(globalThis, { checkout, clearIntents, createIdempotentFetch });
draw();
`;

const QUEUE_PAGE = `<!doctype html><title>Queue</title><script type="module" src="/queue.js"></script>`;

const QUEUE_SCRIPT = `
import { clearIntents } from "/lib/client/index.js";
import { offlineQueue } from "/lib/client/durable/index.js";
const asked = new URLSearchParams(location.search);
const settled = [];
const queue = offlineQueue({
  ...(asked.has("retention") && { retentionMs: Number(asked.get("retention")) }),
  principal: () => new URLSearchParams(location.search).get("as") ?? undefined,
  settled: (answer) => settled.push(answer),
});
Object.assign(globalThis, { queue, settled, clearIntents });
if (asked.has("start")) queue.start();
if (asked.has("worker")) await navigator.serviceWorker.register("/worker.js", { type: "module" });
document.documentElement.dataset.ready = "";
`;

const WORKER = `
import { offlineQueue } from "/lib/client/durable/index.js";
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => event.waitUntil(offlineQueue().drain()));
`;

function scriptOf(path: string): string | undefined {
  return { "/page.js": SCRIPT, "/queue.js": QUEUE_SCRIPT, "/worker.js": WORKER }[path];
}

export async function orderServer(): Promise<OrderServer> {
  const keys: string[] = [];
  const effects: string[] = [];
  const inFront: number[] = [];
  let opened: Promise<void> | undefined;

  const order = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request) body += chunk;
    effects.push(body);
    await opened;
    if (body === "poison") {
      response.writeHead(500).end();
      return;
    }
    response.writeHead(201, { "content-type": "application/json" });
    response.end('{"id":1}');
  };
  const take = idempotency({ store: memoryStore(), scope: "global" }, order);
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (request.method === "POST") {
      keys.push(request.headers["idempotency-key"]?.toString() ?? "");
      const status = inFront.shift();
      if (status === undefined) void take(request, response);
      else response.writeHead(status).end();
      return;
    }
    const script = scriptOf(path);
    const page = { type: "text/html", body: path === "/queue" ? QUEUE_PAGE : PAGE };
    const code =
      script === undefined ? libraryFile(path) : { type: "text/javascript", body: script };
    const served = code ?? page;
    response.setHeader("content-type", served.type);
    response.setHeader("content-security-policy", "default-src 'self'");
    response.end(served.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    effects,
    inFront,
    hold() {
      let go = (): void => {};
      opened = new Promise((resolve) => {
        go = () => {
          opened = undefined;
          resolve();
        };
      });
      return { go };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
