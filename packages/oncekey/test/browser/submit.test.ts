/** The submit machine where it has to hold: in a real browser, under real clicks. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import type { Snapshot } from "../../src/client/index.ts";
import { mockServer, type Step } from "../client/mock-server.ts";
import { world } from "./page.ts";

const { server, open } = world();

beforeEach(() => {
  server().seen.length = 0;
  server().play();
});

const OK: Step = { status: 201 };
const keys = (): (string | undefined)[] => server().seen.map(({ key }) => key);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** The first answer comes when it is let go, and `next` come at once. */
function hold(...next: readonly Step[]): { go(): void } {
  let go = (): void => {};
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  server().play({ until }, ...next);
  return { go };
}

const snapshotOf = async (page: Page): Promise<Snapshot> =>
  JSON.parse(
    await page
      .locator("output")
      .inputValue()
      .catch(() => page.locator("output").innerText()),
  );

async function reaches(page: Page, status: Snapshot["status"]): Promise<Snapshot> {
  await page.locator("output", { hasText: `"status":"${status}"` }).waitFor({ timeout: 10_000 });
  return snapshotOf(page);
}

async function arrived(count: number): Promise<void> {
  for (let turn = 0; turn < 400 && server().seen.length < count; turn++) await later(10);
  const { seen } = server();
  const what = seen.map(({ path, key, body }) => `${path} ${key} ${body}`);
  equal(seen.length, count, `the requests have arrived: ${what.join("; ")}`);
}

async function clicks(page: Page, apartMs: number): Promise<void> {
  const box = await page.locator("#pay").boundingBox();
  if (box === null) throw new Error("Expected the button to be on the page.");
  for (let turn = 0; turn < 3; turn++) {
    await page.mouse.click(box.x + 5, box.y + 5);
    await later(apartMs);
  }
}

const THREE: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "three clicks in one task": (page) =>
    page.locator("#pay").evaluate((button) => {
      for (let turn = 0; turn < 3; turn++) (button as HTMLElement).click();
    }),
  "three mouse clicks, 15 ms apart": (page) => clicks(page, 15),
  "three mouse clicks, 40 ms apart": (page) => clicks(page, 40),
  "three Enter keys": async (page) => {
    await page.locator("[name=dish]").focus();
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press("Enter");
  },
  "three calls of requestSubmit": (page) =>
    page.locator("#order").evaluate((form) => {
      for (let turn = 0; turn < 3; turn++) (form as HTMLFormElement).requestSubmit();
    }),
};

for (const [how, press] of Object.entries(THREE)) {
  test(`P-150, C-16: ${how}: one request`, async () => {
    const { go } = hold();
    const { page, complaints } = await open();
    await press(page);
    await arrived(1);
    go();
    await reaches(page, "success");
    equal(server().executions() > 0 && server().seen.length, 1);
    deepEqual(complaints, [], "C-2: nothing that a strict policy forbids");
  });
}

test("C-21: a click after the answer is swallowed; after an edit it is a new intent with a new key", async () => {
  const { page } = await open();
  await page.click("#pay");
  await reaches(page, "success");
  await page.click("#pay");
  await page.click("#pay");
  equal(server().seen.length, 1);
  await page.fill("[name=dish]", "stew");
  await reaches(page, "ready");
  await page.click("#pay");
  await reaches(page, "success");
  equal(server().seen.length, 2);
  notEqual(keys()[0], keys()[1]);
});

test("C-21: the form's own reset starts a new intent too", async () => {
  const { page } = await open();
  await page.click("#pay");
  await reaches(page, "success");
  await page.click("#undo");
  await reaches(page, "ready");
});

test("C-20: native validation comes first, and formnovalidate skips it", async () => {
  const { page } = await open();
  await page.fill("[name=dish]", "");
  await page.click("#pay");
  equal((await snapshotOf(page)).status, "ready");
  equal(server().seen.length, 0);
  await page.click("#quote");
  await reaches(page, "success");
  equal(server().seen.length, 1);
});

test("C-20: the button that was pressed is sent, and its formaction and formenctype are honoured", async () => {
  const { page } = await open();
  await page.click("#pay");
  await reaches(page, "success");
  const [pay] = server().seen;
  equal(pay?.path, "/orders");
  equal(pay?.body, "dish=soup&how=fast");
  match(pay?.headers["content-type"] ?? "", /^application\/x-www-form-urlencoded/);
  await page.click("#undo");
  await page.click("#quote");
  // The page may still show the success of the one before.
  await arrived(2);
  await reaches(page, "success");
  const quote = server().seen[1];
  equal(quote?.path, "/quotes");
  match(quote?.headers["content-type"] ?? "", /^multipart\/form-data/);
  match(quote?.body ?? "", /name="how"\r\n\r\nquote/);
});

