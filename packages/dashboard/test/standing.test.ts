/** What the plots tell of the store itself: scopes, retention, and what was found out about it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createDashboard, type StoreFinding } from "@oncekey/dashboard";
import { type Inspector, settle } from "oncekey";
import { memoryStore } from "oncekey/memory";
import type { HealthView } from "../src/health.ts";
import type { SurveyView } from "../src/survey.ts";
import { asking, byHeader } from "./asking.ts";
import { claimed, inDoubt } from "./records.ts";

const survey = async (inspector: Inspector): Promise<SurveyView> =>
  (await asking(createDashboard({ inspector, authorize: byHeader })).get<SurveyView>("api/survey"))
    .body;

test("C-73: the scopes with the most keys come first, and completed keys tell their expiry", async () => {
  const store = memoryStore();
  const busy = [await claimed(store, { scope: "bob" }), await claimed(store, { scope: "bob" })];
  const done = await inDoubt(store, { scope: "ann" });
  await settle(store, done, { happened: true, answer: { status: 201, body: "{}" } });
  const record = await store.get(done.id);
  ok(record?.state === "completed");
  const view = await survey(store);
  deepEqual(view.scopes, [
    { scope: busy[0]?.scope, keys: 2 },
    { scope: done.scope, keys: 1 },
  ]);
  deepEqual(view.expiries, [record.expiresAt]);
  deepEqual([view.looked, view.isWhole], [3, true]);
});

test("C-73: of a large store a hundred records are read, once for all who look, and it says so", async () => {
  const store = memoryStore();
  for (let count = 0; count < 120; count++) await claimed(store);
  let asked = 0;
  const counted: Inspector = {
    ...store,
    list: (request) => {
      asked += 1;
      return store.list(request);
    },
  };
  const page = asking(createDashboard({ inspector: counted, authorize: byHeader }));
  const [first, second] = await Promise.all([
    page.get<SurveyView>("api/survey"),
    page.get<SurveyView>("api/survey"),
  ]);
  deepEqual(first.body, second.body);
  deepEqual([first.body.looked, first.body.isWhole], [100, false]);
  equal(asked, 4);
});

test("C-73: a store that gave no answer to a survey is asked again", async () => {
  const store = memoryStore();
  let isDown = true;
  const failing: Inspector = {
    ...store,
    list: (request) => (isDown ? Promise.reject(new Error("canary")) : store.list(request)),
  };
  const page = asking(createDashboard({ inspector: failing, authorize: byHeader }));
  const down = await page.get("api/survey");
  equal(down.status, 500);
  equal(JSON.stringify(down.body).includes("canary"), false);
  isDown = false;
  equal((await page.get("api/survey")).status, 200);
});

test("C-73: durability findings are shown as they were handed in, asked for once a minute", async () => {
  let asked = 0;
  const found: readonly StoreFinding[] = [
    {
      check: "appendfsync",
      verdict: "warning",
      says: "The last second may be lost.",
      mend: "Set.",
    },
    { check: "fsync", verdict: "ok", says: "On." },
  ];
  const examine = () => {
    asked += 1;
    return found;
  };
  const options = { inspector: memoryStore(), authorize: byHeader };
  const page = asking(createDashboard({ ...options, examine }));
  deepEqual((await page.get<HealthView>("api/health")).body, { findings: found });
  deepEqual((await page.get<HealthView>("api/health")).body, { findings: found });
  equal(asked, 1);
  const none = asking(createDashboard(options));
  deepEqual((await none.get<HealthView>("api/health")).body, {});
});

test("C-73: an examination that fails is said, and its words, which may hold anything, are not", async () => {
  const examine = () => Promise.reject(new Error("canary: postgres://ann:secret@db"));
  const options = { inspector: memoryStore(), authorize: byHeader, examine };
  const { body } = await asking(createDashboard(options)).get<HealthView>("api/health");
  equal(body.findings?.[0]?.verdict, "problem");
  equal(JSON.stringify(body).includes("canary"), false);
});
