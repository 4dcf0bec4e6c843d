/** What a gateway does beside the protocol: routes, health, upgrades, TLS, stopping. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTls } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Store } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { createGateway } from "../src/server.ts";
import { gatewayProcess, gatewayTo, send } from "./gateways.ts";
import { pythonUpstream } from "./python-upstream.ts";
import { answers, rawClient } from "./raw-client.ts";
import { CREATED, creates, cuts, fieldOf, rawUpstream } from "./raw-upstream.ts";

const headersOf = (key: string) => ({ "idempotency-key": key });

test("a route changes the rules of the paths that it matches, whatever their spelling", async (context) => {
  const upstream = await rawUpstream(creates);
  const gateway = await gatewayTo(upstream.url, {
    routes: [
      { match: "/pay/*", required: true },
      { match: "/free/**", guard: false },
      { match: "/put", methods: ["PUT"] },
    ],
  });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const bare = async (path: string, method = "POST") =>
    (await fetch(`${gateway.url}${path}`, { method })).status;
  equal(await bare("/pay/1"), 400);
  equal(await bare("/pay"), 201);
  equal(await bare("/pay/1/2"), 201);
  const client = await rawClient(gateway.port);
  const spelled = ["/pay/./1", "/x/../pay/1", "//pay//1", "/%70ay/1", "/pay/1/", "/pay/1?x=/y"];
  for (const path of spelled) {
    client.write(`POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n`);
  }
  const refused = await client.read(answers(spelled.length));
  equal(refused.match(/idempotency_key_required/g)?.length, 2 * spelled.length);
  client.destroy();

  for (const [path, method, isReplay] of [
    ["/free/a/b", "POST", false],
    ["/free", "POST", false],
    ["/put", "PUT", true],
    ["/put", "POST", false],
    ["/other", "PUT", false],
    ["/other", "POST", true],
  ] as const) {
    const headers = headersOf(`${path}${method}`);
    await send(gateway, { path, method, headers });
    equal((await send(gateway, { path, method, headers })).isReplay, isReplay, `${method} ${path}`);
  }
});

test("an upstream is chosen by the longest prefix of the path, and a path without one is a 404", async (context) => {
  const [api, billing] = [await rawUpstream(creates), await rawUpstream(creates)];
  const gateway = createGateway({
    upstreams: { "/api": api.url, "/api/billing": { url: billing.url, host: "upstream" } },
    scope: "global",
    store: memoryStore(),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  context.after(async () => {
    await gateway.stop();
    await Promise.all([api.close(), billing.close()]);
  });
  const url = `http://127.0.0.1:${port}`;
  for (const path of ["/api", "/api/x", "/api/billing/1", "/api/billings", "/other", "/apix"]) {
    const { status } = await fetch(`${url}${path}`);
    equal(status, path.startsWith("/api/") || path === "/api" ? 201 : 404, path);
  }
  const targets = (hits: readonly string[]) => hits.map((hit) => hit.split(" ", 2)[1]);
  deepEqual(targets(api.hits), ["/api", "/api/x", "/api/billings"]);
  deepEqual(targets(billing.hits), ["/api/billing/1"]);
  equal(fieldOf(billing.hits[0] ?? "", "host"), billing.url.slice("http://".length));
  equal(fieldOf(api.hits[0] ?? "", "host"), `127.0.0.1:${port}`);
});

test("`reconcile` settles what an upstream left in doubt", async (context) => {
  const upstream = await rawUpstream(cuts);
  const gateway = await gatewayTo(upstream.url, {
    reconcile: () => ({ happened: true, answer: { status: 201, body: "found" } }),
  });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  equal((await send(gateway)).status, 502);
  const again = await send(gateway);
  deepEqual([again.status, again.text, again.isReplay], [201, "found", true]);
  equal(upstream.hits.length, 1);
});

test("P-77, S-35: a client that expects to go on is asked for its body after the checks", async (context) => {
  const upstream = await rawUpstream(creates);
  const gateway = await gatewayTo(upstream.url);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const expecting = (key: string) =>
    `POST /pay HTTP/1.1\r\nHost: h\r\n${key}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`;
  for (const key of ["", "Idempotency-Key: k1\r\n"]) {
    const client = await rawClient(gateway.port);
    client.write(expecting(key));
    await client.read((received) => received.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    client.write("abc");
    match(await client.read((received) => received.includes('{"id":1}')), /201 Created/);
    ok(upstream.hits.at(-1)?.endsWith("abc"));
    client.destroy();
  }
  const client = await rawClient(gateway.port);
  client.write(expecting("Idempotency-Key: a b\r\n"));
  match(await client.closed(), /^HTTP\/1\.1 400 /);
});

test("a 103 and trailers pass, and are not kept", async (context) => {
  const upstream = await rawUpstream((socket) => {
    socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
    socket.write("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n");
  });
  const gateway = await gatewayTo(upstream.url);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const ask = "POST /pay HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\nContent-Length: 0\r\n\r\n";
  const client = await rawClient(gateway.port);
  client.write(ask);
  const first = await client.read((received) => received.includes("X-Sum: 7\r\n\r\n"));
  match(
    first,
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 /,
  );
  client.destroy();
  const later = await rawClient(gateway.port);
  later.write(ask);
  const again = await later.read(answers(1));
  ok(!again.includes("103") && !again.includes("X-Sum"));
  ok(again.endsWith("\r\n\r\nok"));
  later.destroy();
});

test("a client that does not read is left, and its answer is kept for the retry", async (context) => {
  const size = 24 * 1024 * 1024;
  const upstream = await rawUpstream((socket) => {
    socket.write(`HTTP/1.1 201 Created\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write("x".repeat(size));
  });
  // It bounds the upstream too, and 24 MiB take their time where much else is going on.
  const gateway = await gatewayTo(upstream.url, { timeoutMs: 2_000, maxResponseBytes: size });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const deaf = connect(gateway.port, "127.0.0.1");
  deaf.on("error", () => {});
  deaf.pause();
  deaf.write("POST /pay HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\n");
  deaf.write('Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"amount":10}');
  let again = await send(gateway);
  for (let tries = 0; again.status !== 201 && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    again = await send(gateway);
  }
  deepEqual([again.status, again.isReplay, again.text.length], [201, true, size]);
  equal(upstream.hits.length, 1);
  deaf.destroy();
});

test("a route's time-out comes before its upstream's, and that before the gateway's", async (context) => {
  const upstream = await rawUpstream(() => {});
  const options = { timeoutMs: 20_000, routes: [{ match: "/slow", timeoutMs: 100 }] };
  const gateway = await gatewayTo({ url: upstream.url, timeoutMs: 20_000 }, options);
  const other = await gatewayTo({ url: upstream.url, timeoutMs: 100 }, { timeoutMs: 20_000 });
  context.after(async () => {
    await Promise.all([gateway.stop(), other.stop()]);
    await upstream.close();
  });
  equal((await send(gateway, { path: "/slow" })).status, 504);
  equal((await send(other)).status, 504);
});

test("S-36: a gateway that cannot ask for rights says so when it starts, and one that can does not", async () => {
  const common = ["--upstream", "http://127.0.0.1:1", "--scope", "global", "--store", "memory:"];
  for (const [more, isSaid] of [
    [[], true],
    [["--authorize", "http://127.0.0.1:1/rights"], false],
  ] as const) {
    const gateway = await gatewayProcess([...common, ...more]);
    equal(await gateway.end("SIGTERM"), 0, gateway.log());
    equal(/--authorize asks first/.test(gateway.log()), isSaid, gateway.log());
  }
});

test("S-3: with `authorize`, rights that were taken away since keep the answer back", async (context) => {
  let verdict = "204 No Content\r\n\r\n";
  const check = await rawUpstream((socket) => socket.write(`HTTP/1.1 ${verdict}`));
  const upstream = await rawUpstream(creates);
  const gateway = await gatewayTo(upstream.url, { authorize: `${check.url}/may?a=1` });
  context.after(async () => {
    await gateway.stop();
    await Promise.all([upstream.close(), check.close()]);
  });
  const headers = { authorization: "Bearer t" };
  equal((await send(gateway, { headers })).status, 201);
  const [asked = ""] = check.hits;
  match(asked, /^GET \/may\?a=1 HTTP\/1\.1\r\n/);
  deepEqual(
    ["authorization", "x-original-method", "x-original-uri", "idempotency-key"].map((name) =>
      fieldOf(asked, name),
    ),
    ["Bearer t", "POST", "/pay", undefined],
  );

  for (const status of ["401 Unauthorized", "403 Forbidden"]) {
    verdict = `${status}\r\nWWW-Authenticate: Bearer\r\nContent-Length: 2\r\n\r\nno`;
    const refused = await send(gateway, { headers });
    deepEqual([refused.status, refused.text], [Number(status.slice(0, 3)), "no"]);
    equal(refused.headers.get("www-authenticate"), "Bearer");
  }
  for (const other of ["500 No", "302 Found\r\nLocation: /", "404 No"]) {
    verdict = `${other}\r\nContent-Length: 0\r\n\r\n`;
    equal((await send(gateway, { headers })).status, 503);
  }
  verdict = "204 No Content\r\n\r\n";
  equal((await send(gateway, { headers })).isReplay, true);
  equal(upstream.hits.length, 1);

  const before = check.hits.length;
  equal((await fetch(`${gateway.url}/free`)).status, 201);
  equal(check.hits.length, before, "without a key nobody is asked");
  await check.close();
  equal((await send(gateway, { headers })).status, 503);
});

const UPGRADE =
  "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-User-Id: ann\r\n\r\n";

test("S-19: an upgrade is refused unless it was switched on, and then passes both ways", async (context) => {
  const upstream = await rawUpstream((socket, request) => {
    if (/^upgrade: websocket$/im.test(request)) {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      );
      socket.on("data", (chunk) => socket.write(`echo ${chunk}`));
    } else socket.write(CREATED);
  });
  const closed = await gatewayTo(upstream.url);
  const open = await gatewayTo(upstream.url, { allowUpgrades: true });
  context.after(async () => {
    await Promise.all([closed.stop(), open.stop()]);
    await upstream.close();
  });
  const refused = await rawClient(closed.port);
  refused.write(UPGRADE);
  match(await refused.closed(), /^HTTP\/1\.1 501 /);
  equal(upstream.received(), "");

  // A POST would be a way around the guard.
  const post = await rawClient(open.port);
  post.write(UPGRADE.replace("GET", "POST"));
  match(await post.closed(), /^HTTP\/1\.1 400 /);
  equal(upstream.received(), "");

  const client = await rawClient(open.port);
  client.write(UPGRADE);
  match(await client.read((text) => text.endsWith("\r\n\r\n")), /^HTTP\/1\.1 101 /);
  client.write("hello");
  await client.read((text) => text.endsWith("echo hello"));
  client.destroy();
});

test("TLS to the upstream is checked against its own name, never against the client's", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
      ...["-subj", "/CN=inner.example", "-addext", "subjectAltName=DNS:inner.example"],
    ],
    { stdio: "ignore" },
  );
  const names: unknown[] = [];
  const upstream = createTls(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      names.push((request.socket as unknown as { servername: unknown }).servername);
      response.end("over TLS");
    },
  );
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const right = await gatewayTo({ url, tls: { ca: cert, servername: "inner.example" } });
  const wrong = await gatewayTo({ url, tls: { ca: cert, servername: "other.example" } });
  const stranger = await gatewayTo(url);
  context.after(async () => {
    await Promise.all([right.stop(), wrong.stop(), stranger.stop()]);
    upstream.closeAllConnections();
    upstream.close();
    rmSync(folder, { recursive: true });
  });
  const said = await send(right);
  deepEqual([said.status, said.text], [200, "over TLS"]);
  deepEqual(names, ["inner.example"]);
  for (const gateway of [wrong, stranger]) {
    equal((await send(gateway)).code, "idempotency_upstream_unreachable");
  }
});

test("health is alive until the end, and ready while the store answers", async (context) => {
  const upstream = await rawUpstream(creates);
  const sound = memoryStore();
  let isDown = false;
  const store: Store = {
    ...sound,
    get: (id) => (isDown ? Promise.reject(new Error("down")) : sound.get(id)),
  };
  const gateway = createGateway({
    ...{ upstream: upstream.url, scope: "global", store, health: "/-/health" },
  });
  const main = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const admin = await gateway.listenAdmin({ host: "127.0.0.1", port: 0 });
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const status = async (port: number, path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  const all = async () => [
    await status(main.port, "/-/health"),
    await status(main.port, "/-/health/ready"),
    await status(admin.port, "/health"),
    await status(admin.port, "/ready"),
  ];
  deepEqual(await all(), [200, 200, 200, 200]);
  isDown = true;
  deepEqual(await all(), [200, 503, 200, 503]);
  equal(await status(admin.port, "/pay"), 404);
  equal(upstream.hits.length, 0);
});

test("a stop that has waited long enough cuts what runs, and says so", async () => {
  const upstream = await rawUpstream(() => {});
  const gateway = createGateway({
    ...{ upstream: upstream.url, scope: "global", store: memoryStore(), stopTimeoutMs: 100 },
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const client = await rawClient(port);
  client.write("POST / HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k\r\nContent-Length: 0\r\n\r\n");
  for (let tries = 0; upstream.hits.length === 0 && tries < 400; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const stopped = gateway.stop();
  equal(gateway.stop(), stopped);
  equal(await stopped, false);
  await client.closed();
  await upstream.close();
});

test("an upstream of HTTP/1.0, which ends by closing, is framed anew and kept", async (context) => {
  const upstream = await pythonUpstream("HTTP/1.0");
  const gateway = await gatewayTo(upstream.url);
  context.after(async () => {
    await gateway.stop();
    await upstream.stop();
  });
  const first = await send(gateway);
  const again = await send(gateway);
  deepEqual([first.status, first.text], [201, '{"count": 1, "bytes": 13}']);
  deepEqual([again.status, again.text, again.isReplay], [201, first.text, true]);
});
