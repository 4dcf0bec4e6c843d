/** What the element adds to a form, under a policy that forbids what a page need not do. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import axe from "axe-core";
import type { Locator, Page } from "playwright-core";
import { defineOncekeyForm } from "../../src/client/element.ts";
import { type MockServer, mockServer, type Served, type Step } from "../client/mock-server.ts";
import { libraryFile, worldOf } from "./page.ts";

const PAGE = `<!doctype html><html lang="en"><title>Order</title><main><h1>Order</h1>
<oncekey-form id="checkout"><form id="order" method="post" action="/orders">
<label>Dish <input name="dish" value="soup"></label>
<label>Guests <input name="guests" value="2"></label><button id="pay">Pay</button></form></oncekey-form></main>
<script type="module" src="/page.js"></script></html>`;

/** Writes down each event, and each change of a region, from before the element is there. */
const SCRIPT = `
import { defineOncekeyForm } from "/lib/client/element.js";
const seen = { events: [], texts: [] };
for (const type of ["state", "success", "fail"]) {
  addEventListener("oncekey:" + type, ({ detail }) => seen.events.push(type + " " + detail.status));
}
defineOncekeyForm({ options: () => ({ retry: { attempts: 1 } }) });
for (const region of document.querySelector("oncekey-form").shadowRoot.querySelectorAll("[role=status], [role=alert]")) {
  const write = () => seen.texts.push(region.role + ": " + region.textContent);
  new MutationObserver(write).observe(region, { childList: true, characterData: true, subtree: true });
}
Object.assign(globalThis, { seen });
`;

function pages(path: string): Served | undefined {
  if (path === "/") return { type: "text/html", body: PAGE };
  if (path === "/favicon.ico") return { type: "image/png", body: "" };
  if (path === "/page.js") return { type: "text/javascript", body: SCRIPT };
  return libraryFile(path);
}

const { server, open } = worldOf((): Promise<MockServer> => mockServer(pages));

beforeEach(() => {
  server().seen.length = 0;
  server().play();
});

interface Watched {
  readonly events: readonly string[];
  readonly texts: readonly string[];
}
const seen = (page: Page): Promise<Watched> =>
  page.evaluate(() => (globalThis as unknown as { seen: Watched }).seen);

const reaches = (page: Page, status: string): Promise<void> =>
  page.locator(`oncekey-form:state(${status})`).waitFor();

const part = (page: Page, name: string): Locator => page.locator(`[part=${name}]`);

const focused = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => {
    const inner = document.activeElement?.shadowRoot?.activeElement;
    return inner?.getAttribute("part") ?? document.activeElement?.getAttribute("name");
  });

function gate() {
  let open = (): void => {};
  const until = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { until, open };
}

const INVALID: Step = {
  executes: false,
  status: 422,
  headers: { "content-type": "application/problem+json" },
  body: JSON.stringify({
    title: "Not valid",
    errors: [
      { pointer: "#/guests", detail: "There are <b>two</b> chairs." },
      { name: "sum", detail: "It is too much." },
    ],
  }),
};
const ENDS: Readonly<Record<string, Step>> = {
  success: {},
  rejected: INVALID,
  failed: { status: 500, marked: true },
  // And not a connection that is cut: the browser would send that again by itself.
  unknown: { status: 503 },
  conflict: { problem: "idempotency_conflict" },
};

async function ends(page: Page, status: string): Promise<void> {
  server().play(ENDS[status] ?? {});
  await page.click("#pay");
  await reaches(page, status);
}

