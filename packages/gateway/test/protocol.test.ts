/** The protocol's section 13, each number by name, over real sockets. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { memoryStore } from "oncekey/memory";
import { createGateway, type GatewayOptions } from "../src/server.ts";
import { gatewayTo, type Said, send, type TestGateway } from "./gateways.ts";
import { answers, rawClient } from "./raw-client.ts";
import {
  type Behaviour,
  CREATED,
  creates,
  cuts,
  fieldOf,
  type RawUpstream,
  rawUpstream,
  staysSilent,
} from "./raw-upstream.ts";

const U: Partial<GatewayOptions> = { effects: "unrepeatable" };
const R: Partial<GatewayOptions> = { effects: "repeatable" };

async function between(
  context: TestContext,
  behaviour: Behaviour,
  options: Partial<GatewayOptions> = {},
): Promise<{ upstream: RawUpstream; gateway: TestGateway }> {
  const upstream = await rawUpstream(behaviour);
  const gateway = await gatewayTo(upstream.url, options);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  return { upstream, gateway };
}

function isProblem(said: Said, status: number, code: string, retryable: boolean): void {
  deepEqual([said.status, said.code], [status, code]);
  equal((JSON.parse(said.text) as { retryable: boolean }).retryable, retryable);
  equal(said.headers.get("cache-control"), "no-store");
  equal(said.headers.get("idempotency-key"), "k1", "the echo");
  equal(said.headers.get("retry-after"), retryable ? "1" : null);
  equal(said.isReplay, false);
}

const ALL_BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

test("P-126, S-34: method, path, query, body and key reach the upstream byte for byte", async (context) => {
  const { upstream, gateway } = await between(context, creates);
  const client = await rawClient(gateway.port);
  const line = "PATCH /a%2Fb/./c//d/../e?x=%20&y=+&x=1&=%C3%A9 HTTP/1.1";
  const key = String.raw`"k\"1;\\";v=1`;
  const head = `Host: shop.example\r\nIdempotency-Key: ${key}\r\nContent-Length: 256`;
  client.write(`${line}\r\n${head}\r\n\r\n${ALL_BYTES}`);
  await client.read(answers(1));
  client.destroy();
  equal(upstream.hits.length, 1);
  const [hit = ""] = upstream.hits;
  equal(hit.split("\r\n", 1)[0], line);
  equal(fieldOf(hit, "idempotency-key"), key);
  equal(fieldOf(hit, "host"), "shop.example");
  equal(hit.slice(hit.indexOf("\r\n\r\n") + 4), ALL_BYTES);
});

test("P-126: what is not covered passes untouched, streaming both ways", async (context) => {
  const upstream = await rawUpstream(() => {});
  const gateway = await gatewayTo(upstream.url);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const client = await rawClient(gateway.port);
  client.write("PUT /log HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  await reaches(upstream, "3\r\none");
  client.write("3\r\ntwo\r\n0\r\n\r\n");
  await reaches(upstream, "3\r\ntwo\r\n0\r\n\r\n");
  client.destroy();
});

/** Resolves once so much has arrived. */
async function reaches(upstream: RawUpstream, text: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (upstream.received().includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Expected ${JSON.stringify(text)} to reach the upstream within 4 s.`);
}

test("P-126: an answer streams, with and without a key", async (context) => {
  let goOn = () => {};
  const { gateway } = await between(context, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    goOn = () => void socket.write("3\r\ntwo\r\n0\r\n\r\n");
  });
  for (const key of ["", "Idempotency-Key: k1\r\n"]) {
    const client = await rawClient(gateway.port);
    client.write(`POST /s HTTP/1.1\r\nHost: h\r\n${key}Content-Length: 0\r\n\r\n`);
    const first = await client.read((received) => received.includes("one"));
    ok(!first.includes("two"));
    goOn();
    match(await client.read((received) => received.includes("0\r\n\r\n")), /two\r\n0\r\n\r\n$/);
    client.destroy();
  }
});

test("P-127: unrepeatable: an upstream that cuts leaves the outcome unknown", async (context) => {
  const { upstream, gateway } = await between(context, cuts, U);
  isProblem(await send(gateway), 502, "idempotency_outcome_unknown", false);
  for (let again = 0; again < 3; again++) {
    isProblem(await send(gateway), 409, "idempotency_outcome_unknown", false);
  }
  equal(upstream.hits.length, 1);
});

test("P-127: unrepeatable: an upstream that is silent past the time-out does too", async (context) => {
  const { upstream, gateway } = await between(context, staysSilent, { ...U, timeoutMs: 150 });
  isProblem(await send(gateway), 504, "idempotency_outcome_unknown", false);
  isProblem(await send(gateway), 409, "idempotency_outcome_unknown", false);
  equal(upstream.hits.length, 1);
});

test("P-127: unrepeatable: an answer that ends in the middle is cut, and in doubt", async (context) => {
  const parts = [
    "HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{",
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
  ];
  for (const part of parts) {
    const { upstream, gateway } = await between(context, (socket) => socket.end(part), U);
    await rejects(send(gateway));
    isProblem(await send(gateway), 409, "idempotency_outcome_unknown", false);
    equal(upstream.hits.length, 1);
  }
});

test("P-127: unrepeatable: what is no HTTP is no answer", async (context) => {
  const babble =
    (text: string): Behaviour =>
    (socket) =>
      void socket.end(text);
  for (const text of ["hello\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"]) {
    const { upstream, gateway } = await between(context, babble(text), U);
    isProblem(await send(gateway), 502, "idempotency_outcome_unknown", false);
    isProblem(await send(gateway), 409, "idempotency_outcome_unknown", false);
    equal(upstream.hits.length, 1);
  }
});

test("P-127: a whole 5xx of the upstream is an answer, and kept", async (context) => {
  const { upstream, gateway } = await between(context, (socket) => {
    socket.write("HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nno");
  });
  const first = await send(gateway);
  deepEqual([first.status, first.text, first.isReplay], [503, "no", false]);
  equal(first.headers.get("retry-after"), "5");
  const again = await send(gateway);
  deepEqual([again.status, again.text, again.isReplay], [503, "no", true]);
  equal(again.headers.get("retry-after"), null);
  equal(upstream.hits.length, 1);
});

test("S-33: a reused connection that drops is not sent to again", async (context) => {
  const { upstream, gateway } = await between(context, (socket, _request, hit) => {
    if (hit === 1) socket.write(CREATED);
    else socket.destroy();
  });
  equal((await send(gateway, { headers: { "idempotency-key": "warm" } })).status, 201);
  isProblem(await send(gateway), 502, "idempotency_outcome_unknown", false);
  const bare = await fetch(`${gateway.url}/get`);
  equal(bare.status, 502);
  equal(upstream.hits.length, 3);
});

test("P-128: repeatable: an upstream that cuts or is silent is asked again by the retry", async (context) => {
  const rows: readonly (readonly [Behaviour, number])[] = [
    [cuts, 502],
    [staysSilent, 504],
  ];
  for (const [failing, status] of rows) {
    const behaviour: Behaviour = (socket, request, hit) =>
      hit === 1 ? failing(socket, request, hit) : creates(socket, request, hit);
    const { upstream, gateway } = await between(context, behaviour, { ...R, timeoutMs: 150 });
    isProblem(await send(gateway), status, "idempotency_upstream_failed", true);
    const again = await send(gateway);
    deepEqual([again.status, again.isReplay], [201, false]);
    equal((await send(gateway)).isReplay, true);
    deepEqual(
      upstream.hits.map((hit) => fieldOf(hit, "idempotency-key")),
      ["k1", "k1"],
    );
  }
});

/** Reserved, and asks for root: no server takes it by chance, as it would a port that was freed. */
const NOBODY = "http://127.0.0.1:1";

test("P-129: an upstream that cannot be reached was sent nothing, and the key is free", async (context) => {
  const plain = await rawUpstream(cuts);
  context.after(() => plain.close());
  const unreachable = [
    NOBODY,
    "http://nowhere.invalid",
    // It accepts, and never says a word of TLS.
    { url: plain.url.replace("http:", "https:"), connectTimeoutMs: 300 },
  ];
  for (const upstream of unreachable) {
    const gateway = await gatewayTo(upstream, U);
    context.after(() => gateway.stop());
    isProblem(await send(gateway), 502, "idempotency_upstream_unreachable", true);
    isProblem(await send(gateway), 502, "idempotency_upstream_unreachable", true);
    equal((await fetch(gateway.url)).status, 502);
  }
  equal(plain.hits.length, 0);

  // Just before it is asked: a port that nobody holds may soon be another test's.
  const gone = await rawUpstream(creates);
  const gateway = await gatewayTo(gone.url, U);
  context.after(() => gateway.stop());
  await gone.close();
  isProblem(await send(gateway), 502, "idempotency_upstream_unreachable", true);
  const back = await rawUpstream(creates, gone.port);
  context.after(() => back.close());
  const again = await send(gateway);
  deepEqual([again.status, again.isReplay], [201, false]);
  equal(back.hits.length, 1);
});

test("P-130: a marker of the upstream's own passes, once, on first and replay", async (context) => {
  const marked = CREATED.replace("\r\n\r\n", "\r\nIdempotent-Replayed: true\r\n\r\n");
  const { upstream, gateway } = await between(context, (socket) => void socket.write(marked));
  for (let turn = 0; turn < 2; turn++) {
    const client = await rawClient(gateway.port);
    client.write(
      "POST /pay HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\nContent-Length: 0\r\n\r\n",
    );
    const received = await client.read(answers(1));
    equal(received.match(/idempotent-replayed: true/gi)?.length, 1);
    client.destroy();
  }
  equal(upstream.hits.length, 1);
});

test("P-131, S-6: an upstream's problem about the key passes, and is not kept", async (context) => {
  const said = (body: object, type = "application/problem+json"): Behaviour => {
    const text = JSON.stringify(body);
    const head = `HTTP/1.1 409 Conflict\r\nContent-Type: ${type}\r\nRetry-After: 1\r\n`;
    return (socket, request, hit) => {
      if (hit > 1) creates(socket, request, hit);
      else socket.write(`${head}Content-Length: ${text.length}\r\n\r\n${text}`);
    };
  };
  const code = "idempotency_in_flight";
  const rows: readonly (readonly [Behaviour, boolean])[] = [
    [said({ code, retryable: true }), true],
    [said({ code, retryable: true }, "application/problem+json; charset=utf-8"), true],
    [said({ code, retryable: false }), false],
    [said({ code: "out_of_stock", retryable: true }), false],
    [said({ code, retryable: true }, "application/json"), false],
  ];
  for (const [behaviour, isFree] of rows) {
    const { upstream, gateway } = await between(context, behaviour);
    const first = await send(gateway);
    deepEqual([first.status, first.isReplay], [409, false]);
    equal(first.headers.get("retry-after"), "1");
    const again = await send(gateway);
    deepEqual([again.status, again.isReplay], isFree ? [201, false] : [409, true]);
    equal(upstream.hits.length, isFree ? 2 : 1);
  }
});

const NO_OWNER = [400, "idempotency_scope_unresolved"];

test("P-132: a scope header that is missing, empty or doubled is nobody's", async (context) => {
  const { upstream, gateway } = await between(context, creates, { scope: "header:x-user-id" });
  const missing = await send(gateway);
  deepEqual([missing.status, missing.code], NO_OWNER);
  for (const lines of ["X-User-Id:\r\n", "X-User-Id:  \r\n", "X-User-Id: a\r\nX-User-Id: a\r\n"]) {
    const client = await rawClient(gateway.port);
    const head = `POST /pay HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\n${lines}`;
    client.write(`${head}Content-Length: 0\r\n\r\n`);
    match(await client.read(answers(1)), /^HTTP\/1\.1 400 .*"idempotency_scope_unresolved"/s);
    client.destroy();
  }
  equal(upstream.hits.length, 0);

  const ann = await send(gateway, { headers: { "x-user-id": "ann" } });
  const bob = await send(gateway, { headers: { "x-user-id": "bob" } });
  deepEqual([ann.isReplay, bob.isReplay, upstream.hits.length], [false, false, 2]);
});

test("S-21: a scope header from a stranger is refused, and believed by nobody", async (context) => {
  const options = { scope: "header:x-user-id", trustedProxies: ["192.0.2.0/24"] };
  const { upstream, gateway } = await between(context, creates, options);
  const headers = { "x-user-id": "ann" };
  const keyed = await send(gateway, { headers });
  deepEqual([keyed.status, keyed.code], NO_OWNER);
  equal(upstream.hits.length, 0);
  await fetch(`${gateway.url}/me`, { headers });
  equal(fieldOf(upstream.hits[0] ?? "", "x-user-id"), undefined);
});

test("P-133, S-20: a `Connection` that names what is needed is refused", async (context) => {
  const { upstream, gateway } = await between(context, creates, {
    scope: "header:x-user-id",
    fingerprint: { headers: ["Api-Version"] },
  });
  for (const named of ["Idempotency-Key", "close, X-USER-ID", "api-version"]) {
    const client = await rawClient(gateway.port);
    const fields = "Idempotency-Key: k1\r\nX-User-Id: ann\r\nApi-Version: 1\r\n";
    client.write(
      `POST /pay HTTP/1.1\r\nHost: h\r\n${fields}Connection: ${named}\r\nContent-Length: 0\r\n\r\n`,
    );
    match(await client.read(answers(1)), /^HTTP\/1\.1 400 .*"idempotency_key_invalid"/s);
    client.destroy();
  }
  equal(upstream.received(), "");
});

test("P-133: other hop-by-hop fields are removed both ways, and `Via` is added", async (context) => {
  const fields = "Connection: X-Gone\r\nX-Gone: 1\r\nKeep-Alive: timeout=9\r\nUpgrade: h2c\r\n";
  const { upstream, gateway } = await between(context, (socket) => {
    socket.write(CREATED.replace("\r\n", `\r\n${fields}Via: 1.1 inner\r\nX-Kept: 1\r\n`));
  });
  for (const key of ["", "Idempotency-Key: k1\r\n"]) {
    const client = await rawClient(gateway.port);
    const head = `POST /pay HTTP/1.1\r\nHost: h\r\n${key}Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\n`;
    const more = "Keep-Alive: 1\r\nTE: trailers\r\nProxy-Connection: x\r\nVia: 1.0 outer\r\n";
    client.write(`${head}${more}Content-Length: 0\r\n\r\n`);
    const received = await client.read(answers(1));
    const sent = upstream.hits.at(-1) ?? "";
    for (const name of ["x-hop", "keep-alive", "te", "proxy-connection"]) {
      equal(fieldOf(sent, name), undefined, name);
    }
    match(sent, /\r\nVia: 1\.0 outer\r\n(?:.*\r\n)*Via: 1\.1 oncekey\r\n/);
    for (const name of ["x-gone", "upgrade"]) equal(fieldOf(received, name), undefined, name);
    ok(!received.includes("timeout=9"));
    equal(fieldOf(received, "x-kept"), "1");
    match(received, /\r\nVia: 1\.1 inner\r\n(?:.*\r\n)*Via: 1\.1 oncekey\r\n/);
    client.destroy();
  }
});

test("P-134: a request with a key asks the upstream for no coding", async (context) => {
  const { upstream, gateway } = await between(context, creates);
  const headers = { "accept-encoding": "gzip, br" };
  await send(gateway, { headers });
  equal(fieldOf(upstream.hits[0] ?? "", "accept-encoding"), "identity");
  await send(gateway, { method: "GET", headers });
  equal(fieldOf(upstream.hits[1] ?? "", "accept-encoding"), "gzip, br");
});

test("P-135: two lengths are a bare 400, and nothing is forwarded", async (context) => {
  const { upstream, gateway } = await between(context, creates);
  const client = await rawClient(gateway.port);
  const head = "POST /pay HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k1\r\nContent-Length: 4\r\n";
  const next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
  client.write(`${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`);
  match(await client.closed(), /^HTTP\/1\.1 400 Bad Request\r\n(?:.+\r\n)*\r\n$/);
  equal(upstream.received(), "");
});

test('section 13: `effects: "transactional"` is refused at start', () => {
  const options = { upstream: "http://127.0.0.1:1", scope: "global", store: memoryStore() };
  throws(() => createGateway({ ...options, effects: "transactional" as never }), /--effects/);
});
