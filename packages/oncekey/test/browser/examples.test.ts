/** The programs of the pages about a browser's libraries: copied, run, and clicked on three times. */
import { equal, match } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser } from "binding-suite/browser";
import { transform } from "esbuild";
import type { Browser, Page } from "playwright-core";

const LIBRARY = join(import.meta.dirname, "../../..");
const PAGES = join(LIBRARY, "../../docs/integrations");
/** Below the library, so that it finds what is installed there, as a stranger's program does. */
const FOLDER = join(import.meta.dirname, "copied");

let browser: Browser;
const running: ChildProcess[] = [];
before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await openBrowser();
});
after(async () => {
  for (const child of running) child.kill();
  await browser.close();
  rmSync(FOLDER, { recursive: true });
});

/** The address that the program of a page prints. */
async function started(name: string): Promise<string> {
  const markdown = readFileSync(join(PAGES, `${name}.md`), "utf8");
  const [, source = ""] = /^<!-- example -->\n```ts\n(.*?)^```$/ms.exec(markdown) ?? [];
  const file = join(FOLDER, `${name}.mjs`);
  writeFileSync(file, (await transform(source, { loader: "ts" })).code);
  const child = spawn(process.execPath, [file], {
    cwd: LIBRARY,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  for await (const chunk of child.stdout) {
    match(String(chunk), /^http:/);
    return String(chunk).trim();
  }
  throw new Error(`The program of ${name}.md has ended without an address.`);
}

const clicks = (page: Page): Promise<void> =>
  page.locator("#pay").evaluate((button) => {
    for (let turn = 0; turn < 3; turn++) (button as HTMLElement).click();
  });

for (const name of ["devtools", "element", "htmx", "turbo", "workbox"]) {
  test(`the program of ${name}.md runs, and three clicks are one order`, async () => {
    const page = await browser.newPage();
    await page.goto(await started(name));
    await page.waitForLoadState("networkidle");
    await clicks(page);
    await page.locator("#done", { hasText: "Order" }).waitFor({ timeout: 15_000 });
    equal(await page.locator("#done").innerText(), "Order 1");
    await page.close();
  });
}
