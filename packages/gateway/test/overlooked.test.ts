/** What can be seen of a gateway from outside: its metrics, and its dashboard. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { memoryStore } from "oncekey/memory";
import { Registry } from "prom-client";
import { createGateway } from "../src/server.ts";
import { dashboardOf, type GatewayProcess, gatewayProcess, send } from "./gateways.ts";
import { creates, rawUpstream } from "./raw-upstream.ts";

const SOME_PORT = "127.0.0.1:0";

/** A process with a dashboard, and an upstream that creates. */
async function watched(context: TestContext): Promise<{ gateway: GatewayProcess; page: string }> {
  const upstream = await rawUpstream(creates);
  const gateway = await gatewayProcess([
    ...["--upstream", upstream.url, "--store", "memory:", "--scope", "global", "--json"],
    ...["--dashboard", SOME_PORT],
  ]);
  context.after(async () => {
    equal(await gateway.end("SIGTERM"), 0, "a dashboard does not keep a gateway from ending");
    await upstream.close();
  });
  return { gateway, page: await dashboardOf(gateway) };
}

test("`/metrics` of the admin address counts what happens to keys", async (context) => {
  const upstream = await rawUpstream(creates);
  const gateway = createGateway({
    ...{ upstream: upstream.url, scope: "global", store: memoryStore() },
    registry: new Registry(),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const admin = await gateway.listenAdmin({ host: "127.0.0.1", port: 0 });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const url = `http://127.0.0.1:${port}`;
  await send({ url });
  await send({ url });
  const told = await fetch(`http://127.0.0.1:${admin.port}/metrics`);
  equal(told.status, 200);
  match(told.headers.get("content-type") ?? "", /^text\/plain/);
  const text = await told.text();
  match(text, /^oncekey_requests_total\{verdict="run"\} 1$/m);
  match(text, /^oncekey_requests_total\{verdict="replay"\} 1$/m);
  equal((await fetch(`${url}/metrics`)).status, 201, "on the other address it is the upstream's");
});

test("without a registry there is nothing at `/metrics`", async (context) => {
  const gateway = createGateway({
    ...{ upstream: "http://127.0.0.1:1", scope: "global", store: memoryStore() },
  });
  const admin = await gateway.listenAdmin({ host: "127.0.0.1", port: 0 });
  context.after(() => gateway.stop());
  equal((await fetch(`http://127.0.0.1:${admin.port}/metrics`)).status, 404);
});

test("`--dashboard` shows what happened to a key, and lets nobody settle it", async (context) => {
  const { gateway, page } = await watched(context);
  await send(gateway);
  await send(gateway);
  const origin = new URL(page).origin;
  const ask = (path: string, body: object) =>
    fetch(`${page}api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-oncekey-dashboard": "1", origin },
      body: JSON.stringify(body),
    });
  const { rows } = (await (await ask("records", {})).json()) as {
    rows: readonly { id: string; label: string; state: string; replays: number; token: number }[];
  };
  deepEqual(
    rows.map(({ label, state, replays }) => [label, state, replays]),
    [["POST /pay", "completed", 1]],
  );
  const [row] = rows;
  ok(row !== undefined);
  const wish = { token: row.token, happened: false, reason: "because" };
  equal((await ask(`records/${row.id}/review`, wish)).status, 403);
  match(await (await fetch(page)).text(), /<title>/);
});
