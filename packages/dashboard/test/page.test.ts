/** The page in a real browser, over a shop that really dies: C-44 to C-49, C-68 to C-72, S-24. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { type StoreFinding, signIn } from "@oncekey/dashboard";
import { startDashboard } from "@oncekey/dashboard/node";
import axe from "axe-core";
import { settle } from "oncekey";
import { memoryStore } from "oncekey/memory";
import type { Browser, Page } from "playwright-core";
import { openBrowser, openPage } from "./browser.ts";
import { claimed, inDoubt } from "./records.ts";
import { type Shop, startShop, until } from "./shop.ts";
import { told } from "./told.ts";

let browser: Browser;
let shop: Shop;
before(async () => {
  browser = await openBrowser();
  shop = await startShop();
});
after(async () => {
  await browser.close();
  await shop.close();
});

/** A payment that takes effect in a process that dies before it can say so. */
async function paidAndKilled(key: string): Promise<void> {
  const before = shop.effects();
  const lost = shop.pay(key, { hangs: true }).catch(() => undefined);
  await until("the payment took effect", () => shop.effects() > before);
  await shop.kill();
  await lost;
  await shop.restart();
  await until("the record is in doubt", async () => {
    const retry = await shop.pay(key, { hangs: true });
    const { code } = (await retry.json()) as { code?: string };
    return code === "idempotency_outcome_unknown";
  });
}

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { level: 1, name });

test("C-70: a key in doubt is found, opened and settled by clicks, and the retry gets the answer", async () => {
  await paidAndKilled("order-17");
  const { page, complaints } = await openPage(browser);
  await page.goto(shop.page);
  await page.getByLabel("Scope", { exact: true }).fill("shop, ann");
  await page.getByLabel("Idempotency-Key").fill("order-17");
  await page.getByRole("button", { name: "Find" }).click();
  await heading(page, /^Key [0-9a-f]{12}$/).waitFor();
  await page.getByText("Nobody knows whether it happened.").waitFor();
  await page.getByRole("link", { name: "Settle it" }).click();

  await page.getByRole("radio", { name: /^It happened/ }).click();
  await page.getByLabel("Status").fill("201");
  await page.getByLabel("Body").fill('{"paid":true,"said":"by ann"}');
  await page.getByLabel("Reason").fill("the bank shows the transfer");
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("heading", { name: "Settle as happened?" }).waitFor();
  // Nothing has been done yet: it takes the second step.
  equal((await shop.pay("order-17", { hangs: true })).status >= 400, true);
  await page.getByRole("button", { name: "Settle as happened" }).click();
  await page.getByText("Every retry gets the answer that you attached.").waitFor();

  const retry = await shop.pay("order-17", { hangs: true });
  equal(retry.status, 201);
  deepEqual(await retry.json(), { paid: true, said: "by ann" });
  equal(retry.headers.get("idempotent-replayed"), "true");
  equal(shop.effects(), 1);

  await page.getByRole("link", { name: "What happened to this key" }).click();
  await page.getByText("Settled by hand").waitFor();
  await page.getByText(/as happened, by ann: the bank shows the transfer/).waitFor();
  // C-72: the page is told, and shows it by itself.
  await page.getByText("Replayed: a duplicate got the kept answer").first().waitFor();
  deepEqual(complaints, []);
  await page.context().close();
});

test("C-70: as not happened, by keyboard alone, and the retry runs", async () => {
  await paidAndKilled("order-18");
  const effects = shop.effects();
  const { page, complaints } = await openPage(browser);
  await paintsLate(page);
  await page.goto(shop.page);
  await heading(page, "Keys").waitFor();
  await tabTo(page, "In doubt");
  await page.keyboard.press("Enter");
  await heading(page, "In doubt").waitFor();
  await page
    .getByRole("link", { name: /^Settle POST/ })
    .first()
    .waitFor();
  await tabTo(page, /^Settle POST/);
  await page.keyboard.press("Enter");
  await heading(page, /^Settle/).waitFor();
  await page.getByRole("radio").first().waitFor();
  await tabTo(page, /^It happened/);
  await page.keyboard.press("ArrowDown");
  await tabTo(page, /^Reason/);
  await page.keyboard.type("the bank knows nothing of it");
  await tabTo(page, "Review");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Settle as not happened?" }).waitFor();
  await tabTo(page, "Settle as not happened");
  await page.keyboard.press("Enter");
  await page.getByText("The record is released: the next retry runs.").waitFor();

  const lost = shop.pay("order-18", { hangs: true }).catch(() => undefined);
  await until("the retry ran", () => shop.effects() === effects + 1);
  await shop.kill();
  await lost;
  await shop.restart();
  deepEqual(
    complaints.filter((text) => !text.includes("net::")),
    [],
  );
  await page.context().close();
});

