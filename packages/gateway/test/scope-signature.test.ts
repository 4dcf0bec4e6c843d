/** S-21: what the upstream is told of the scope, and who else can tell it. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { memoryStore } from "oncekey/memory";
import { createGateway, type GatewayOptions } from "../src/server.ts";
import { gatewayProcess, gatewayTo, send } from "./gateways.ts";
import { pythonUpstream, SCRIPT } from "./python-upstream.ts";
import { rawClient } from "./raw-client.ts";
import { creates, fieldOf, rawUpstream } from "./raw-upstream.ts";

const SECRET = randomBytes(32).toString("base64");
const SCOPE = "header:x-user-id";

async function between(context: TestContext, options: Partial<GatewayOptions>) {
  const upstream = await rawUpstream(creates);
  const gateway = await gatewayTo(upstream.url, { scope: SCOPE, ...options });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const told = () => fieldOf(upstream.hits.at(-1) ?? "", "oncekey-scope");
  return { upstream, gateway, told };
}

const scopeSecret = Buffer.from(SECRET);

test("S-21: an upstream in another language reads whose request it is, and no other can be sent so", async (context) => {
  const upstream = await pythonUpstream("HTTP/1.1", { ONCEKEY_SCOPE_SECRET: SECRET });
  const folder = mkdtempSync(join(tmpdir(), "oncekey-scope-"));
  const [file, config] = [join(folder, "secret"), join(folder, "config.json")];
  writeFileSync(file, `${SECRET}\n`);
  writeFileSync(config, JSON.stringify({ scopeSecret: file }));
  context.after(async () => {
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });
  const rules = ["--upstream", upstream.url, "--store", "memory:", "--scope", SCOPE];
  for (const [flags, env] of [
    [["--scope-secret", file], {}],
    [["--config", config], {}],
    [[], { ONCEKEY_SCOPE_SECRET: SECRET }],
  ] as const) {
    const gateway = await gatewayProcess([...rules, ...flags], env);
    context.after(() => gateway.end("SIGKILL"));
    const keyed = await send(gateway, { headers: { "x-user-id": "ann" } });
    deepEqual(JSON.parse(keyed.text).scope, ["ann"]);
    const bare = await fetch(`${gateway.url}/whose?a=1`, { headers: { "x-user-id": "bob, =1" } });
    deepEqual(await bare.json(), { scope: ["bob, =1"] });
    equal(await gateway.end("SIGTERM"), 0);
    ok(!gateway.log().includes(SECRET));
  }
});

test("S-21: the documented reader is the one that was tested", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/gateway.md"), "utf8");
  const [, reader = ""] = /^```python\n(def scope_of.*?)^```$/ms.exec(page) ?? [];
  ok(reader.length > 0 && readFileSync(SCRIPT, "utf8").includes(reader));
});

test("S-21: the signature is of the time, the method, the target and the whole scope", async (context) => {
  const { gateway, told } = await between(context, { scope: [SCOPE, "path"], scopeSecret });
  const before = Math.floor(Date.now() / 1_000);
  await send(gateway, { path: "/pay?a=%2F", headers: { "x-user-id": "ann" } });
  const said = /^t=(\d+),scope=([\w-]+),v1=([0-9a-f]{64})$/.exec(told() ?? "");
  const [, seconds = "", scope = "", signature] = said ?? [];
  ok(Number(seconds) >= before && Number(seconds) <= Date.now() / 1_000);
  deepEqual(JSON.parse(Buffer.from(scope, "base64url").toString()), ["ann", "/pay"]);
  const lines = ["v1", seconds, "POST", "/pay?a=%2F", scope].join("\n");
  equal(signature, createHmac("sha256", SECRET).update(lines).digest("hex"));
});

test("S-21: a client's own header of that name is taken off, with a secret or without", async (context) => {
  const forged = "Oncekey-Scope: t=1,scope=WyJhbm4iXQ,v1=00\r\nOncekey_Scope: forged\r\n";
  for (const options of [{}, { scopeSecret }, { scopeSecret, trustedProxies: ["192.0.2.0/24"] }]) {
    for (const upgrade of ["", "Connection: Upgrade\r\nUpgrade: websocket\r\n"]) {
      const { upstream, gateway, told } = await between(context, {
        ...options,
        allowUpgrades: true,
      });
      const client = await rawClient(gateway.port);
      client.write(`GET /a HTTP/1.1\r\nHost: h\r\nX-User-Id: bob\r\n${upgrade}${forged}\r\n`);
      await client.read((text) => text.includes("201"));
      client.destroy();
      const isTold = "scopeSecret" in options && !("trustedProxies" in options);
      if (isTold) match(told() ?? "", /,scope=WyJib2IiXQ,/);
      else equal(told(), undefined);
      const hit = upstream.hits[0] ?? "";
      equal(hit.match(/oncekey[-_]scope:/gi)?.length ?? 0, isTold ? 1 : 0);
      ok(!hit.includes("forged"));
    }
  }
});

test("S-21: a secret that can be guessed, and a scope that is nobody's, are mistakes at the start", () => {
  const made = (options: Partial<GatewayOptions>) => () =>
    createGateway({
      ...{ upstream: "http://127.0.0.1:1", store: memoryStore(), scope: SCOPE, scopeSecret },
      ...options,
    });
  throws(made({ scopeSecret: Buffer.from("short") }), /^Complaint: .*--scope-secret.*32 bytes/);
  throws(made({ scope: "global" }), /--scope\) to be header:NAME/);
  throws(made({ scope: () => "ann" }), /--scope\) to be header:NAME/);
  throws(made({ routes: [{ match: "/a", scope: "global" }] }), /--scope\) to be header:NAME/);
});
