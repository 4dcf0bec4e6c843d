/** Debian's Chromium, for the programs of this folder. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

export function openBrowser() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const executablePath = folders.map((folder) => join(folder, "chromium")).find(existsSync);
  if (executablePath === undefined) {
    throw new Error("Chromium is not installed: on Debian, apt-get install chromium");
  }
  // Its sandbox does not start for root, and all that it is shown here is our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
