/** S-28, C-67: what kills, freezes and cuts is for this machine and this page alone. */
import { equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
let token: string;
before(async () => {
  scene = await openScene();
  const page = await (await fetch(scene.origin)).text();
  token = /name="playground-token" content="([0-9a-f]{64})"/.exec(page)?.[1] ?? "";
});
after(() => scene.close());

/** By hand, because `fetch` does not let one lie about the host. */
function post(path: string, headers: Record<string, string>, body = "{}"): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(scene.origin);
    const sent = request({ hostname, port, path, method: "POST", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const ours = () => ({ origin: scene.origin, "x-playground-token": token });

describe("S-28, C-67: a control answers our own page, and nobody else", () => {
  test("the page itself", async () => {
    equal(await post("/controls/clear", ours()), 204);
  });
  for (const { who, change } of [
    { who: "a page of another origin", change: { origin: "http://evil.example" } },
    { who: "a page that hides its origin", change: { origin: "null" } },
    { who: "another port of this machine", change: { origin: "http://127.0.0.1:1" } },
    { who: "a page without the token", change: { "x-playground-token": "" } },
    { who: "a page with another start's token", change: { "x-playground-token": "0".repeat(64) } },
    { who: "a name that was made to lead here", change: { host: "evil.example" } },
  ]) {
    for (const control of ["kill", "freeze", "trap", "clear", "storm", "settle"]) {
      test(`not ${who}: ${control}`, async () => {
        equal(await post(`/controls/${control}`, { ...ours(), ...change }), 403);
      });
    }
  }
  test("not a page that says nothing of its origin", async () => {
    equal(await post("/controls/kill", { "x-playground-token": token }), 403);
  });
});

test("S-28: the page, with its token, is not shown under another name", async () => {
  const { hostname, port } = new URL(scene.origin);
  const status = await new Promise((resolve, reject) => {
    request({ hostname, port, path: "/", headers: { host: "evil.example" } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });
  equal(status, 403);
});

test("S-28: each start has a token of its own", async () => {
  const other = await openScene();
  try {
    const page = await (await fetch(other.origin)).text();
    ok(!page.includes(token));
  } finally {
    await other.close();
  }
});

test("S-28: the playground is in no published package", () => {
  const manifest = new URL("../../package.json", import.meta.url);
  equal(JSON.parse(readFileSync(manifest, "utf8")).private, true);
});

test("S-28: a trap that is sent with an order from outside is not let through", async () => {
  await post("/controls/clear", ours());
  const headers = {
    "content-type": "application/json",
    "idempotency-key": "trap-from-outside",
    "x-trap": "kill",
  };
  equal(await post("/orders", headers, '{"dish":"soup"}'), 201);
});

test("a control that is not there, or is asked for what cannot be, does nothing", async () => {
  equal(await post("/controls/reboot", ours()), 422);
  equal(await post("/controls/trap", ours(), '{"trap":"earthquake"}'), 422);
  equal(await post("/controls/storm", ours(), '{"key":"k","requests":1e9}'), 422);
  equal(await post("/controls/settle", ours(), '{"key":"nobody"}'), 422);
  equal(await post("/controls/clear", ours(), "not JSON"), 400);
  match(await (await fetch(`${scene.origin}/ledger`)).text(), /^\[/);
});
