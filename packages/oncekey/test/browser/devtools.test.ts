/** The panel in a page with an order form, beside a plain call: what it shows, breaks and hides. */
import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import axe from "axe-core";
import type { Locator, Page } from "playwright-core";
import type { DevtoolsFeed, IntentView } from "../../src/client/devtools/index.ts";
import type { IdempotentFetch } from "../../src/client/index.ts";
import { type MockServer, mockServer, type Served, type Step } from "../client/mock-server.ts";
import { orderServer } from "./order-server.ts";
import { libraryFile, worldOf } from "./page.ts";

interface Globals {
  readonly __ONCEKEY__?: DevtoolsFeed;
  readonly closeDevtools: () => void;
  readonly createIdempotentFetch: () => IdempotentFetch;
}
const panel = (page: Page): Locator => page.locator("oncekey-devtools");
const button = (page: Page, name: string): Locator =>
  panel(page).getByRole("button", { name, exact: true });
const badge = (page: Page, status: string): Locator =>
  panel(page).locator(".badge", { hasText: status }).first();
const lane = (page: Page, index = 0): Promise<string[]> =>
  panel(page).locator(".lane").nth(index).locator(".hush").allInnerTexts();

const views = (page: Page): Promise<readonly IntentView[]> =>
  page.evaluate(() => (globalThis as unknown as Globals).__ONCEKEY__?.intents() ?? []);

const plainCall = (page: Page, body = "dish=bread"): Promise<string | undefined> =>
  page.evaluate(async (body) => {
    const send = (globalThis as unknown as Globals).createIdempotentFetch();
    const { idempotency } = await send("/orders", { method: "POST", body, intent: "bread" });
    return idempotency.key;
  }, body);

