/**
 * `node packages/binding-suite/dist/screenshots.js`: takes the pictures of the bindings that the guide
 * shows, after a build. What is pictured is the component or the program of each page itself.
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { bundleComponent } from "./component.ts";
import { type Program, startProgram } from "./program.ts";
import { openShop } from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DOCS = join(ROOT, "docs");
const WIDTH = 270;
const HEIGHT = 275;

/** For the picture alone: the pages have no style of their own. */
const STYLE = `
:root { font: 15px/1.45 "DejaVu Sans", sans-serif; color: #1c1c1c; background: #fff }
body { margin: 14px } label { display: block } p { margin: .6em 0 } p:empty { display: none }
input, button { font: inherit; padding: .3em .6em; margin: .2em .2em .2em 0 }
input { display: block; width: 9em } button[aria-disabled=true] { opacity: .55 }
::part(check), ::part(again) { font: inherit; padding: .3em .6em; margin: .2em .2em .2em 0 }`;

async function componentOf(name: string): Promise<Program> {
  const script = await bundleComponent(join(DOCS, `${name}.md`), join(ROOT, "packages", name));
  const html =
    '<!doctype html><html lang="en"><title>Order</title><div id="root"></div><script type="module" src="/page.js"></script>';
  const shop = await openShop({ "/": () => html, "/page.js": () => script });
  return { origin: shop.origin, hold: () => shop.hold().go, stop: () => void shop.close() };
}

const programOf = (name: string): Promise<Program> =>
  startProgram(join(DOCS, `integrations/${name}.md`), join(ROOT, "packages/oncekey"));

async function opened(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: WIDTH, height: HEIGHT },
    deviceScaleFactor: 2,
  });
  const page = await context.newPage();
  await page.goto(origin);
  await page.addStyleTag({ content: STYLE });
  await page.fill("[name=dish]", "soup");
  return page;
}

const button = (page: Page) => page.getByRole("button").first();

/** The four phases of one page, each as the browser shows it. */
async function phases(
  browser: Browser,
  { origin, hold }: Program,
): Promise<readonly [string, Buffer][]> {
  const page = await opened(browser, origin);
  const ready = await page.screenshot();
  const sent = page.waitForRequest("**/orders");
  const go = hold();
  await button(page).click();
  await sent;
  // What shows that it is busy takes its time to come.
  await page.waitForTimeout(400);
  const submit = await page.screenshot();
  go();
  await page.getByText(/^Order (number )?\d/).waitFor();
  await page.addStyleTag({ content: STYLE });
  await page.waitForTimeout(600);
  const success = await page.screenshot();
  await page.context().close();

  const unlucky = await opened(browser, origin);
  await unlucky.route("**/orders", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await button(unlucky).click();
  await unlucky.getByText(/could not confirm/).waitFor({ timeout: 30_000 });
  await unlucky.waitForTimeout(600);
  const fail = await unlucky.screenshot();
  await unlucky.context().close();
  return [
    ["READY", ready],
    ["SUBMIT", submit],
    ["SUCCESS", success],
    ["FAIL: nobody can say", fail],
  ];
}

/** Side by side, each below its name. */
async function strip(browser: Browser, pictures: readonly [string, Buffer][], file: string) {
  const figures = pictures.map(
    ([phase, png]) =>
      `<figure><figcaption>${phase}</figcaption><img src="data:image/png;base64,${png.toString("base64")}"></figure>`,
  );
  const page = await browser.newPage({ viewport: { width: 4 * (WIDTH + 12), height: HEIGHT } });
  await page.setContent(
    `<!doctype html><style>body { margin: 0; display: flex; background: #fff }
    figure { margin: 5px; border: 1px solid #bbb } img { width: ${WIDTH}px; display: block }
    figcaption { font: bold 13px "DejaVu Sans", sans-serif; padding: 5px 14px; background: #eee }</style>${figures.join("")}`,
  );
  await page.locator("body").screenshot({ path: file });
  await page.close();
}

const PAGES: Readonly<Record<string, (name: string) => Promise<Program>>> = {
  react: componentOf,
  vue: componentOf,
  svelte: componentOf,
  element: programOf,
  regions: programOf,
  solid: programOf,
  angular: programOf,
  htmx: programOf,
  turbo: programOf,
};

const browser = await openBrowser();
for (const [name, start] of Object.entries(PAGES)) {
  const program = await start(name);
  const file = join(DOCS, `images/binding-${name}.png`);
  await strip(browser, await phases(browser, program), file);
  program.stop();
}
await browser.close();
