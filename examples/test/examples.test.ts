/** Every example, started and used: three requests with one key, and one effect. */
import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startPostgres, startRedis } from "local-servers";
import { addressOf, start } from "./program.ts";

const env: Record<string, string> = {};
const stops: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});
before(async () => {
  const redis = process.env.ONCEKEY_TEST_REDIS ?? (await started(startRedis));
  const postgres = process.env.ONCEKEY_TEST_POSTGRES ?? (await started(startPostgres));
  const folder = mkdtempSync(join(tmpdir(), "oncekey-examples-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  Object.assign(env, {
    ...{ REDIS_URL: redis, DATABASE_URL: postgres, DATABASE: join(folder, "shop.db") },
  });
});

async function started(run: () => Promise<{ url: string; stop(): Promise<void> }>) {
  const { url, stop } = await run();
  stops.push(stop);
  return url;
}

interface Send {
  readonly key: string;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Record<string, string>;
}

async function post(url: string, { key, body, type = "application/json", headers }: Send) {
  const response = await fetch(url, {
    method: "POST",
    body,
    redirect: "manual",
    headers: { "content-type": type, "idempotency-key": key, "x-user-id": "ann", ...headers },
  });
  const isReplay = response.headers.get("idempotent-replayed") === "true";
  const location = response.headers.get("location");
  return { status: response.status, text: await response.text(), isReplay, location };
}

for (const [name, path, body] of [
  ["express-redis", "/payments", { amount: 10 }],
  ["fastify-postgres", "/orders", { dish: "soup" }],
  ["node-sqlite", "/orders", { dish: "soup" }],
  ["hono-memory", "/messages", { text: "hello" }],
] as const) {
  test(`${name}: three at once are one effect and one answer; another key is another`, async (context) => {
    const url = `${await addressOf(start(context, name, env))}${path}`;
    const send = (key: string) => post(url, { key, body: JSON.stringify(body) });
    const effects = async () => ((await (await fetch(url)).json()) as unknown[]).length;
    const before = await effects();

    const answers = await Promise.all([send("k1"), send("k1"), send("k1")]);
    deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201],
    );
    equal(new Set(answers.map(({ text }) => text)).size, 1);
    equal(answers.filter(({ isReplay }) => isReplay).length, 2);
    equal(await effects(), before + 1);

    const other = await send("k2");
    deepEqual([other.status, other.isReplay], [201, false]);
    equal(await effects(), before + 2);
  });
}

test("plain-form: three clicks on a form without a script lead to one order", async (context) => {
  const url = await addressOf(start(context, "plain-form"));
  const page = await fetch(url);
  equal(page.headers.get("cache-control"), "no-store", "C-31: a page with the field");
  const [visitor = ""] = (page.headers.get("set-cookie") ?? "").split(";");
  const [, key] = /name="_idempotency_key" value="([^"]+)"/.exec(await page.text()) ?? [];
  const body = String(new URLSearchParams({ _idempotency_key: key ?? "", dish: "soup" }));
  const type = "application/x-www-form-urlencoded";
  const click = () => post(`${url}/orders`, { key: "", body, type, headers: { cookie: visitor } });
  const answers = await Promise.all([click(), click(), click()]);
  deepEqual(
    answers.map(({ status, location }) => [status, location]),
    Array(3).fill([303, "/orders/1"]),
  );
  deepEqual(await (await fetch(`${url}/orders`)).json(), ["soup"]);
});

test("queue-consumer: a message that is delivered three times is sent once", async (context) => {
  const consumer = start(context, "queue-consumer", env);
  const message = JSON.stringify({ id: `m-${process.pid}`, to: "ann" });
  consumer.write(`${message}\n${message}\n${message}\n`);
  const { code, output } = await consumer.finish();
  equal(code, 0, output);
  equal(output.match(/^sending/gm)?.length, 1, output);
  equal(output.match(/^acknowledge$/gm)?.length, 3, output);
});

test("calling: a program gets its answer under a key that it did not have to make", async (context) => {
  const shop = await addressOf(start(context, "express-redis", env));
  const { code, output } = await start(context, "calling", { SHOP: shop }).finish();
  equal(code, 0, output);
  match(output, /status: 201.*answer: \{ id: 1 \}.*attempts: 1.*replayed: false/s);
});

test("calling: where nobody answers, that is what it says", async (context) => {
  const { code, output } = await start(context, "calling", { SHOP: "http://127.0.0.1:1" }).finish();
  deepEqual([code, /unknown: 'network'/.test(output)], [1, true], output);
});

test("every example is in the README, and nothing else is", () => {
  const folder = join(import.meta.dirname, "../..");
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  const rows = readFileSync(join(folder, "README.md"), "utf8").matchAll(/^\| \[`([^`]+)`\]/gm);
  deepEqual([...rows].map(([, file]) => file).toSorted(), files.toSorted());
});
