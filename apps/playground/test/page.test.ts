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
  ok(wanted.includes("/deck.js"));
  for (const path of [...wanted, "/thanks"]) equal((await get(path)).status, 200, path);
});

test("the page shows the deck's four states", async () => {
  const page = await (await get("/")).text();
  const states = [...page.matchAll(/data-state="(\w+)"/g)].map(([, state]) => state);
  equal(states.join(), "READY,SUBMIT,SUCCESS,FAIL");
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

test("what is not there is not found", async () => {
  equal((await get("/nothing")).status, 404);
});
