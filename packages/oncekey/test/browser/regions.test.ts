/** A plain form that is bound by `createSubmit`, and beside it what a person sees and hears of it. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { createSubmit, type FormElement } from "../../src/client/index.ts";
import { showRegions } from "../../src/client/regions.ts";
import { FORM, part, reaches, regionsSuite, regionsWorld, WATCHES } from "./regions-suite.ts";

const PAGE = `<!doctype html><html lang="en"><title>Order</title><main><h1>Order</h1>
${FORM}</main><script type="module" src="/page.js"></script></html>`;

const SCRIPT = `
import { createSubmit } from "/lib/client/index.js";
import { showRegions } from "/lib/client/regions.js";
${WATCHES}
const form = document.querySelector("form");
const submission = createSubmit({ id: "checkout", retry: { attempts: 1 } });
submission.form(form);
const end = showRegions(submission, form);
watch(form.nextElementSibling.shadowRoot);
Object.assign(globalThis, { submission, end, showRegions });
`;

const world = regionsWorld(PAGE, SCRIPT);
regionsSuite("a plain form", world);

test("C-45: the regions are drawn into an element of the page, and let it go", async () => {
  const { page } = await world.open();
  await reaches(page, "ready");
  const statuses = await page.evaluate(() => {
    const {
      end,
      showRegions: show,
      submission,
    } = globalThis as unknown as {
      end(): void;
      showRegions: typeof showRegions;
      submission: Parameters<typeof showRegions>[0];
    };
    const form = document.querySelector("form") as unknown as FormElement;
    end();
    const left = document.querySelector("form")?.nextElementSibling;
    const host = document.createElement("section");
    document.querySelector("main")?.prepend(host);
    show(submission, form, { host, texts: { check: "Ask once more" } });
    return [left === null, host.shadowRoot?.querySelectorAll("[role=status]").length];
  });
  deepEqual(statuses, [true, 1]);
  equal(await part(page, "check").evaluate((button) => button.textContent), "Ask once more");
});

test("C-50: regions load where there is no page, and say so only when they are to be shown", () => {
  const submission = createSubmit({ id: "checkout", server: "oncekey" });
  throws(() => showRegions(submission, { elements: {}, requestSubmit() {} }), /document/);
});