/**
 * As on a machine that is busy, where somebody types faster than it paints: what a view has still to
 * do when it is shown, such as taking the focus, would come in between two keys.
 */
async function paintsLate(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { requestAnimationFrame: paint, setTimeout: wait } = globalThis;
    const lateMs = 1_000;
    const late = {
      requestAnimationFrame: (call: FrameRequestCallback) => wait(() => paint(call), lateMs),
      setTimeout: (call: () => void, ms = 0) => wait(call, ms < 100 ? lateMs : ms),
    };
    Object.assign(globalThis, late);
  });
}

/** Presses Tab until what has the focus is called so, as somebody without a mouse does. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
      const named = label ? element.labels?.[0]?.textContent : element?.textContent;
      return (element?.getAttribute("aria-label") ?? named ?? "").trim();
    });
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    seen.push(focused.slice(0, 30));
  }
  throw new Error(`Tab does not lead to ${name}, but to ${seen.join(" | ")}`);
}

test("C-72: a lost stream says so, and the page goes on when it is back", async () => {
  const { page } = await openPage(browser);
  await shop.pay(`early-${Date.now()}`);
  await page.goto(`${shop.page}#/keys`);
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByRole("row").nth(1).waitFor();
  const rows = await page.getByRole("row").count();
  await shop.kill();
  await page.getByRole("status").filter({ hasText: "The live stream is lost" }).waitFor();
  await shop.restart();
  await page.getByText("live", { exact: true }).waitFor();
  await shop.pay(`late-${Date.now()}`);
  await until("the list takes it up by itself", async () => {
    return (await page.getByRole("row").count()) > rows;
  });
  await page.context().close();
});

test("C-68: empty lists explain what would appear, and every view is a link", async () => {
  const { url, close } = await startDashboard({ inspector: memoryStore() });
  const { page, complaints } = await openPage(browser);
  try {
    await page.goto(url);
    await page.getByText("its record appears here by itself", { exact: false }).waitFor();
    await page.goto(`${url}#/keys?state=completed&label=orders`);
    await page.getByText("No record fits.").waitFor();
    equal(await page.getByLabel("State").inputValue(), "completed");
    equal(await page.getByLabel("Method or path").inputValue(), "orders");
    await page.goto(`${url}#/in-doubt`);
    await page.getByText("Nothing is in doubt.").waitFor();
    await page.goto(`${url}#/plots`);
    await page.getByRole("img", { name: /^Requests, last ten minutes/ }).waitFor();
    await page.getByRole("img", { name: /^In doubt, by age/ }).waitFor();
    await page.getByRole("img", { name: /^In flight, by lease left/ }).waitFor();
    equal(await page.locator("figure > svg[role=img]").count(), 13);
    equal(await page.locator("figure > details").count(), 15);
    await page.goto(`${url}#/elsewhere`);
    await page.getByText("This address names no view.").waitFor();
    deepEqual(complaints, []);
  } finally {
    await page.context().close();
    await close();
  }
});

test("C-72: what somebody is typing stays, whatever happens meanwhile", async () => {
  const { page } = await openPage(browser);
  await shop.pay(`typed-${Date.now()}`);
  await page.goto(shop.page);
  await page.getByRole("row").nth(1).waitFor();
  await page.getByLabel("Method or path").fill("POST /half of");
  await page.getByLabel("State").selectOption("completed");
  await page.locator("[name=ageMs]").selectOption("older than a minute");
  await page.getByLabel("Idempotency-Key").fill("half of a key");
  const rows = await page.getByRole("row").count();
  await shop.pay(`typing-${Date.now()}`);
  await until("the list shows the new key", async () => {
    return (await page.getByRole("row").count()) > rows;
  });
  equal(await page.getByLabel("Method or path").inputValue(), "POST /half of");
  equal(await page.getByLabel("State").inputValue(), "completed");
  equal(await page.locator("[name=ageMs]").inputValue(), "60000");
  equal(await page.getByLabel("Idempotency-Key").inputValue(), "half of a key");
  await page.context().close();
});

test("C-48: whoever is at a row stays there, wherever the live list puts new ones", async () => {
  const { page } = await openPage(browser);
  await page.goto(shop.page);
  const rows = page.getByRole("row");
  await shop.pay(`first-${Date.now()}`);
  await rows.nth(1).waitFor();
  const at = () => page.evaluate(() => document.activeElement?.outerHTML);
  await rows.nth(1).getByRole("link").first().focus();
  const place = await at();
  for (let turn = 0; turn < 3; turn++) {
    const count = await rows.count();
    for (let more = 0; more < 3; more++) await shop.pay(`row-${turn}-${more}-${Date.now()}`);
    await until("the list shows the new keys", async () => (await rows.count()) >= count + 3);
    equal(await at(), place);
  }
  await page.context().close();
});

test("S-22: in a browser one signs in, by keyboard alone, lands where one wanted to, and signs out", async () => {
  const authorize = signIn([{ name: "ann", role: "operator", password: "correct horse battery" }]);
  const { url, close } = await startDashboard({ inspector: memoryStore(), authorize });
  const { page, complaints } = await openPage(browser);
  try {
    await page.goto(`${url}#/in-doubt`);
    await heading(page, "Sign in").waitFor();
    deepEqual(await faults(page), []);
    await tabTo(page, "Name");
    await page.keyboard.type("ann");
    await tabTo(page, "Password");
    await page.keyboard.type("not that one at all");
    await page.keyboard.press("Enter");
    await page
      .getByRole("alert")
      .filter({ hasText: "The name or the password is wrong." })
      .waitFor();
    deepEqual(await faults(page), []);
    await page.keyboard.type("correct horse battery");
    await page.keyboard.press("Enter");
    await heading(page, "In doubt").waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByText("ann, operator").waitFor();
    equal(await page.evaluate(() => document.cookie), "");
    await tabTo(page, "Sign out");
    await page.keyboard.press("Enter");
    await heading(page, "Sign in").waitFor();
    // The browser itself notes each 401; what its policy stopped would stand there too.
    deepEqual(
      complaints.filter((text) => !text.includes("status of 401")),
      [],
    );
  } finally {
    await page.context().close();
    await close();
  }
});

test("S-23: another page in the same browser sends a form and a request, and changes nothing", async () => {
  const store = memoryStore();
  const lease = await inDoubt(store);
  const authorize = () => ({ name: "ann", role: "operator" }) as const;
  const { url, close } = await startDashboard({ inspector: store, authorize, audit: () => {} });
  const target = `${url}api/records/${lease.id}/resolve`;
  const evil = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form method="post" enctype="text/plain" action="${target}">
      <input name='{"token":${lease.token},"happened":false,"reason":"' value='evil"}'></form>`);
  }).listen(0, "127.0.0.1");
  await once(evil, "listening");
  const { port } = evil.address() as AddressInfo;
  const { page } = await openPage(browser);
  try {
    await page.goto(`http://127.0.0.1:${port}/`);
    const statusOf = page.waitForResponse(target).then((response) => response.status());
    await page.locator("form").evaluate((form) => (form as HTMLFormElement).submit());
    equal(await statusOf, 403);
    await page.waitForURL(target);
    await page.goto(`http://127.0.0.1:${port}/`);
    const outcome = await page.evaluate(async (address) => {
      const headers = { "content-type": "application/json", "x-oncekey-dashboard": "1" };
      const init = { method: "POST", headers, body: "{}" };
      return fetch(address, init).then(
        () => "answered",
        () => "stopped by the browser",
      );
    }, target);
    equal(outcome, "stopped by the browser");
    equal((await store.get(lease.id))?.state, "in-doubt");
  } finally {
    await page.context().close();
    evil.close();
    await close();
  }
});

test("S-24: a label and a body full of markup are shown as text, and nothing of them runs", async () => {
  const store = memoryStore();
  const markup = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
  const lease = await inDoubt(store, { label: `POST /${markup}` });
  const answer = { status: 200, headers: { "Content-Type": "text/html" }, body: markup };
  await settle(store, lease, { happened: true, answer });
  const { url, close } = await startDashboard({ inspector: store, showAnswers: true });
  const { page, complaints } = await openPage(browser);
  try {
    await page.goto(`${url}#/keys/${lease.id}`);
    equal(await page.locator("pre").textContent(), markup);
    match(await page.locator(".lead").innerText(), /<img src=x/);
    await page.goto(`${url}#/keys`);
    await page.getByRole("row").filter({ hasText: "<script>" }).waitFor();
    equal(await page.locator("main img, main script").count(), 0);
    equal(await page.title(), "Keys · oncekey");
    deepEqual(complaints, []);
  } finally {
    await page.context().close();
    await close();
  }
});

test("C-48: axe finds nothing in any view, light and dark, and nothing is wider than 320 pixels or 200 %", async () => {
  const store = memoryStore();
  const doubted = await inDoubt(store);
  const done = await inDoubt(store);
  await settle(store, done, { happened: true, answer: { status: 201, body: "{}" } });
  await claimed(store);
  const authorize = () => ({ name: "ann", role: "operator" }) as const;
  const examine = (): readonly StoreFinding[] => [
    { check: "fsync", verdict: "ok", says: "On." },
    {
      check: "appendfsync",
      verdict: "warning",
      says: "A second may be lost.",
      mend: "Set always.",
    },
    { check: "writable", verdict: "problem", says: "No.", mend: "Give the primary's address." },
  ];
  const common = { inspector: store, authorize, audit: () => {}, showAnswers: true, examine };
  const { url, close, onEvent } = await startDashboard(common);
  onEvent(told("replayed", { record: done.id.slice(0, 12) }));
  const views: readonly (readonly [string, string])[] = [
    ["", "table"],
    ["#/keys?label=nothing", ".empty"],
    [`#/keys/${done.id}`, ".timeline"],
    [`#/keys/${doubted.id}`, ".timeline"],
    [`#/keys/${"0".repeat(64)}`, ".problem"],
    ["#/in-doubt", "table"],
    [`#/keys/${doubted.id}/resolve`, "form.sheet"],
    ["#/plots", ".findings"],
  ];
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await openPage(browser, { colorScheme });
      for (const [address, landmark] of views) {
        await page.goto(`${url}${address}`);
        await page.locator(`main ${landmark}`).first().waitFor();
        await page.locator("details").evaluateAll((all) => {
          for (const each of all) each.setAttribute("open", "");
        });
        if (landmark === "form.sheet") await page.getByRole("radio").first().click();
        await isFit(page, `${colorScheme} ${address}`);
      }
      // The resolve view is the last but one: its second step, and a confirmation.
      await page.goto(`${url}#/keys/${doubted.id}/resolve`);
      await page.getByRole("radio").last().click();
      await page.getByLabel(/^Reason/).fill("the bank says no");
      await page.getByRole("button", { name: "Review" }).click();
      await page.getByRole("heading", { name: "Settle as not happened?" }).waitFor();
      await isFit(page, `${colorScheme} confirm`);
      await page.context().close();
    }
  } finally {
    await close();
  }
});

/** At 320 pixels, and at 640: what 1280 are at 200 %. axe looks at each, for layouts differ. */
async function isFit(page: Page, name: string): Promise<void> {
  for (const width of [1280, 640, 320]) {
    await page.setViewportSize({ width, height: 700 });
    deepEqual(await faults(page), [], `${name}, ${width} pixels`);
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    ok(needed <= width, `${name} is ${needed} pixels wide, of ${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test("C-48: Tab reaches every control of every view, and the focus is seen on each", async () => {
  const store = memoryStore();
  const doubted = await inDoubt(store);
  const authorize = () => ({ name: "ann", role: "operator" }) as const;
  const { url, close } = await startDashboard({ inspector: store, authorize, audit: () => {} });
  const { page } = await openPage(browser);
  const views: readonly (readonly [string, string])[] = [
    ["", "table"],
    [`#/keys/${doubted.id}`, ".timeline"],
    ["#/in-doubt", "table"],
    [`#/keys/${doubted.id}/resolve`, "form.sheet"],
    ["#/plots", ".charts summary"],
  ];
  try {
    for (const [address, landmark] of views) {
      await page.goto(`${url}${address}`);
      await page.locator(`main ${landmark}`).first().waitFor();
      // Of radio buttons Tab reaches the chosen one, and arrows the others.
      if (landmark === "form.sheet") await page.getByRole("radio").first().click();
      await page.evaluate(() => document.querySelector("h1")?.focus());
      const reached = new Set<string>();
      for (let presses = 0; presses < 90; presses++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          if (element === null || element === document.body) return undefined;
          const { outlineStyle } = getComputedStyle(element);
          element.setAttribute("data-reached", outlineStyle);
          return `${element.outerHTML.slice(0, 60)}: ${outlineStyle}`;
        });
        if (focused !== undefined) reached.add(focused);
      }
      const left = await page.evaluate(() => {
        const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
        return [...document.querySelectorAll(controls)]
          .filter((each) => each.checkVisibility() && !each.matches("[type=radio]:not(:checked)"))
          .filter((each) => (each.getAttribute("data-reached") ?? "none") === "none")
          .map((each) => each.outerHTML.slice(0, 80));
      });
      deepEqual(left, [], address);
      ok(reached.size >= 7, `${address}: ${reached.size} controls`);
    }
  } finally {
    await page.context().close();
    await close();
  }
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
