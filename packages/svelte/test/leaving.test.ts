/** What the store gives, and what it leaves behind when its component goes. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { bindingWorld } from "binding-suite";
import type { Page } from "playwright-core";
import { get } from "svelte/store";
import { idempotentSubmit } from "../src/idempotent-submit.ts";
import { boundPage } from "./bound-page.ts";

const world = bindingWorld(boundPage("leaving-page.svelte", "hydrate-leaving.js"));

const shows = (page: Page, isShown: boolean): Promise<void> =>
  page.evaluate((value) => {
    (globalThis as unknown as { shows(isShown: boolean): void }).shows(value);
  }, isShown);

const reaches = async (page: Page, status: string): Promise<{ readonly key: string }> => {
  const output = page.locator("output", { hasText: new RegExp(`"status":"${status}","key":"`) });
  await output.waitFor();
  return JSON.parse(await output.innerText());
};

test("C-54: the store gives the names of the React hook, and the form's attachment", () => {
  const store = idempotentSubmit({ id: "checkout" });
  const given: Readonly<Record<string, unknown>> = { ...get(store) };
  const flags = ["isPending", "isSuccess", "isError", "isUnknown"];
  deepEqual([given.phase, given.status, given.key], ["READY", "ready", null]);
  for (const name of flags) equal(given[name], false);
  for (const name of ["data", "error", "formProps", "buttonProps"]) ok(name in given, name);
  for (const name of ["submit", "retry", "check", "reset"]) equal(typeof given[name], "function");
  deepEqual(Object.keys(store), ["subscribe", "form", "submit", "retry", "check", "reset"]);
});

test("C-54: a component that leaves lets go of its form and of the page", async () => {
  const { page, complaints } = await world.open();
  await reaches(page, "ready");
  const form = await page.locator("#order").elementHandle();
  await shows(page, false);
  await page.locator("#order").waitFor({ state: "detached" });
  const isOurs = await form?.evaluate((left) => {
    const event = new SubmitEvent("submit", { cancelable: true });
    left.dispatchEvent(event);
    return event.defaultPrevented;
  });
  equal(isOurs, false, "the browser's again");
  deepEqual(complaints, []);
});

test("C-54: a component that leaves in mid-flight stops nothing, and the next one shows the answer", async () => {
  const { page, complaints } = await world.open();
  const shop = world.shop();
  const { key } = await reaches(page, "ready");
  const { go } = shop.hold();
  await page.click("#pay");
  await reaches(page, "submitting");
  await shows(page, false);
  await page.locator("#order").waitFor({ state: "detached" });
  go();
  await page.waitForFunction(() => /success/.test(Object.values(sessionStorage).join()));
  await shows(page, true);
  equal((await reaches(page, "success")).key, key);
  deepEqual(shop.effects, ["soup"]);
  await page.fill("[name=dish]", "stew");
  notEqual((await reaches(page, "ready")).key, key, "the form that came back is bound");
  deepEqual(complaints, []);
});