test("C-20: a button whose formmethod is GET is the browser's", async () => {
  const { page } = await open();
  await Promise.all([page.waitForURL(/dish=soup/), page.click("#look")]);
  deepEqual(
    server().seen.map(({ method, key }) => [method, key]),
    [["GET", undefined]],
  );
});

test("C-32: the key of a hidden field is the first, and every later one is written into it", async () => {
  server().play({ status: 422 });
  const { page } = await open("/with-field");
  await page.click("#pay");
  const { key } = await reaches(page, "rejected");
  deepEqual(keys(), ["from-the-server"]);
  notEqual(key, "from-the-server");
  equal(await page.locator("[name=_idempotency_key]").inputValue(), key);
});

test("P-149, C-35: reloaded in mid-flight: unknown, and the next click has the same key", async () => {
  const { go } = hold(OK);
  const { page } = await open();
  await page.click("#pay");
  await arrived(1);
  await page.reload();
  equal((await reaches(page, "unknown")).reason, "reloaded");
  go();
  await page.click("#pay");
  await reaches(page, "success");
  equal(keys()[0], keys()[1]);
});

test("P-152, C-42: back out of the page cache after a success: a new key", async () => {
  const { page } = await open();
  await page.click("#pay");
  await reaches(page, "success");
  await page.evaluate(() => Object.assign(globalThis, { survived: true }));
  await page.goto(`${server().origin}/elsewhere`);
  // Nothing is loaded, so there is no "load" to wait for.
  await page.goBack({ waitUntil: "commit" });
  equal(await page.evaluate(() => "survived" in globalThis), true, "it came out of the page cache");
  await reaches(page, "ready");
  await page.click("#pay");
  await reaches(page, "success");
  notEqual(keys()[0], keys()[1]);
});

test("P-151, C-36: a tab duplicated in SUBMIT sends the same key", async () => {
  const { go } = hold(OK);
  const { page } = await open();
  await page.click("#pay");
  await arrived(1);
  // A window that a page opens begins with a copy of its session storage, as a duplicated tab does.
  const [copy] = await Promise.all([
    page.waitForEvent("popup"),
    page.evaluate(() => void window.open(location.href, "_blank", "popup")),
  ]);
  await reaches(copy, "unknown");
  await copy.click("#pay");
  await arrived(2);
  equal(keys()[0], keys()[1]);
  go();
});

test("C-43: clearing intents empties the storage, and every open tab of that person", async () => {
  server().play({ status: 501 });
  const { page, tabs } = await open();
  await page.click("#pay");
  await reaches(page, "unknown");
  const other = await tabs.newPage();
  await other.goto(server().origin);
  const clear = (principal: string) =>
    other.evaluate((whose) => {
      (globalThis as unknown as { clearIntents(principal: string): void }).clearIntents(whose);
    }, principal);
  await clear("bob");
  await later(100);
  equal((await snapshotOf(page)).status, "unknown");
  await clear("ann");
  await reaches(page, "ready");
  equal(await page.evaluate(() => Object.keys(sessionStorage).length), 0);
});

test("C-44, C-45: busy is said to those who do not see it, and the focus stays", async () => {
  const { go } = hold();
  const { page } = await open();
  await page.focus("#pay");
  await page.keyboard.press("Enter");
  await reaches(page, "submitting");
  equal(await page.locator("#order").getAttribute("aria-busy"), "true");
  equal(await page.locator("#pay").getAttribute("aria-disabled"), "true");
  equal(await page.evaluate(() => document.activeElement?.id), "pay");
  go();
  await reaches(page, "success");
  equal(await page.locator("#order").getAttribute("aria-busy"), "false");
});

test("C-44: the real attribute, where it is asked for, gives the focus back", async () => {
  const { go } = hold();
  const { page } = await open("/?disabled");
  await page.focus("#pay");
  await page.keyboard.press("Enter");
  await reaches(page, "submitting");
  equal(
    await page.locator("#pay").evaluate((button) => (button as HTMLButtonElement).disabled),
    true,
  );
  go();
  await reaches(page, "success");
  equal(await page.evaluate(() => document.activeElement?.id), "pay");
});

