/** What the element adds to a form, under a policy that forbids what a page need not do. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { defineOncekeyForm } from "../../src/client/element.ts";
import { ends, FORM, reaches, regionsSuite, regionsWorld, seen, WATCHES } from "./regions-suite.ts";

const PAGE = `<!doctype html><html lang="en"><title>Order</title><main><h1>Order</h1>
<oncekey-form id="checkout">${FORM}</oncekey-form></main>
<script type="module" src="/page.js"></script></html>`;

const SCRIPT = `
import { defineOncekeyForm } from "/lib/client/element.js";
${WATCHES}
defineOncekeyForm({ options: () => ({ retry: { attempts: 1 } }) });
const element = document.querySelector("oncekey-form");
const { events } = watch(element.shadowRoot);
for (const type of ["state", "success", "fail"]) {
  addEventListener("oncekey:" + type, ({ detail }) => events.push(type + " " + detail.status));
}
Object.assign(globalThis, { submission: element.submission });
`;

const world = regionsWorld(PAGE, SCRIPT);
const { server, open } = world;
regionsSuite("the element", world);

for (const status of ["success", "rejected", "failed", "unknown", "conflict"]) {
  test(`C-55, ${status}: the state, and the events`, async () => {
    const { page } = await open();
    await page.locator("oncekey-form:state(ready)").waitFor();
    await ends(world, page, status);
    await page.locator(`oncekey-form:state(${status})`).waitFor();
    const end = status === "success" ? "success" : "fail";
    const { events } = await seen(page);
    deepEqual(events, ["state submitting", `state ${status}`, `${end} ${status}`]);
  });
}

test("C-55: the key joins the data of the form, also where the browser sends it without a script", async () => {
  const { page } = await open();
  await ends(world, page, "success");
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

test("C-55: a form that comes later, or goes and comes back, is bound once", async () => {
  const { page } = await open();
  await reaches(page, "ready");
  await page.locator("oncekey-form").evaluate((element) => {
    const form = element.querySelector("form");
    form?.remove();
    document.querySelector("main")?.append(element);
    if (form) queueMicrotask(() => element.append(form));
  });
  await ends(world, page, "success");
  equal(server().seen.length, 1);
  equal(new URL(page.url()).pathname, "/");
});

test("C-50: where there is no page it loads, and says so only when it is to be defined", () => {
  throws(() => defineOncekeyForm(), /HTMLElement|customElements/);
});
