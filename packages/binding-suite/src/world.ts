/** A page of a binding in a browser: bundled, rendered on a server, hydrated, and beside a shop. */
import { after, before } from "node:test";
import { build, type Plugin } from "esbuild";
import type { Browser } from "playwright-core";
import { openBrowser, openTab, type Tab } from "./browser.ts";
import { openShop, type Shop } from "./shop.ts";

export interface BoundPage {
  /** What a server renders of the page, without a browser. */
  html(): string | Promise<string>;
  /** The module that hydrates it. */
  readonly hydrates: string;
  readonly plugins?: Plugin[];
}

/** What a page needs to be a page, and to be bundled: `process` is no name of a browser's. */
async function bundle({ hydrates, plugins = [] }: BoundPage): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [hydrates],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["browser", "development"],
    define: {
      "process.env.NODE_ENV": '"development"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
    },
    plugins,
  });
  return outputFiles[0]?.text ?? "";
}

export interface World {
  shop(): Shop;
  /** A tab in a browser profile of its own, closed at the end. */
  open(): Promise<Tab>;
}

/** One browser and one shop for a file of tests. */
export function bindingWorld(bound: BoundPage): World {
  let browser: Browser | undefined;
  let shop: Shop | undefined;
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error("The browser and the shop start before the tests.");
    return part;
  };
  before(async () => {
    const script = await bundle(bound);
    const html = await bound.html();
    shop = await openShop({
      "/": () => around(html),
      "/elsewhere": () => "<!doctype html><title>Elsewhere</title>",
      "/favicon.ico": () => "",
      "/page.js": () => script,
    });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await shop?.close();
  });
  return {
    shop: () => started(shop),
    open: () => openTab(started(browser), started(shop).origin),
  };
}

const around = (html: string): string =>
  `<!doctype html><title>Order</title><div id="root">${html}</div><script type="module" src="/page.js"></script>`;