test("C-13: another origin that exposes nothing: `replayed` is null, and exposed it is known", async () => {
  const other = await mockServer();
  const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
  // Once is enough, so that the answers after it are taken by the requests.
  const kept = { ...cors, "access-control-max-age": "600" };
  const exposed = {
    ...cors,
    "access-control-expose-headers": "Idempotent-Replayed, Idempotency-Key",
  };
  const preflight: Step = { status: 204, body: "", headers: kept, executes: false };
  try {
    other.play(
      preflight,
      { marked: true, echoes: true, headers: cors },
      {
        marked: true,
        headers: exposed,
      },
    );
    const { page } = await open("/asking-others");
    const replayed = await page.evaluate(async (origin) => {
      const { createIdempotentFetch } =
        globalThis as unknown as typeof import("../../src/client/index.ts");
      const send = createIdempotentFetch({ server: { [origin]: "oncekey" } });
      const pay = async () =>
        (await send(`${origin}/pay`, { method: "POST", body: "x" })).idempotency.replayed;
      return [await pay(), await pay()];
    }, other.origin);
    deepEqual(replayed, [null, true]);
  } finally {
    await other.close();
  }
});

test("C-28: in a page its own origin is a server of ours, and no other gets a header", async () => {
  const other = await mockServer();
  const cors = { "access-control-allow-origin": "*" };
  try {
    other.play({ headers: cors });
    server().play({ status: 503 });
    const { page } = await open("/asking-others");
    await page.evaluate(async (origin) => {
      const { createIdempotentFetch } =
        globalThis as unknown as typeof import("../../src/client/index.ts");
      const send = createIdempotentFetch();
      await send("/pay", { method: "POST", body: "x" });
      await send(`${origin}/pay`, { method: "POST", body: "x" });
    }, other.origin);
    equal(server().seen.length, 2);
    equal(keys()[0], keys()[1]);
    deepEqual(
      other.seen.map(({ method, key }) => [method, key]),
      [["POST", undefined]],
    );
  } finally {
    await other.close();
  }
});

test("C-38: without a network the click is held, and sent once when the network is back", async () => {
  const { page, tabs } = await open();
  await tabs.setOffline(true);
  await page.click("#pay");
  await reaches(page, "offline");
  equal(server().seen.length, 0);
  await tabs.setOffline(false);
  await reaches(page, "success");
  equal(server().seen.length, 1);
});

test("C-38: held and given up: the next click sends what is in the form then", async () => {
  const { page, tabs } = await open();
  await tabs.setOffline(true);
  await page.click("#pay");
  const { key } = await reaches(page, "offline");
  await page.evaluate(() => {
    (globalThis as unknown as { checkout: { abort(): void } }).checkout.abort();
  });
  await reaches(page, "ready");
  await page.fill("[name=dish]", "stew");
  await tabs.setOffline(false);
  await page.click("#pay");
  await reaches(page, "success");
  deepEqual(
    server().seen.map((seen) => [seen.body, seen.key]),
    [["dish=stew&how=fast", key]],
  );
});

test("C-27: where a page is built, answers without the key raise one warning, and others none", async () => {
  const warned = async (steps: readonly Step[]): Promise<string[]> => {
    const { page } = await open();
    const warnings: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "warning") warnings.push(message.text());
    });
    server().play(...steps);
    await page.evaluate(async () => {
      const { createIdempotentFetch } =
        globalThis as unknown as typeof import("../../src/client/index.ts");
      const send = createIdempotentFetch();
      for (const body of ["x", "y"]) await send("/pay", { method: "POST", body });
      // Each message comes in its turn, so whatever was said before has been heard by now.
      console.warn("end");
    });
    for (let turn = 0; turn < 400 && !warnings.includes("end"); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return warnings;
  };
  deepEqual(await warned([{ echoes: true }, { echoes: true }]), ["end"]);
  // The page that an answer leads to is no answer, and has nothing to echo.
  const leads = { status: 303, echoes: true, headers: { location: "/elsewhere" } };
  deepEqual(await warned([leads, leads]), ["end"]);
  const [warning = "", end] = await warned([]);
  match(warning, /came without its key/);
  equal(end, "end");
});

test("C-41: the browser finishes a send whose page was closed, and takes its answer", async () => {
  const { page, tabs } = await open();
  const other = await tabs.newPage();
  const { go } = hold();
  const before = server().answered();
  await page.evaluate(() => {
    const { createIdempotentFetch } =
      globalThis as unknown as typeof import("../../src/client/index.ts");
    void createIdempotentFetch()("/pay", { method: "POST", body: "x" });
  });
  await arrived(1);
  await page.close();
  // The browser has been asked for something else since, so it has done with the page.
  await other.goto(server().origin);
  go();
  for (let turn = 0; turn < 400 && server().answered() === before; turn++) await later(5);
  equal(server().answered(), before + 1);
});
