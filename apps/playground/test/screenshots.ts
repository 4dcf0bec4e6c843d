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
  readonly requests: number;
}

const usual = { width: 1440, height: 1060, requests: 3, colorScheme: "light" } as const;
const VIEWS: readonly View[] = [
  { ...usual, name: "oncekey", search: "" },
  { ...usual, name: "off", search: "?protection=off", colorScheme: "dark" },
  { ...usual, name: "phone", search: "", width: 390, height: 844 },
  { ...usual, name: "tablet", search: "?protection=lock", width: 1024, colorScheme: "dark" },
];

mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
const scene = await openScene();
for (const { name, search, width, height, colorScheme, requests } of VIEWS) {
  const viewport = { width, height };
  const { page } = await scene.visit(browser, search, { colorScheme, viewport });
  await page.getByRole("button", { name: "Play" }).click();
  await scene.counted(page, "requests", requests);
  await scene.quiet(page);
  await page.screenshot({ path: join(FOLDER, `playground-${name}.png`), fullPage: width < 1400 });
  await page.context().close();
}
await scene.close();
await browser.close();
