/** A real nginx before a real gateway, configured as docs/deployment.md says. */
import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { gatewayTo, send, type TestGateway } from "./gateways.ts";
import { type Nginx, nginx } from "./nginx.ts";
import { changed } from "./page.ts";
import { answers, rawClient } from "./raw-client.ts";
import { cuts, fieldOf, type RawUpstream, rawUpstream } from "./raw-upstream.ts";

/** Long enough to be compressed, which nginx does for a 200 and not for a 201. */
const PAID = JSON.stringify({ paid: "x".repeat(400) });

/** The application that knows who is asking: by a cookie, which holds nothing but a name. */
const asked: string[] = [];
const who = createServer((request, response) => {
  asked.push(String(request.headers["x-user-id"]));
  const user = /^user=(.*)$/.exec(request.headers.cookie ?? "")?.[1];
  response.writeHead(user === undefined ? 401 : 204, user ? { "X-User-Id": user } : {}).end();
});

let upstream: RawUpstream;
let gateway: TestGateway;
let front: Nginx;
let whoPort: number;
before(async () => {
  upstream = await rawUpstream((socket) => {
    const head = `Content-Type: application/json\r\nContent-Length: ${PAID.length}`;
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${PAID}`);
  });
  gateway = await gatewayTo(upstream.url, { scope: "header:x-user-id" });
  who.listen(0, "127.0.0.1");
  await once(who, "listening");
  whoPort = (who.address() as AddressInfo).port;
  front = await nginx({ gateways: [gateway.port], who: whoPort });
});
after(async () => {
  await front.stop();
  await gateway.stop();
  await upstream.close();
  who.close();
  who.closeAllConnections();
});

const hitsSince = (from: number) => upstream.hits.slice(from);

test("nginx: the key passes as it is, its duplicate is replayed, and the client sees that it is", async () => {
  const from = upstream.hits.length;
  const headers = { cookie: "user=ann", "idempotency-key": '"a/b;c"' };
  const first = await send(front, { headers });
  const second = await send(front, { headers });
  deepEqual([first.status, first.isReplay], [200, false]);
  deepEqual([second.status, second.isReplay, second.text], [200, true, PAID]);
  equal(second.headers.get("idempotency-key"), '"a/b;c"');
  equal(hitsSince(from).length, 1);
  equal(fieldOf(hitsSince(from)[0] ?? "", "idempotency-key"), '"a/b;c"');
});

test("nginx: whose key it is is never what a client says, under any spelling", async () => {
  const from = upstream.hits.length;
  const key = { "idempotency-key": "whose" };
  const forged = { "x-user-id": "ann", x_user_id: "ann" };
  equal((await send(front, { headers: { ...key, cookie: "user=ann" } })).isReplay, false);
  const stranger = await send(front, { headers: { ...key, ...forged, cookie: "user=bob" } });
  deepEqual([stranger.status, stranger.isReplay], [200, false], "the key is another one's");
  const [, of = ""] = hitsSince(from);
  equal(fieldOf(of, "x-user-id"), "bob");
  equal(fieldOf(of, "x_user_id"), undefined);
  equal(of.match(/x.user.id/gi)?.length, 1);
  // Nor does the one who is asked hear it.
  equal(asked.at(-1), "undefined");
});

test("nginx: who is nobody is refused, and nothing reaches the application", async () => {
  const from = upstream.hits.length;
  const forged = { "x-user-id": "ann" };
  equal((await send(front, { headers: forged })).status, 401);
  const unnamed = await send(front, { headers: { ...forged, cookie: "user=" } });
  equal(unnamed.code, "idempotency_scope_unresolved");
  deepEqual(hitsSince(from), []);
});

test("nginx: the application is told the address of the client, and none that it likes", async () => {
  const from = upstream.hits.length;
  const forged = { "x-forwarded-for": "6.6.6.6", "x-forwarded-host": "evil.example" };
  await send(front, { headers: { ...forged, cookie: "user=ann", "idempotency-key": "address" } });
  const [hit = ""] = hitsSince(from);
  equal(fieldOf(hit, "x-forwarded-for"), "127.0.0.1, 127.0.0.1");
  equal(fieldOf(hit, "x-forwarded-host"), `127.0.0.1:${front.port}`);
});

test("P-133: nginx keeps the key though `Connection` names it, so that the gateway finds it", async () => {
  const from = upstream.hits.length;
  const client = await rawClient(front.port);
  const fields = [
    "Host: h",
    "Cookie: user=ann",
    "Idempotency-Key: named",
    "Connection: Idempotency-Key, X-User-Id",
    "Content-Length: 2",
  ];
  const named = `POST /pay HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n{}`;
  client.write(named);
  await client.read(answers(1));
  client.write(named);
  const received = await client.read(answers(2));
  client.destroy();
  match(received, /\r\nIdempotent-Replayed: true\r\n/i);
  equal(hitsSince(from).length, 1);
});

test("nginx: what is kept suits a client that reads gzip and one that does not", async () => {
  const headers = { cookie: "user=ann", "idempotency-key": "compressed" };
  const packed = await rawAnswer({ ...headers, "accept-encoding": "gzip" });
  const plain = await rawAnswer(headers);
  equal(packed.headers["content-encoding"], "gzip");
  equal(gunzipSync(packed.body).toString(), PAID);
  equal(plain.headers["idempotent-replayed"], "true");
  equal(plain.body.toString(), PAID);
});

/** One request, whose answer is not unpacked. */
async function rawAnswer(headers: Readonly<Record<string, string>>) {
  const asking = request(`${front.url}/pay`, { method: "POST", headers, agent: false });
  asking.end("{}");
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { headers: answer.headers, body: Buffer.concat(chunks) };
}

const OFF = "proxy_next_upstream off;";

/** How often a request without a key is sent when both gateways hang up on it. */
const SENT: Readonly<Record<string, readonly [config: string, POST: number, PUT: number]>> = {
  "as the page has it": [OFF, 1, 1],
  "as it is by itself": ["proxy_next_upstream error timeout;", 1, 2],
  "told what the page warns of": ["proxy_next_upstream error timeout non_idempotent;", 2, 2],
};

for (const [how, [line, ...times]] of Object.entries(SENT)) {
  test(`nginx, ${how}, sends a POST without a key ${times[0]} times and a PUT ${times[1]} times`, async (context) => {
    const [one, other] = [await rawUpstream(cuts), await rawUpstream(cuts)];
    const retrying = await nginx({
      gateways: [one.port, other.port],
      who: whoPort,
      change: (config) => changed(config, OFF, line),
    });
    context.after(async () => {
      await retrying.stop();
      await Promise.all([one.close(), other.close()]);
    });
    const sent: number[] = [];
    for (const method of ["POST", "PUT"]) {
      const from = one.hits.length + other.hits.length;
      const headers = { cookie: "user=ann" };
      const answer = await fetch(`${retrying.url}/pay`, { method, headers, body: "{}" });
      equal(answer.status, 502);
      sent.push(one.hits.length + other.hits.length - from);
    }
    deepEqual(sent, times);
  });
}