for (const status of Object.keys(ENDS)) {
  test(`C-55, C-48, ${status}: the state, the events, one word in the right region, and nothing for axe`, async () => {
    const { page, complaints } = await open();
    await reaches(page, "ready");
    deepEqual(await faults(page), []);
    await ends(page, status);
    const { events, texts } = await seen(page);
    const end = status === "success" ? "success" : "fail";
    deepEqual(events, ["state submitting", `state ${status}`, `${end} ${status}`]);
    // C-45: the regions were watched while they were empty, and say each phase once.
    const said = texts.filter((text) => !text.endsWith(": "));
    equal(said.length, 2);
    match(said[0] ?? "", /^status: Sending/);
    match(said[1] ?? "", status === "success" ? /^status: ./ : /^alert: ./);
    deepEqual(await faults(page), []);
    const policy = complaints.filter((text) => !text.startsWith("Failed to load resource: "));
    deepEqual(policy, [], "C-2: nothing that a strict policy forbids");
    await page.setViewportSize({ width: 320, height: 600 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    ok(wide <= 320, `${wide} pixels`);
    await page.context().close();
  });
}

for (const [status, step] of Object.entries<Step>({
  submitting: {},
  waiting: { problem: "idempotency_in_flight", headers: { "retry-after": "60" } },
})) {
  test(`C-48, C-44, ${status}: axe finds nothing, and the button keeps its focus`, async () => {
    const { until, open: go } = gate();
    server().play(status === "submitting" ? { ...step, until } : step);
    const { page } = await open();
    await page.locator("#pay").focus();
    await page.keyboard.press("Enter");
    await reaches(page, status);
    equal(await page.locator("#pay").getAttribute("aria-disabled"), "true");
    equal(await page.evaluate(() => document.activeElement?.id), "pay");
    deepEqual(await faults(page), []);
    go();
    await page.context().close();
  });
}

test("C-38, C-48, offline: it says so, and axe finds nothing", async () => {
  const { page, tabs } = await open();
  await reaches(page, "ready");
  await tabs.setOffline(true);
  await page.click("#pay");
  await reaches(page, "offline");
  match(await part(page, "status").innerText(), /no connection/);
  deepEqual(await faults(page), []);
});

test("C-55: the key joins the data of the form, also where the browser sends it without a script", async () => {
  const { page } = await open();
  await ends(page, "success");
  const [first] = server().seen;
  match(first?.key ?? "", /^[0-9a-f-]{36}$/);
  equal(new URLSearchParams(first?.body).get("_idempotency_key"), first?.key);
  await page.fill("[name=dish]", "stew");
  await reaches(page, "ready");
  await Promise.all([
    page.waitForURL("**/orders"),
    page.locator("form").evaluate((form) => (form as HTMLFormElement).submit()),
  ]);
  const second = new URLSearchParams(server().seen[1]?.body).get("_idempotency_key");
  match(second ?? "", /^[0-9a-f-]{36}$/);
  ok(second !== first?.key, "an edit had begun another intent");
});

test("C-55: without a script it is the form that it wraps", async () => {
  const { tabs } = await open();
  const plain = await tabs.browser()?.newContext({ javaScriptEnabled: false });
  const page = await plain?.newPage();
  await page?.goto(server().origin);
  await page?.click("#pay");
  await page?.waitForURL("**/orders");
  deepEqual(
    server().seen.map(({ body }) => body),
    ["dish=soup&guests=2"],
  );
});

test("C-46, C-49: after a no the focus is on the summary, whose links go to the fields that were named", async () => {
  const { page } = await open();
  await ends(page, "rejected");
  equal(await focused(page), "summary");
  deepEqual(await part(page, "fields").locator("li").allInnerTexts(), [
    "There are <b>two</b> chairs.",
    "It is too much.",
  ]);
  equal(await part(page, "fields").locator("a").count(), 1, "what is no field has no link");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  equal(await focused(page), "guests");
  equal(await part(page, "check").isVisible(), false);
  equal(await part(page, "again").isVisible(), false);
});

test("C-46: when nobody can say, the focus is on Check again, and Enter asks", async () => {
  const { page } = await open();
  await ends(page, "unknown");
  equal(await focused(page), "check");
  await page.keyboard.press("Enter");
  await reaches(page, "success");
  equal(new Set(server().seen.map(({ key }) => key)).size, 1);
});

test("C-46: what comes up by itself after a reload takes the focus from nobody", async () => {
  const { until, open: go } = gate();
  server().play({ until });
  const { page } = await open();
  await page.click("#pay");
  await reaches(page, "submitting");
  await page.reload();
  await reaches(page, "unknown");
  equal(await focused(page), null);
  equal(await part(page, "check").isVisible(), true);
  go();
});

for (const status of ["failed", "unknown", "conflict"]) {
  test(`C-25, ${status}: Start again asks first, and a no keeps the key`, async () => {
    const { page } = await open();
    await ends(page, status);
    const asked: string[] = [];
    let isYes = false;
    page.on("dialog", (dialog) => {
      asked.push(dialog.message());
      void (isYes ? dialog.accept() : dialog.dismiss());
    });
    await part(page, "again").click();
    await reaches(page, status);
    isYes = true;
    await part(page, "again").click();
    await reaches(page, "ready");
    equal(asked.length, 2);
    await page.click("#pay");
    await reaches(page, "success");
    equal(new Set(server().seen.map(({ key }) => key)).size, 2);
  });
}

test("C-47: the spinner comes after 150 ms and stays for 400, by the page's own clock", async () => {
  const { until, open: go } = gate();
  const { page } = await open("/favicon.ico");
  await page.clock.install();
  await page.goto(server().origin);
  await page.clock.pauseAt(Date.now() + 3_600_000);
  server().play({ until });
  await page.click("#pay");
  await reaches(page, "submitting");
  const spinner = part(page, "spinner");
  const shown = async (ms: number): Promise<boolean> => {
    await page.clock.runFor(ms);
    return spinner.evaluate((element) => !(element as HTMLElement).hidden);
  };
  equal(await shown(149), false);
  equal(await shown(1), true);
  go();
  await reaches(page, "success");
  equal(await shown(399), true);
  equal(await shown(1), false);
});

test("C-47: an answer that comes within 150 ms shows no spinner", async () => {
  const { page } = await open("/favicon.ico");
  await page.clock.install();
  await page.goto(server().origin);
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await ends(page, "success");
  await page.clock.runFor(1_000);
  equal(await part(page, "spinner").evaluate((element) => (element as HTMLElement).hidden), true);
});

test("C-47: with reduced motion nothing moves, and the text still changes", async () => {
  const { until, open: go } = gate();
  server().play({ until });
  const { page } = await open();
  await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
  await page.click("#pay");
  const spinner = part(page, "spinner");
  await spinner.waitFor();
  const moves = (): Promise<number> => spinner.evaluate((each) => each.getAnimations().length);
  equal(await moves(), 0);
  match(await part(page, "status").innerText(), /Sending/);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  equal(await moves(), 1);
  go();
});

test("C-55: a form that comes later, or goes and comes back, is bound once", async () => {
  const { page } = await open();
  await reaches(page, "ready");
  await page.locator("oncekey-form").evaluate((element) => {
    const form = element.querySelector("form");
    form?.remove();
    document.querySelector("main")?.append(element);
    if (form) queueMicrotask(() => element.append(form));
  });
  await ends(page, "success");
  equal(server().seen.length, 1);
  equal(new URL(page.url()).pathname, "/");
});

test("C-50: where there is no page it loads, and says so only when it is to be defined", () => {
  throws(() => defineOncekeyForm(), /HTMLElement|customElements/);
});

/** What axe complains of, as words. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run: typeof axe.run } };
    const { violations } = await injected.axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
