/** The system's own Chromium, and a tab that collects what its console complains of. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

export async function openBrowser(): Promise<Browser> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const executablePath = folders.map((folder) => join(folder, "chromium")).find(existsSync);
  if (executablePath === undefined) {
    throw new Error("Chromium is not installed: on Debian, apt-get install chromium");
  }
  return chromium.launch({
    executablePath,
    // Its sandbox does not start for root, and all that it is shown here is our own.
    args: ["--no-sandbox"],
    // Playwright turns the page cache off, and one of the cases is about it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

export interface Tab {
  readonly page: Page;
  /** Errors and warnings, but for answers that the browser itself reports: those are meant. */
  readonly complaints: readonly string[];
}

export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isAnswer = message.text().startsWith("Failed to load resource: ");
    if (["error", "warning"].includes(message.type()) && !isAnswer) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
