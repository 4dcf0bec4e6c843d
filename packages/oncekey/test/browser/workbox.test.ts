/** A real service worker with Workbox's own queue: an entry goes only after a definite answer. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import type { BrowserContext, Page } from "playwright-core";
import { mockServer, type Served, type Step } from "../client/mock-server.ts";
import { libraryFile, worldOf } from "./page.ts";
import { later } from "./sending-suite.ts";

/** Answers a page's message when all that it asks for has been done. */
const WORKER = `
import { BackgroundSyncPlugin } from "workbox-background-sync";
import { NetworkOnly } from "workbox-strategies";
import { createIdempotentFetch } from "../../src/client/index.js";
import { idempotentSync } from "../../src/client/workbox.js";
const settled = [];
const sync = idempotentSync(createIdempotentFetch({ retry: { attempts: 1 } }), {
  settled: (request, answer) => settled.push(answer.status ?? answer.name),
});
let queue;
const plugin = new BackgroundSyncPlugin("orders", {
  forceSyncFallback: true,
  // Without the browser's own sync Workbox replays when the worker starts, and the page when it says so.
  onSync(asked) { queue = asked.queue; return sync.onSync(asked).catch(() => {}); },
});
const strategy = new NetworkOnly({ plugins: [sync, plugin] });
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method === "POST") event.respondWith(strategy.handle(event));
});
addEventListener("message", (event) => event.waitUntil((async () => {
  const [port] = event.ports;
  let failed = "";
  if (event.data.age) {
    const [entry] = await queue.getAll();
    await queue.shiftRequest();
    await queue.pushRequest({ ...entry, timestamp: Date.now() - event.data.age });
  }
  if (event.data.replay) await sync.onSync({ queue }).catch((error) => { failed = error.name + " " + error.message; });
  const entries = await queue.getAll();
  const keys = entries.map(({ request }) => request.headers.get("idempotency-key"));
  port.postMessage({ failed, settled, keys });
})()));
`;

const bundled = await build({
  stdin: { contents: WORKER, resolveDir: import.meta.dirname },
  bundle: true,
  write: false,
  format: "iife",
  platform: "browser",
  define: { "process.env.NODE_ENV": '"production"' },
});
const worker = bundled.outputFiles[0]?.text ?? "";

function pages(path: string): Served | undefined {
  if (path === "/") return { type: "text/html", body: "<!doctype html><title>Order</title>" };
  if (path === "/favicon.ico") return { type: "image/png", body: "" };
  if (path === "/worker.js") return { type: "text/javascript", body: worker };
  return libraryFile(path);
}

const { server, open } = worldOf(() => mockServer(pages));

interface Queued {
  readonly failed: string;
  readonly settled: readonly (number | string)[];
  readonly keys: readonly (string | null)[];
}

const asks = (page: Page, asked: { replay?: boolean; age?: number }): Promise<Queued> =>
  page.evaluate(async (what) => {
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise<Queued>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    active?.postMessage(what, [port2]);
    return answered;
  }, asked);

/** Ends the worker as the browser does when it wants the memory. */
async function killWorker(tabs: BrowserContext, page: Page): Promise<void> {
  const session = await tabs.newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await session.detach();
}

/** A page whose one order was lost on its way, in the queue of its worker. */
async function queued(): Promise<{ page: Page; tabs: BrowserContext; key: string }> {
  server().seen.length = 0;
  const { page, tabs } = await open("/");
  await page.evaluate(async () => {
    const claimed = new Promise((resolve) => {
      navigator.serviceWorker.oncontrollerchange = resolve;
    });
    // The page's policy takes no plain text for the address of a script.
    const { trustedTypes } = globalThis as unknown as {
      trustedTypes: {
        createPolicy(name: string, rules: object): { createScriptURL(url: string): string };
      };
    };
    const policy = trustedTypes.createPolicy("worker", { createScriptURL: (url: string) => url });
    await navigator.serviceWorker.register(policy.createScriptURL("/worker.js"));
    await claimed;
  });
  // Every one, since the browser sends again by itself on each connection that it has left over.
  server().play(...Array<Step>(50).fill({ drops: "before" }));
  const came = await page.evaluate(() =>
    fetch("/orders", { method: "POST", body: "dish=soup" }).then(
      ({ status }) => String(status),
      ({ name }: Error) => name,
    ),
  );
  equal(came, "TypeError");
  server().play();
  const { keys } = await asks(page, {});
  const [key] = keys;
  match(key ?? "", /^[0-9a-f-]{36}$/);
  deepEqual(new Set(server().seen.map((each) => each.key)), new Set([key]));
  server().seen.length = 0;
  return { page, tabs, key: key ?? "" };
}

