/** A real Chromium, the system's own. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

export async function openBrowser(): Promise<Browser> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const executablePath = folders.map((folder) => join(folder, "chromium")).find(existsSync);
  if (executablePath === undefined) {
    throw new Error("Chromium is not installed: on Debian, apt-get install chromium");
  }
  // Its sandbox does not start for root, and all that it is shown here is our own.
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox"],
    // Playwright turns the page cache off, and one of the scenarios is about it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}
