/** A real Chromium, the system's own, for the tests of the page. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export async function openBrowser(): Promise<Browser> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const executablePath = folders.map((folder) => join(folder, "chromium")).find(existsSync);
  if (executablePath === undefined) {
    throw new Error("Chromium is not installed: on Debian, apt-get install chromium");
  }
  // Its sandbox does not start for root, and all that it is shown here is our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page that collects what the browser complains of: errors, and what the policy has stopped. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, complaints };
}
