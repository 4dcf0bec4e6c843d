/** The page: its parts are served, and its form reaches the API through the balancer. */
import { equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { createPage } from "../src/page.ts";
import { openRestaurant, type Restaurant } from "../src/restaurant.ts";

let restaurant: Restaurant;
before(async () => {
  restaurant = await openRestaurant({ instances: 2, store: "sqlite", port: 0, page: createPage });
});
after(() => restaurant.stop());

const get = (path: string) => fetch(`${restaurant.origin}${path}`);

test("whatever the page asks for is there", async () => {
  const page = await (await get("/")).text();
  const wanted = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = ""]) => path);
  ok(wanted.includes("/page.js"));
  for (const path of [...wanted, "/plain", "/thanks"]) equal((await get(path)).status, 200, path);
});

test("an order goes through the balancer into the ledger, once for its key", async () => {
  const order = () =>
    fetch(`${restaurant.origin}/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k1", "x-guest": "ann" },
      body: '{"dish":"soup"}',
    });
  const [first, again] = await Promise.all([order(), order()]);
  equal(first.status, 201);
  equal(again.status, 201);
  equal(await first.text(), await again.text());
  const ledger = await (await get("/ledger")).text();
  equal(ledger.match(/"effect"/g)?.length, 1);
  match(ledger, /"dish":"soup"/);
});

test("C-31: the form without a script has a new key each time, and is not kept by a cache", async () => {
  const [one, other] = await Promise.all([get("/plain"), get("/plain")]);
  equal(one.headers.get("cache-control"), "no-store");
  const keyOf = (html: string) => /name="_idempotency_key" value="([0-9a-f-]{36})"/.exec(html)?.[1];
  const keys = [keyOf(await one.text()), keyOf(await other.text())];
  ok(keys[0] !== undefined && keys[1] !== undefined);
  ok(keys[0] !== keys[1]);
});

test("what is not there is not found", async () => {
  equal((await get("/nothing")).status, 404);
});
