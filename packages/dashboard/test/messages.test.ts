/** C-49: every text is an option, with an English default, and is set as text. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { after, before, test } from "node:test";
import { createDashboard, type Messages, signIn } from "@oncekey/dashboard";
import { startDashboard } from "@oncekey/dashboard/node";
import { settle } from "oncekey";
import { memoryStore } from "oncekey/memory";
import type { Browser, Page } from "playwright-core";
import { MESSAGES } from "../src/messages.ts";
import { byHeader } from "./asking.ts";
import { openBrowser, openPage } from "./browser.ts";
import { claimed, inDoubt } from "./records.ts";
import { told } from "./told.ts";

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

/** Greek letters in place of Latin ones, and the slots as they are. */
const inGreek = (text: string): string =>
  text.replace(/\{\w+\}|[A-Za-z]/g, (part) =>
    part.length > 1 ? part : String.fromCodePoint(0x3b1 + (part.toLowerCase().charCodeAt(0) % 17)),
  );

/** Every text replaced; and a language in which Intl writes spans and dates without Latin words. */
const GREEK = {
  ...Object.fromEntries(Object.entries(MESSAGES).map(([name, text]) => [name, inGreek(text)])),
  language: "ja",
} as Messages;

/** What is no text of the page: data, code, and examples of what to type. */
const DATA =
  /in-flight, in-doubt, completed|(POST )?\/payments(\/17)?|appendfsync|Idempotency-Key|application\/json|text\/plain|showAnswers|\b[0-9a-f]{12,64}\b|\bann\b/g;

/** Latin words that a person would see or hear. */
async function latinWords(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const said = ["aria-label", "placeholder", "title", "alt"].flatMap((name) =>
      [...document.querySelectorAll(`[${name}]`)].map((each) => each.getAttribute(name) ?? ""),
    );
    // Not innerText: what is folded up counts too.
    const shown = [...document.querySelectorAll("body *:not(script, style)")].flatMap((each) =>
      [...each.childNodes]
        .filter((node) => node.nodeType === 3)
        .map((node) => node.textContent ?? ""),
    );
    return [...said, ...shown, document.title];
  });
  return texts.flatMap((text) => text.replace(DATA, " ").match(/[A-Za-z]{3,}[^<>]*/g) ?? []);
}

test("C-49: with every text replaced no view has an English word left", async () => {
  const store = memoryStore();
  const doubted = await inDoubt(store, { scope: "ann" });
  const done = await inDoubt(store, { scope: "ann" });
  await settle(store, done, { happened: true, answer: { status: 201, body: "{}" } });
  await claimed(store);
  const authorize = () => ({ name: "ann", role: "operator" }) as const;
  const examine = () => Promise.reject(new Error("no"));
  const common = { inspector: store, authorize, audit: () => {}, examine };
  const { url, close, onEvent } = await startDashboard({ ...common, messages: GREEK });
  for (const type of ["claimed", "completed", "replayed", "in-doubt", "lease-lost"]) {
    onEvent(told(type, { record: done.id.slice(0, 12), waitedMs: 5, ranMs: 5 }));
  }
  const views: readonly (readonly [string, string])[] = [
    ["#/keys", "table"],
    ["#/keys?label=nothing", ".empty"],
    [`#/keys/${done.id}`, ".timeline"],
    [`#/keys/${doubted.id}`, ".timeline"],
    ["#/in-doubt", "table"],
    [`#/keys/${doubted.id}/resolve`, "form.sheet"],
    ["#/plots", ".findings"],
    ["#/elsewhere", ".empty"],
    [`#/keys/${"0".repeat(64)}`, ".problem"],
    ["#/keys?state=none", ".problem"],
  ];
  const { page, complaints } = await openPage(browser);
  try {
    for (const [address, landmark] of views) {
      await page.goto(`${url}${address}`);
      await page.locator(`main ${landmark}`).first().waitFor();
      if (landmark === "form.sheet") {
        await page.getByRole("radio").first().click();
        deepEqual(await latinWords(page), [], "first step");
        await page.locator("[name=reason]").fill("και");
        await page.locator("form .primary").click();
        await page.locator("#confirm").waitFor();
      }
      deepEqual(await latinWords(page), [], address);
    }
    equal(await page.locator("html").getAttribute("lang"), "ja");
    // The browser itself notes what was refused; what its policy stopped would stand there too.
    deepEqual(
      complaints.filter((text) => !/status of 40[04]/.test(text)),
      [],
    );
  } finally {
    await page.context().close();
    await close();
  }
});

test("C-49: the sign-in has its texts replaced too", async () => {
  const authorize = signIn([{ name: "ann", role: "viewer", password: "correct horse battery" }]);
  const inspector = memoryStore();
  const { url, close } = await startDashboard({ inspector, authorize, messages: GREEK });
  const { page } = await openPage(browser);
  try {
    await page.goto(url);
    deepEqual(await latinWords(page), []);
    await page.locator("[name=name]").fill("ann");
    await page.locator("[name=password]").fill("wrong");
    await page.keyboard.press("Enter");
    await page.locator(".problem").waitFor();
    deepEqual(await latinWords(page), []);
  } finally {
    await page.context().close();
    await close();
  }
});

test("S-24: a text full of markup is shown as text, in the page and in the sign-in", async () => {
  const markup = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
  const messages = { keysLead: markup, signInLead: markup, noScript: markup };
  const inspector = memoryStore();
  const authorize = signIn([{ name: "ann", role: "viewer", password: "correct horse battery" }]);
  const { url, close } = await startDashboard({ inspector, authorize, messages });
  const { page, complaints } = await openPage(browser);
  try {
    await page.goto(url);
    equal(await page.locator(".lead").innerText(), markup);
    equal(await page.locator("img").count(), 0);
    await page.locator("[name=name]").fill("ann");
    await page.locator("[name=password]").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.locator("main .title .lead").waitFor();
    equal(await page.locator("main .title .lead").innerText(), markup);
    equal(await page.locator("main img, main script").count(), 0);
    equal(await page.title(), "Keys · oncekey");
    deepEqual(
      complaints.filter((text) => !text.includes("status of 401")),
      [],
    );
  } finally {
    await page.context().close();
    await close();
  }
});

test("C-49: a text of an unknown name, of no text, or with a slot that nothing fills is named", () => {
  const make = (messages: unknown) =>
    createDashboard({
      ...{ inspector: memoryStore(), authorize: byHeader },
      messages: messages as Partial<Messages>,
    });
  throws(() => make({ kees: "Schlüssel" }), /`messages\["kees"\]`.*there is none/);
  throws(() => make({ keys: 17 }), /`messages\["keys"\]`.*a text/);
  throws(() => make({ keys: "" }), /`messages\["keys"\]`.*a text/);
  throws(() => make({ token: "Marke {tokn}" }), /`messages\["token"\]`.*\{tokn\}/);
  throws(() => make({ language: "no such language" }), /`messages\["language"\]`/);
  throws(() => make("Deutsch"), /`messages`/);
  ok(make({ token: "Marke {token}", keys: "Schlüssel", language: "de" }));
});

test("C-49: every text has an English default, and no two slots of one are alike", () => {
  for (const [name, text] of Object.entries(MESSAGES)) {
    match(text, /\S/, name);
    const slots = text.match(/\{\w+\}/g) ?? [];
    equal(new Set(slots).size, slots.length, name);
  }
});
