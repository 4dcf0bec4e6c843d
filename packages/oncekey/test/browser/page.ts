/**
 * A page with an order form in a real Chromium, served by the mock server together with the
 * compiled client, under a policy that forbids everything else.
 */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, afterEach, before } from "node:test";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { hiddenField } from "../../src/http/form.ts";
import { type MockServer, mockServer, type Served } from "../client/mock-server.ts";

const LIBRARY = join(import.meta.dirname, "../../src");
/** As a server writes it, by the name that both sides have for it unless told otherwise. */
const FIELD = hiddenField({ key: "from-the-server" });

const form = (field: string): string => `<!doctype html><title>Order</title>
<form id="order" method="post" action="/orders">${field}
<input name="dish" required value="soup"><button id="pay" name="how" value="fast">Pay</button>
<button id="quote" name="how" value="quote" formaction="/quotes" formenctype="multipart/form-data" formnovalidate>Quote</button>
<button id="look" formmethod="get">Look</button>
<button id="undo" type="reset">Undo</button></form>
<output></output><script type="module" src="/page.js"></script>`;

const SCRIPT = `
import { clearIntents, createIdempotentFetch, createSubmit } from "/lib/client/index.js";
const checkout = createSubmit({ id: "checkout", principal: () => "ann", disabled: location.search === "?disabled" });
const draw = () => { document.querySelector("output").value = JSON.stringify(checkout.getSnapshot()); };
checkout.subscribe(draw);
checkout.form(document.querySelector("form"));
Object.assign(globalThis, { checkout, clearIntents, createIdempotentFetch });
draw();
`;

function pages(path: string): Served | undefined {
  const [name = ""] = path.split("?");
  if (name === "/") return { type: "text/html", body: form("") };
  if (name === "/asking-others") return { type: "text/html", body: form(""), asksOthers: true };
  if (name === "/with-field") return { type: "text/html", body: form(FIELD) };
  if (name === "/elsewhere")
    return { type: "text/html", body: "<!doctype html><title>Else</title>" };
  if (name === "/favicon.ico") return { type: "image/png", body: "" };
  if (name === "/page.js") return { type: "text/javascript", body: SCRIPT };
  return libraryFile(name);
}

/** A compiled file of the client. */
export function libraryFile(name: string): Served | undefined {
  const [, file] =
    /^\/lib\/((?:client|client\/durable|client\/devtools|protocol)\/[\w-]+\.js)$/.exec(name) ?? [];
  if (file === undefined) return undefined;
  return { type: "text/javascript", body: readFileSync(join(LIBRARY, file), "utf8") };
}

function onThePath(name: string): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined)
    throw new Error(`Expected ${name} on the PATH; Debian has it as ${name}.`);
  return found;
}

interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

export interface World<Server extends Site> {
  readonly server: () => Server;
  /** A tab in a browser profile of its own. What it complains of is in `complaints`. */
  open(path?: string): Promise<{ page: Page; tabs: BrowserContext; complaints: string[] }>;
}

/** One browser and one server for a file of tests. */
export const world = (): World<MockServer> => worldOf(() => mockServer(pages));

export function worldOf<Server extends Site>(
  start: () => Promise<Server>,
  profile: BrowserContextOptions = {},
): World<Server> {
  let browser: Browser | undefined;
  let server: Server | undefined;
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error("The browser and the server start before the tests.");
    return part;
  };
  before(async () => {
    server = await start();
    browser = await chromium.launch({
      executablePath: onThePath("chromium"),
      // Root has no sandbox in a container; only pages of our own are opened.
      args: ["--no-sandbox"],
      // Playwright turns the page cache off, and one of the tests is about it.
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
    });
  });
  // A page that is still waiting, or asking again, would send into the tests that come after it.
  afterEach(async () => {
    await Promise.all(browser?.contexts().map((tabs) => tabs.close()) ?? []);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    server: () => started(server),
    async open(path = "/") {
      const tabs = await started(browser).newContext(profile);
      const page = await tabs.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(started(server).origin + path);
      return { page, tabs, complaints };
    },
  };
}
