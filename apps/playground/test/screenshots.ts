/**
 * `node apps/playground/dist/test/screenshots.js [FOLDER]`: takes the pictures of the playground that
 * the documentation shows, after a build. Every one is of a scene that has really been played.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.ts";
import { openScene } from "./scene.ts";

const FOLDER = process.argv[2] ?? join(import.meta.dirname, "../../../../docs/images");

interface View {
  readonly name: string;
  readonly search: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
  /** Where the form is when it is over. */
  readonly status: string;
}

const usual = { width: 1440, height: 960, colorScheme: "light", status: "SUCCESS" } as const;
const VIEWS: readonly View[] = [
  { ...usual, name: "oncekey", search: "" },
  { ...usual, name: "off", search: "?protection=off", colorScheme: "dark" },
  { ...usual, name: "gateway", search: "?dedup=gateway" },
  { ...usual, name: "kill", search: "?scenario=kill", status: "unknown" },
  { ...usual, name: "phone", search: "", width: 390, height: 844 },
];

mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
const scene = await openScene();
for (const { name, search, width, height, colorScheme, status } of VIEWS) {
  const viewport = { width, height };
  await scene.clear();
  const { page } = await scene.visit(browser, search, { colorScheme, viewport });
  await page.getByRole("button", { name: "Play" }).click();
  await page.locator(".phases [aria-current]").getByText(status).waitFor();
  if (status === "SUCCESS") await scene.quiet(page);
  await page.screenshot({ path: join(FOLDER, `playground-${name}.png`) });
  await page.context().close();
}
await scene.close();
await browser.close();