test("C-40: what the network lost is sent again with the key that it first went out with, and is gone after its answer", async () => {
  const { page, key } = await queued();
  deepEqual(await asks(page, { replay: true }), { failed: "", settled: [201], keys: [] });
  deepEqual(
    server().seen.map((each) => [each.key, each.body]),
    [[key, "dish=soup"]],
  );
  await page.context().close();
});

const KEPT: Readonly<Record<string, Step>> = {
  "a 500": { status: 500 },
  "a 503": { status: 503 },
  "a 401": { status: 401 },
  "a 401 that echoes the key": { status: 401, echoes: true },
  "a 404 of something in front": { status: 404 },
  "in doubt": { problem: "idempotency_outcome_unknown" },
  "a key that is refused": { problem: "idempotency_key_invalid" },
};
for (const [what, step] of Object.entries(KEPT)) {
  test(`C-40, C-39: ${what} is no definite answer: the entry stays, and the next answer settles it`, async () => {
    const { page, key } = await queued();
    server().play(step);
    const kept = await asks(page, { replay: true });
    deepEqual(kept.keys, [key]);
    equal(kept.failed === "", false, "Workbox is told, so that it comes back");
    const { settled, keys } = await asks(page, { replay: true });
    deepEqual({ settled, keys }, { settled: [201], keys: [] });
    deepEqual(new Set(server().seen.map((each) => each.key)), new Set([key]));
    await page.context().close();
  });
}

const GONE: Readonly<Record<string, readonly [Step, number | string]>> = {
  "a refusal with the marker": [{ status: 422, marked: true }, 422],
  "a refusal that echoes the key": [{ status: 422, echoes: true }, 422],
  "a recorded 500": [{ status: 500, marked: true }, 500],
  "a recorded 401": [{ status: 401, marked: true }, 401],
  "an answer that was not kept": [
    { problem: "idempotency_response_not_kept", original: { status: 201 } },
    "ResponseNotKept",
  ],
  "a conflict": [{ problem: "idempotency_conflict" }, "KeyConflict"],
};
for (const [what, [step, answer]] of Object.entries(GONE)) {
  test(`C-40: ${what} is definite: the entry is gone, and whoever asks is told`, async () => {
    const { page } = await queued();
    server().play(step);
    deepEqual(await asks(page, { replay: true }), { failed: "", settled: [answer], keys: [] });
    equal(server().seen.length, 1);
    await page.context().close();
  });
}

test("C-40, C-39: a worker that is killed in mid-send loses nothing: the same key is sent again", async () => {
  const { page, tabs, key } = await queued();
  let go = (): void => {};
  server().play({
    until: new Promise<void>((resolve) => {
      go = resolve;
    }),
  });
  void asks(page, { replay: true }).catch(() => {});
  for (let turn = 0; turn < 500 && server().seen.length === 0; turn++) await later(10);
  equal(server().seen.length, 1);
  await killWorker(tabs, page);
  go();
  const { keys } = await asks(page, { replay: true });
  deepEqual(keys, []);
  equal(server().seen.length >= 2, true);
  deepEqual(new Set(server().seen.map((each) => each.key)), new Set([key]));
  await page.context().close();
});

test("C-39: within an hour of the end of the server's memory nothing is sent, and the entry stays", async () => {
  const { page, key } = await queued();
  const old = await asks(page, { replay: true, age: 23 * 3_600_000 + 60_000 });
  deepEqual(old.keys, [key]);
  match(old.failed, /too old/);
  equal(server().seen.length, 0);
  await page.context().close();
});