/** What axe complains of, as words. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run: typeof axe.run } };
    const { violations } = await injected.axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

describe("over a shop that remembers keys", () => {
  const { server, open } = worldOf(orderServer);
  beforeEach(() => {
    server().keys.length = 0;
    server().effects.length = 0;
    server().inFront.length = 0;
  });
  const devtools = async (path = "/?devtools") => {
    const opened = await open(path);
    await opened.page.locator("output", { hasText: '"phase":"READY"' }).waitFor();
    return opened;
  };

  test("C-61, C-62: a dropped answer is a lost send, a wait and a replay in one lane, and one effect", async () => {
    const { page, complaints } = await devtools();
    await button(page, "Drop the answer").click();
    await page.click("#pay");
    await badge(page, "success").waitFor();
    const bars = await lane(page);
    equal(bars.length, 3);
    match(bars[0] ?? "", /^Send 1: no answer \(Drop the answer\), \d/);
    match(bars[1] ?? "", /^Wait, \d/);
    match(bars[2] ?? "", /^Send 2: 201 replayed, \d/);
    equal(server().effects.length, 1);
    equal(new Set(server().keys).size, 1);
    deepEqual(complaints, [], "C-2: nothing that a strict policy forbids");
    await page.context().close();
  });

  test("C-61: keys are cut short until they are asked for", async () => {
    const { page } = await devtools();
    const key = (await plainCall(page)) ?? "";
    const shown = panel(page).locator(".intent code").first();
    await shown.filter({ hasText: "…" }).waitFor();
    ok(!(await panel(page).evaluate((host) => host.shadowRoot?.textContent))?.includes(key));
    await button(page, "Show keys").click();
    equal(await shown.innerText(), key);
    await button(page, "Show keys").click();
    notEqual(await shown.innerText(), key);
    await page.context().close();
  });

  test("C-61: copy as curl gives the whole key and the body, to the clipboard or to be taken by hand", async () => {
    const { page, tabs } = await devtools();
    const key = await plainCall(page);
    await tabs.grantPermissions(["clipboard-read", "clipboard-write"]);
    await button(page, "Copy as curl").click();
    await panel(page).getByText("Copied, with the whole key.").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    ok(copied.includes(`--header 'idempotency-key: ${key}'`));
    ok(copied.includes("--data-raw 'dish=bread'"));
    await page.evaluate(() =>
      Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }),
    );
    await button(page, "Copy as curl").click();
    equal(await panel(page).locator("textarea").inputValue(), copied);
    await page.context().close();
  });

  test("C-61: the graph marks the current node, and time travel goes back through every state by keyboard", async () => {
    const { page } = await devtools();
    await button(page, "503").click();
    await page.click("#pay");
    await badge(page, "success").waitFor();
    const now = panel(page).locator("svg .now");
    equal(await now.getAttribute("data-status"), "success");
    const range = panel(page).getByRole("slider", { name: "Time travel" });
    await range.focus();
    const seen: string[] = [];
    for (let left = Number(await range.inputValue()); left > 0; left--) {
      seen.push((await now.getAttribute("data-status")) ?? "");
      await page.keyboard.press("ArrowLeft");
    }
    const told = (await views(page))[0]?.events.map(({ status }) => status) ?? [];
    deepEqual(seen, told.toReversed());
    ok(told.includes("retrying"));
    match((await range.getAttribute("aria-valuetext")) ?? "", /before the first event/);
    await page.keyboard.press("End");
    equal(await now.getAttribute("data-status"), "success");
    await page.context().close();
  });

  test("C-61: a submit and a plain call are each a measure of User Timing, without their keys", async () => {
    const { page } = await devtools();
    const key = await plainCall(page);
    await page.click("#pay");
    await badge(page, "success").waitFor();
    await page.waitForFunction(() => performance.getEntriesByType("measure").length === 2);
    const measures = await page.evaluate(() =>
      performance.getEntriesByType("measure").map((entry) => {
        const { name, detail } = entry as PerformanceMeasure;
        return {
          name,
          attempts: detail.attempts,
          status: detail.status,
          all: JSON.stringify(detail),
        };
      }),
    );
    deepEqual(
      measures.map(({ all, ...rest }) => rest),
      [
        { name: "oncekey bread", attempts: 1, status: "success" },
        { name: "oncekey checkout", attempts: 1, status: "success" },
      ],
    );
    const told = JSON.stringify(measures);
    for (const each of [key, ...server().keys]) ok(each && !told.includes(each));
    await page.context().close();
  });

  test("C-62: sent again, the last request brings the marker, and no second effect", async () => {
    const { page } = await devtools();
    await page.click("#pay");
    await badge(page, "success").waitFor();
    await button(page, "Send it again").click();
    await panel(page).getByText("201. The marker came back: this was a replay.").waitFor();
    equal(server().effects.length, 1);
    deepEqual(server().keys, [server().keys[0], server().keys[0]]);
    match((await lane(page)).at(-1) ?? "", /^Send 2: 201 replayed by hand/);
    await page.context().close();
  });

  test("C-62: while an answer is delayed it is under way, and three clicks are one send", async () => {
    const { page } = await devtools();
    await button(page, "Delay").click();
    await page.locator("#pay").evaluate((pay) => {
      for (let turn = 0; turn < 3; turn++) (pay as HTMLElement).click();
    });
    await badge(page, "submitting").waitFor();
    await page.waitForFunction(
      () => (globalThis as unknown as Globals).__ONCEKEY__?.intents()[0]?.sends.length === 1,
    );
    deepEqual(server().keys.length, 1);
    equal(await button(page, "Send it again").isDisabled(), true);
    match((await lane(page))[0] ?? "", /no answer yet \(Delay\)/);
    await page.context().close();
  });

  test("C-62: offline, the form waits as it does without a network, and goes on when it ends", async () => {
    const { page } = await devtools();
    await button(page, "Offline").click();
    await page.click("#pay");
    await badge(page, "offline").waitFor();
    equal(await page.evaluate(() => navigator.onLine), false);
    deepEqual(server().keys, []);
    await button(page, "Offline").click();
    await badge(page, "success").waitFor();
    equal(await page.evaluate(() => navigator.onLine), true);
    equal(server().effects.length, 1);
    await page.context().close();
  });

  test("C-62: a duplicated tab has the key, and each panel shows where the other one stands", async () => {
    const { page, tabs } = await devtools("/?devtools&tabs");
    const held = server().hold();
    await page.click("#pay");
    await badge(page, "submitting").waitFor();
    const [twin] = await Promise.all([
      tabs.waitForEvent("page"),
      button(page, "Duplicate tab").click(),
    ]);
    await panel(twin).locator(".lane", { hasText: "Another tab sends" }).waitFor();
    const elsewhere = (which: Page) => panel(which).locator(".list section");
    await elsewhere(page)
      .getByText(/checkout .* submitting, sends 0/)
      .waitFor();
    await elsewhere(twin)
      .getByText(/checkout .* submitting, sends 1/)
      .waitFor();
    held.go();
    await badge(twin, "success").waitFor();
    equal(server().effects.length, 1);
    equal(new Set(server().keys).size, 1);
    await twin.close();
    await elsewhere(page).waitFor({ state: "hidden" });
    await page.context().close();
  });

  test("C-63: the channel and the feed carry neither a whole key nor a body", async () => {
    const { page, tabs } = await devtools();
    const other = await tabs.newPage();
    await other.goto(`${server().origin}/`);
    await other.evaluate(() => {
      const heard: unknown[] = [];
      const channel = new BroadcastChannel("oncekey:devtools");
      channel.onmessage = ({ data }) => heard.push(data);
      Object.assign(globalThis, { heard });
    });
    const key = (await plainCall(page, "dish=secret-sauce")) ?? "";
    await page.fill("[name=dish]", "secret-stew");
    await page.click("#pay");
    // The other one's, and then its own.
    await panel(page).locator(".badge", { hasText: "success" }).nth(1).waitFor();
    await other.waitForFunction(() =>
      JSON.stringify((globalThis as unknown as { heard: unknown[] }).heard).includes("checkout"),
    );
    const heard = await other.evaluate(() =>
      JSON.stringify((globalThis as unknown as { heard: unknown[] }).heard),
    );
    const feed = JSON.stringify(await views(page));
    equal(server().keys.length, 2);
    for (const text of [heard, feed]) {
      ok(text.includes("checkout"), "there is something to hear");
      doesNotMatch(text, /secret/);
      for (const each of [key, ...server().keys]) ok(!text.includes(each));
    }
    await page.context().close();
  });

  test("C-63: a page that has not opened the panel has no feed, no element and no channel", async () => {
    const { page } = await open("/");
    await page.locator("output", { hasText: '"phase":"READY"' }).waitFor();
    // As a text, since a compiler would take the address for one of its own files.
    await page.evaluate('import("/lib/client/devtools/index.js")');
    const found = await page.evaluate(() => [
      "__ONCEKEY__" in globalThis,
      document.querySelector("oncekey-devtools") !== null,
    ]);
    deepEqual(found, [false, false], "not even where it is imported, and not opened");
    await page.context().close();
  });

  test("C-63: closed, everything is gone, and the page sends as before", async () => {
    const { page } = await devtools();
    await button(page, "Drop the answer").click();
    await page.evaluate(() => (globalThis as unknown as Globals).closeDevtools());
    await panel(page).waitFor({ state: "detached" });
    equal(await page.evaluate(() => "__ONCEKEY__" in globalThis), false);
    await page.click("#pay");
    await page.locator("output", { hasText: '"phase":"SUCCESS"' }).waitFor();
    equal(server().keys.length, 1);
    await page.context().close();
  });
});

const FORM = `<!doctype html><html lang="en"><title>Order</title><main><h1>Order</h1>
<form id="order" method="post" action="/orders"><label>Dish <input name="dish" value="soup"></label>
<button id="pay">Pay</button></form></main><script type="module" src="/page.js"></script></html>`;

const SCRIPT = `
import { createSubmit } from "/lib/client/index.js";
import { openDevtools } from "/lib/client/devtools/index.js";
openDevtools({ isOpen: true, messages: { breakIt: "<b>Kaputt</b> machen" } });
const server = location.search === "?unknown" ? "unknown" : "oncekey";
createSubmit({ id: "checkout", server, retry: { attempts: 1 } }).form(document.querySelector("form"));
`;

function pages(path: string): Served | undefined {
  if (path === "/" || path === "/?unknown") return { type: "text/html", body: FORM };
  if (path === "/favicon.ico") return { type: "image/png", body: "" };
  if (path === "/page.js") return { type: "text/javascript", body: SCRIPT };
  return libraryFile(path);
}

const ENDS: Readonly<Record<string, Step>> = {
  success: { marked: true },
  rejected: { status: 422, body: "<img src=x onerror=alert(1)>" },
  failed: { status: 500, marked: true },
  unknown: { status: 503 },
  conflict: { problem: "idempotency_conflict" },
  waiting: { problem: "idempotency_in_flight", headers: { "retry-after": "60" } },
  submitting: { until: new Promise(() => {}) },
};

describe("over a scripted server, under a strict policy", () => {
  const { server, open } = worldOf((): Promise<MockServer> => mockServer(pages));
  beforeEach(() => {
    server().seen.length = 0;
    server().play();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`C-48, C-61, ready, offline, ${colorScheme}: axe finds nothing, and the policy neither`, async () => {
      const { page, complaints } = await open();
      await page.emulateMedia({ colorScheme });
      await badge(page, "ready").waitFor();
      deepEqual(await faults(page), []);
      await button(page, "Offline").click();
      await page.click("#pay");
      await badge(page, "offline").waitFor();
      deepEqual(await faults(page), []);
      deepEqual(complaints, []);
      await page.context().close();
    });

    for (const [status, step] of Object.entries(ENDS)) {
      test(`C-48, C-61, ${status}, ${colorScheme}: axe finds nothing, and the node of the graph is named`, async () => {
        const { page } = await open();
        await page.emulateMedia({ colorScheme });
        server().play(step);
        await button(page, "Delay").click();
        await button(page, "Mend").click();
        await page.click("#pay");
        await badge(page, status).waitFor();
        await panel(page)
          .getByRole("img", { name: `Phases. Now: ${status}` })
          .waitFor();
        deepEqual(await faults(page), []);
        await page.context().close();
      });
    }
  }

  test("C-48: it fits 320 pixels, everything is reached by keyboard, and Escape closes it", async () => {
    const { page } = await open();
    await page.setViewportSize({ width: 320, height: 640 });
    await page.locator("#pay").press("Enter");
    await badge(page, "success").waitFor();
    const width = await page.evaluate(() => {
      const inner = document.querySelector("oncekey-devtools")?.shadowRoot?.querySelector(".panel");
      return [document.documentElement.scrollWidth, inner?.scrollWidth, inner?.clientWidth];
    });
    ok((width[0] ?? 999) <= 320, `${width}`);
    equal(width[1], width[2]);
    const pill = panel(page).locator(".pill");
    await pill.focus();
    const reached: string[] = [];
    for (let turn = 0; turn < 16; turn++) {
      reached.push(
        await page.evaluate(() => {
          const inner = document.activeElement?.shadowRoot?.activeElement;
          return inner?.ariaLabel ?? inner?.textContent ?? "";
        }),
      );
      await page.keyboard.press("Tab");
    }
    for (const name of ["Show keys", "Clear", "Send it again", "Copy as curl", "Time travel"]) {
      ok(reached.includes(name), `${name} of ${reached}`);
    }
    for (const name of ["Drop the answer", "503", "Delay", "Offline", "Duplicate tab"]) {
      ok(reached.includes(name), `${name} of ${reached}`);
    }
    await button(page, "Offline").focus();
    await page.keyboard.press("Escape");
    equal(await pill.getAttribute("aria-expanded"), "false");
    equal(await panel(page).locator(".panel").isVisible(), false);
    await page.keyboard.press("Enter");
    equal(await panel(page).locator(".panel").isVisible(), true);
    await page.context().close();
  });

  test("C-48: under forced colours and reduced motion a send still tells a replay from a loss, and nothing moves", async () => {
    const { page } = await open();
    await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
    await page.click("#pay");
    await badge(page, "success").waitFor();
    const signs = await panel(page).locator(".short").allInnerTexts();
    deepEqual(signs, ["201"]);
    // Those of a shadow tree count with its document's (Web Animations, "getAnimations").
    const moving = await page.evaluate(() => document.getAnimations().length);
    equal(moving, 0);
    deepEqual(await faults(page), []);
    await page.context().close();
  });

  test("C-49: texts are options, and are text whatever they hold", async () => {
    const { page } = await open();
    await panel(page).getByText("<b>Kaputt</b> machen").waitFor();
    equal(await panel(page).locator("b", { hasText: "Kaputt" }).count(), 0);
    await page.context().close();
  });

  test("C-62: to a server that has not promised to remember keys it is sent again only when asked twice", async () => {
    const { page } = await open("/?unknown");
    const before = server().executions();
    await page.click("#pay");
    await badge(page, "success").waitFor();
    await button(page, "Send it again").click();
    const sure = button(
      page,
      "This server has not promised to remember keys. Send it all the same",
    );
    await sure.waitFor();
    equal(server().seen.length, 1);
    await sure.click();
    await panel(page).getByText("No marker came back: this was not a replay.").waitFor();
    equal(server().seen.length, 2);
    equal(
      server().executions(),
      before + 2,
      "and the panel has shown that this server runs it twice",
    );
    await page.context().close();
  });
});
