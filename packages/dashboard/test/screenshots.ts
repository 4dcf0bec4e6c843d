/**
 * `node packages/dashboard/dist/test/screenshots.js`: takes the pictures of the dashboard that the
 * documentation shows, after a build. Ten minutes of a small shop are played in an instant, by a clock that is set back.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startDashboard } from "@oncekey/dashboard/node";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/web";
import { openBrowser, openPage } from "./browser.ts";

const IMAGES = join(import.meta.dirname, "../../../../docs/images");
const TEN_MINUTES_MS = 600_000;
/** Between two requests of the shop. */
const PACE_MS = 400;

const realNow = Date.now;
let behindMs = TEN_MINUTES_MS;
Date.now = () => realNow() - behindMs;

const store = memoryStore();
const operator = () => ({ name: "ann", role: "operator" }) as const;
const dashboard = await startDashboard({
  inspector: store,
  authorize: operator,
  audit: () => {},
  showAnswers: true,
  examine: () => [
    { check: "writable", verdict: "ok", says: "This server takes writes." },
    {
      check: "appendfsync",
      verdict: "warning",
      says: "appendfsync is everysec: a loss of power may take back the last second.",
      mend: "Set appendfsync always if that costs less than a second run.",
    },
  ],
});

/** The same numbers in every run, so that a picture changes only when the page does. */
let seed = 7;
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

const shop = idempotency(
  { store, scope: "global", onEvent: dashboard.onEvent, leaseMs: 120_000 },
  async (request) => {
    const { pathname } = new URL(request.url);
    const { fails } = await request.json();
    // As in a crash: nobody hears of it again.
    if (fails) await new Promise(() => {});
    const id = Math.floor(random() * 9000) + 1000;
    return Response.json(
      { id, state: "accepted" },
      { status: 201, headers: { Location: `${pathname}/${id}` } },
    );
  },
);

const send = (path: string, key: string, body: object): Promise<Response> =>
  shop(
    new Request(`http://shop.example${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": `"${key}"` },
      body: JSON.stringify(body),
    }),
  );

const silent: (() => Promise<Response>)[] = [];
const PATHS = ["/payments", "/payments", "/payments", "/orders", "/orders", "/refunds"];
for (let count = 0; behindMs > 0; behindMs = Math.max(0, behindMs - PACE_MS)) {
  const wave = 0.5 + 0.5 * Math.sin(behindMs / 60_000);
  if (random() > 0.15 + 0.8 * wave) continue;
  count += 1;
  const path = PATHS[Math.floor(random() * PATHS.length)] ?? "/orders";
  const key = `k-${count}`;
  const body = { amount: Math.floor(random() * 100), fails: count % 61 === 9 };
  const first = send(path, key, body);
  // A second press while the first is on its way, and a retry after it.
  if (random() < 0.06) await send(path, key, body);
  if (body.fails) {
    silent.push(() => send(path, key, body));
    continue;
  }
  await first;
  if (random() < 0.02) await silent[Math.floor(random() * silent.length)]?.();
  if (random() < 0.35 * wave) await send(path, key, body);
  if (random() < 0.02) await send(path, key, { ...body, amount: -1 });
}

mkdirSync(IMAGES, { recursive: true });
const browser = await openBrowser();
const { records: doubted } = await store.list({ limit: 1, state: "in-doubt" });
const { records: done } = await store.list({ limit: 20, state: "completed" });
const key = done.at(-1)?.id ?? "";

const VIEWS: readonly (readonly [string, string, "light" | "dark"])[] = [
  ["keys", "#/keys", "light"],
  ["key", `#/keys/${key}`, "light"],
  ["in-doubt", "#/in-doubt", "light"],
  ["resolve", `#/keys/${doubted[0]?.id}/resolve`, "dark"],
  ["plots", "#/plots", "dark"],
];
for (const [name, address, colorScheme] of VIEWS) {
  const { page } = await openPage(browser, { colorScheme, viewport: { width: 1080, height: 680 } });
  await page.goto(`${dashboard.url}${address}`);
  await page.locator("main h1").waitFor();
  await page.locator("main table, main .timeline, main form.sheet, main .charts").first().waitFor();
  if (name === "resolve") await page.getByText("It happened.").click();
  if (name.startsWith("plots")) await page.waitForTimeout(6_000);
  await page.screenshot({ path: join(IMAGES, `dashboard-${name}.png`) });
  await page.context().close();
}
await browser.close();
// What fell silent holds this process open.
process.exit(0);
