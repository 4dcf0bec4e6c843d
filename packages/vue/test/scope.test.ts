/** What the composable gives, and what it leaves behind when its component goes. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { bindingWorld } from "binding-suite";
import type { Page } from "playwright-core";
import { createSSRApp, isRef } from "vue";
import { renderToString } from "vue/server-renderer";
import { useIdempotentSubmit } from "../src/use-idempotent-submit.ts";
import { ORDER_PAGE } from "./bound-page.ts";

const world = bindingWorld(ORDER_PAGE);

const shows = (page: Page, isShown: boolean): Promise<void> =>
  page.evaluate((value) => {
    (globalThis as unknown as { isShown: { value: boolean } }).isShown.value = value;
  }, isShown);

const reaches = async (page: Page, status: string): Promise<{ readonly key: string }> => {
  const output = page.locator("output", { hasText: new RegExp(`"status":"${status}","key":"`) });
  await output.waitFor();
  return JSON.parse(await output.innerText());
};

test("C-54: the composable gives the names of the React hook: refs, and functions", async () => {
  let given = {};
  const setup = () => {
    given = useIdempotentSubmit({ id: "checkout" });
    return () => "";
  };
  await renderToString(createSSRApp({ setup }));
  const named = Object.entries(given);
  const refs = named.filter(([, value]) => isRef(value)).map(([name]) => name);
  for (const name of ["phase", "status", "data", "error", "buttonProps"]) ok(refs.includes(name));
  for (const name of ["Pending", "Success", "Error", "Unknown"]) ok(refs.includes(`is${name}`));
  const functions = named.filter(([, value]) => typeof value === "function").map(([name]) => name);
  deepEqual(functions, ["submit", "retry", "check", "reset"]);
  ok("formProps" in given);
});

test("C-54: a component that leaves lets go of its form and of the page", async () => {
  const { page, complaints } = await world.open();
  await reaches(page, "ready");
  const orders = world.shop().keys.length;
  const form = await page.locator("#order").elementHandle();
  await shows(page, false);
  await page.locator("#order").waitFor({ state: "detached" });
  const isOurs = await form?.evaluate((left) => {
    const event = new SubmitEvent("submit", { cancelable: true });
    left.dispatchEvent(event);
    return event.defaultPrevented;
  });
  equal(isOurs, false, "the browser's again");
  equal(world.shop().keys.length, orders);
  deepEqual(complaints, []);
});

test("C-54: a component that leaves in mid-flight stops nothing, and the next one shows the answer", async () => {
  const { page, complaints } = await world.open();
  const shop = world.shop();
  const { key } = await reaches(page, "ready");
  const orders = shop.effects.length;
  const { go } = shop.hold();
  await page.click("#pay");
  await reaches(page, "submitting");
  await shows(page, false);
  await page.locator("#order").waitFor({ state: "detached" });
  go();
  await page.waitForFunction(() => /success/.test(Object.values(sessionStorage).join()));
  await shows(page, true);
  equal((await reaches(page, "success")).key, key);
  equal(shop.effects.length, orders + 1);
  await page.fill("[name=dish]", "stew");
  notEqual((await reaches(page, "ready")).key, key, "the form that came back is bound");
  deepEqual(complaints, []);
});
