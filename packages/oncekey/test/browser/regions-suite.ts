/**
 * What a person sees and hears of a form: registered by each page that shows it, around the element
 * or beside a plain form. The page has the form `#order`, and its submit as `submission`.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import axe from "axe-core";
import type { BrowserContext, Locator, Page } from "playwright-core";
import type { Submit } from "../../src/client/index.ts";
import { type MockServer, mockServer, type Served, type Step } from "../client/mock-server.ts";
import { libraryFile, type World, worldOf } from "./page.ts";

/** The form of each page; what is around it is the page's own. */
export const FORM = `<form id="order" method="post" action="/orders">
<label>Dish <input name="dish" value="soup"></label>
<label>Guests <input name="guests" value="2"></label><button id="pay">Pay</button></form>`;

/** Writes down each change of a region: run before anything has been said. */
export const WATCHES = `
function watch(root) {
  const seen = { events: [], texts: [] };
  for (const region of root.querySelectorAll("[role=status], [role=alert]")) {
    const write = () => seen.texts.push(region.role + ": " + region.textContent);
    new MutationObserver(write).observe(region, { childList: true, characterData: true, subtree: true });
  }
  Object.assign(globalThis, { seen });
  return seen;
}
`;

export interface Watched {
  readonly events: readonly string[];
  readonly texts: readonly string[];
}
export const seen = (page: Page): Promise<Watched> =>
  page.evaluate(() => (globalThis as unknown as { seen: Watched }).seen);

export async function reaches(page: Page, status: string): Promise<void> {
  let now: string | undefined;
  for (let turn = 0; turn < 1_000 && now !== status; turn++) {
    now = await page.evaluate(() => {
      const { submission } = globalThis as unknown as { submission?: Submit<unknown> };
      return submission?.getSnapshot().status;
    });
    if (now !== status) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  equal(now, status);
}

export const part = (page: Page, name: string): Locator => page.locator(`[part=${name}]`);

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

/** A click, and what it ends in. */
export async function ends(world: World<MockServer>, page: Page, status: string): Promise<void> {
  world.server().play(ENDS[status] ?? {});
  await page.click("#pay");
  await reaches(page, status);
}

/** A page of its own, under the policy that the mock server asks for. */
export function regionsWorld(html: string, script: string): World<MockServer> {
  const pages = (path: string): Served | undefined => {
    if (path === "/") return { type: "text/html", body: html };
    if (path === "/favicon.ico") return { type: "image/png", body: "" };
    if (path === "/page.js") return { type: "text/javascript", body: script };
    return libraryFile(path);
  };
  const world = worldOf((): Promise<MockServer> => mockServer(pages));
  beforeEach(() => {
    world.server().seen.length = 0;
    world.server().play();
  });
  return world;
}

/** A page whose clock stands still, an hour from now. */
async function stopped(world: World<MockServer>): Promise<{ page: Page; tabs: BrowserContext }> {
  const opened = await world.open("/favicon.ico");
  await opened.page.clock.install();
  await opened.page.goto(world.server().origin);
  await opened.page.clock.pauseAt(Date.now() + 3_600_000);
  return opened;
}

export function regionsSuite(name: string, world: World<MockServer>): void {
  const { server, open } = world;

  for (const status of Object.keys(ENDS)) {
    test(`C-45, C-48, ${name}, ${status}: each phase is said once in the right region, and axe finds nothing`, async () => {
      const { page, complaints } = await open();
      await reaches(page, "ready");
      deepEqual(await faults(page), []);
      await ends(world, page, status);
      // The regions were watched while they were empty.
      const said = (await seen(page)).texts.filter((text) => !text.endsWith(": "));
      equal(said.length, 2);
      match(said[0] ?? "", /^status: Sending/);
      match(said[1] ?? "", status === "success" ? /^status: ./ : /^alert: ./);
      equal(await page.locator("#order").getAttribute("aria-busy"), "false");
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
    test(`C-45, C-48, C-44, ${name}, ${status}: it is busy, the button keeps its focus, and axe finds nothing`, async () => {
      const { until, open: go } = gate();
      server().play(status === "submitting" ? { ...step, until } : step);
      const { page } = await open();
      await reaches(page, "ready");
      await page.locator("#pay").focus();
      await page.keyboard.press("Enter");
      await reaches(page, status);
      equal(await page.locator("#order").getAttribute("aria-busy"), "true");
      equal(await page.locator("#pay").getAttribute("aria-disabled"), "true");
      equal(await page.evaluate(() => document.activeElement?.id), "pay");
      deepEqual(await faults(page), []);
      go();
      await page.context().close();
    });
  }

  test(`C-38, C-48, ${name}, offline: it says so, and axe finds nothing`, async () => {
    const { page, tabs } = await open();
    await reaches(page, "ready");
    await tabs.setOffline(true);
    await page.click("#pay");
    await reaches(page, "offline");
    match(await part(page, "status").innerText(), /no connection/);
    deepEqual(await faults(page), []);
  });

  test(`C-46, C-49, ${name}: after a no the focus is on the summary, whose links go to the fields that were named`, async () => {
    const { page } = await open();
    await reaches(page, "ready");
    await ends(world, page, "rejected");
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

  test(`C-46, ${name}: when nobody can say, the focus is on Check again, and Enter asks`, async () => {
    const { page } = await open();
    await reaches(page, "ready");
    await ends(world, page, "unknown");
    equal(await focused(page), "check");
    await page.keyboard.press("Enter");
    await reaches(page, "success");
    equal(new Set(server().seen.map(({ key }) => key)).size, 1);
  });

  test(`C-46, ${name}: what comes up by itself after a reload takes the focus from nobody`, async () => {
    const { until, open: go } = gate();
    server().play({ until });
    const { page } = await open();
    await reaches(page, "ready");
    await page.click("#pay");
    await reaches(page, "submitting");
    await page.reload();
    await reaches(page, "unknown");
    equal(await focused(page), null);
    equal(await part(page, "check").isVisible(), true);
    go();
  });

  for (const status of ["failed", "unknown", "conflict"]) {
    test(`C-25, ${name}, ${status}: Start again asks first, and a no keeps the key`, async () => {
      const { page } = await open();
      await reaches(page, "ready");
      await ends(world, page, status);
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

  test(`C-47, ${name}: the spinner comes after 150 ms and stays for 400, by the page's own clock`, async () => {
    const { until, open: go } = gate();
    const { page } = await stopped(world);
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

  test(`C-47, ${name}: an answer that comes within 150 ms shows no spinner`, async () => {
    const { page } = await stopped(world);
    await ends(world, page, "success");
    await page.clock.runFor(1_000);
    equal(await part(page, "spinner").evaluate((element) => (element as HTMLElement).hidden), true);
  });

  test(`C-47, ${name}: with reduced motion nothing moves, and the text still changes`, async () => {
    const { until, open: go } = gate();
    server().play({ until });
    const { page } = await open();
    await reaches(page, "ready");
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
}

/** What axe complains of, as words. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const injected = globalThis as unknown as { axe: { run: typeof axe.run } };
    const { violations } = await injected.axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
