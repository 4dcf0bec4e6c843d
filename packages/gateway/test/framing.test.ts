/**
 * S-19: what two parsers could read in two ways, over raw sockets.
 *
 * Each line of the corpus is sent with a second request right behind it. Whatever the gateway makes
 * of the first, the upstream must never see a byte of what it refused, nor take a body for a request.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { gatewayTo, type TestGateway } from "./gateways.ts";
import { answers, rawClient } from "./raw-client.ts";
import { CREATED, creates, fieldOf, type RawUpstream, rawUpstream } from "./raw-upstream.ts";

let upstream: RawUpstream;
let gateway: TestGateway;
before(async () => {
  upstream = await rawUpstream(creates);
  gateway = await gatewayTo(upstream.url);
});
after(async () => {
  await gateway.stop();
  await upstream.close();
});

const NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

const request = (lines: readonly string[], body = "", line = "POST /first HTTP/1.1") =>
  `${[line, "Host: h", ...lines].join("\r\n")}\r\n\r\n${body}`;

const CHUNKED = `0\r\n\r\n${SMUGGLED}`;
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const LONG = `Content-Length: ${CHUNKED.length}`;

const REFUSED: Readonly<Record<string, string>> = {
  "a length and a coding": request([LONG, "Transfer-Encoding: chunked"], CHUNKED),
  "a coding and a length": request(["Transfer-Encoding: chunked", LONG], CHUNKED),
  "two lengths": request(["Content-Length: 0", LONG], CHUNKED),
  "two equal lengths": request([LONG, LONG], CHUNKED),
  "a list of lengths": request(["Content-Length: 5, 5"], "hello"),
  "a length with a sign": request(["Content-Length: +5"], "hello"),
  "a length in hex": request(["Content-Length: 0x5"], "hello"),
  "a negative length": request(["Content-Length: -1"], SMUGGLED),
  "an empty length": request(["Content-Length:"], SMUGGLED),
  "a coding before chunked": request(["Transfer-Encoding: gzip, chunked"], CHUNKED),
  "a coding after chunked": request(["Transfer-Encoding: chunked, identity"], CHUNKED),
  "chunked twice": request(["Transfer-Encoding: chunked, chunked"], CHUNKED),
  "two codings": request(["Transfer-Encoding: identity", "Transfer-Encoding: chunked"], CHUNKED),
  "an unknown coding": request(["Transfer-Encoding: xchunked"], CHUNKED),
  "a quoted coding": request(['Transfer-Encoding: "chunked"'], CHUNKED),
  "a coding with a tab in it": request(["Transfer-Encoding: \x0bchunked"], CHUNKED),
  "a space before the colon": request(["Transfer-Encoding : chunked"], CHUNKED),
  "a coding in HTTP/1.0": request(["Transfer-Encoding: chunked"], CHUNKED, "POST /first HTTP/1.0"),
  "a folded field": request(["X-A: a\r\n b", "Content-Length: 0"]),
  "a folded coding": request(["Transfer-Encoding:\r\n chunked"], CHUNKED),
  "a field that begins with a space": request([" X-A: a", "Content-Length: 0"]),
  "a bare line feed": request(["X-A: a\nTransfer-Encoding: chunked", "Content-Length: 0"]),
  "a bare carriage return": request(["X-A: a\rTransfer-Encoding: chunked", "Content-Length: 0"]),
  "a NUL in a value": request(["X-A: a\0b", "Content-Length: 0"]),
  "a NUL in a name": request(["X\0A: a", "Content-Length: 0"]),
  "a chunk without a size": request(["Transfer-Encoding: chunked"], "\r\n0\r\n\r\n"),
  "a chunk size with a sign": request(["Transfer-Encoding: chunked"], "+5\r\nhello\r\n0\r\n\r\n"),
  "a chunk size that overflows": request(
    ["Transfer-Encoding: chunked"],
    `${"f".repeat(17)}\r\nhello\r\n0\r\n\r\n`,
  ),
  "a chunk that is longer than it says": request(
    ["Transfer-Encoding: chunked"],
    `3\r\nhello\r\n0\r\n\r\n`,
  ),
  "a chunk that ends in a line feed": request(["Transfer-Encoding: chunked"], "3\nabc\n0\n\n"),
  "a length behind the body": request(
    ["Transfer-Encoding: chunked"],
    "3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n",
  ),
  "no host": "POST /first HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
  "two hosts": request(["Host: other", "Content-Length: 0"]),
  "two types": request(["Content-Type: a/b", "Content-Type: c/d", "Content-Length: 0"]),
  "a target that is no path": request(["Content-Length: 0"], "", "POST first HTTP/1.1"),
  "a fragment": request(["Content-Length: 0"], "", "POST /first#x HTTP/1.1"),
  "an asterisk": request(["Content-Length: 0"], "", "OPTIONS * HTTP/1.1"),
  "a target with a space": request(["Content-Length: 0"], "", "POST /a b HTTP/1.1"),
  "another expectation": request(["Expect: 200-ok", LONG], CHUNKED),
  "another expectation, beside a known one": request(["Expect: 100-continue, a", LONG], CHUNKED),
  "another expectation, and two hosts": request(["Expect: 200-ok", "Host: other", LONG], CHUNKED),
  "another version": request(["Content-Length: 0"], "", "POST /first HTTP/2.1"),
  "a head of 20 KiB": request([`X-A: ${"a".repeat(20_000)}`, "Content-Length: 0"]),
  "101 lines": request([...Array.from({ length: 100 }, () => "X: 1"), "Content-Length: 0"]),
};

for (const [what, text] of Object.entries(REFUSED)) {
  test(`S-19: ${what} is refused, and the connection is closed`, async () => {
    const before = upstream.received();
    const client = await rawClient(gateway.port);
    client.write(text + NEXT);
    const received = await client.closed();
    match(received, /^HTTP\/1\.1 4\d\d /);
    equal(received.match(/HTTP\/1\.1 /g)?.length, 1, "one answer");
    equal(upstream.received(), before, "what reached the upstream");
  });
}

/** What may differ in spelling, and has one reading: the body that the upstream must see. */
const ACCEPTED: Readonly<Record<string, readonly [text: string, body: string]>> = {
  "a length": [request([`Content-Length: ${SMUGGLED.length}`], SMUGGLED), SMUGGLED],
  "a coding in capitals": [request(["Transfer-Encoding: CHUNKED"], "3\r\nabc\r\n0\r\n\r\n"), "abc"],
  "a chunk with an extension": [
    request(["Transfer-Encoding: chunked"], "3;a=b\r\nabc\r\n0\r\n\r\n"),
    "abc",
  ],
  "trailers, which are dropped": [
    request(["Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n"),
    "abc",
  ],
  "a length with zeros in front": [request(["Content-Length: 003"], "abc"), "abc"],
};

for (const [what, [text, body]] of Object.entries(ACCEPTED)) {
  test(`S-19: ${what} is framed anew, and the next request is read as it is`, async () => {
    for (const key of ["", `Idempotency-Key: ${what.replaceAll(/[^a-z]/g, "-")}\r\n`]) {
      const before = upstream.hits.length;
      const client = await rawClient(gateway.port);
      client.write(text.replace("Host: h\r\n", `Host: h\r\n${key}`) + NEXT);
      await client.read(answers(2));
      client.destroy();
      const hits = upstream.hits.slice(before);
      equal(hits.length, 2);
      const first = hits.find((hit) => hit.startsWith("POST /first "));
      ok(first !== undefined && hits.some((hit) => hit.startsWith("GET /next ")));
      equal(bodyOf(first), body);
      equal(fieldOf(first, "x-a"), undefined);
    }
  });
}

/** A body without its chunks. */
function bodyOf(message: string): string {
  const body = message.slice(message.indexOf("\r\n\r\n") + 4);
  if (fieldOf(message, "transfer-encoding") === undefined) return body;
  let whole = "";
  for (let rest = body; ; ) {
    const [line = ""] = rest.split("\r\n", 1);
    const size = Number.parseInt(line, 16);
    if (!(size > 0)) return whole;
    const start = line.length + 2;
    whole += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}

test("P-77: a request that waits for 100 behind another one gets it outside of any answer", async () => {
  const client = await rawClient(gateway.port);
  const waiting = request(["Expect: 100-continue", "Idempotency-Key: pipelined", LONG], CHUNKED);
  client.write(NEXT + waiting + waiting + NEXT);
  const isDone = (text: string) => answers(4)(text.replaceAll(CONTINUE, ""));
  const received = await client.read(isDone);
  client.destroy();
  equal(received.split(CONTINUE).length, 3);
  // Wherever an answer begins, the one before it has ended.
  for (const before of received.split("HTTP/1.1 ").slice(1, -1)) match(before, /(?:\}|\r\n\r\n)$/);
});

test("S-19: what was asked before a refused request is answered, and what is behind it is not", async () => {
  const client = await rawClient(gateway.port);
  const keyed = request(["Idempotency-Key: before-a-refusal", "Content-Length: 2"], "{}");
  client.write(keyed + request(["Host: other", "Content-Length: 0"]) + NEXT);
  const received = await client.closed();
  deepEqual(received.match(/(?<=HTTP\/1\.1 )\d+/g), ["201", "400"]);
});

const DETACHING: Readonly<Record<string, string>> = {
  "an offer to upgrade": request(
    ["Connection: Upgrade", "Upgrade: websocket"],
    "",
    "GET /ws HTTP/1.1",
  ),
  "a CONNECT": "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
};

for (const [what, detaching] of Object.entries(DETACHING)) {
  for (const allowUpgrades of [false, true]) {
    const where = allowUpgrades ? "where upgrades pass" : "where upgrades do not pass";
    test(`S-19: ${what} behind a request that runs is refused after its answer, ${where}`, async (context) => {
      let hasArrived = () => {};
      const arrived = new Promise<void>((resolve) => {
        hasArrived = resolve;
      });
      let answer = () => {};
      const slow = await rawUpstream((socket) => {
        answer = () => void socket.write(CREATED);
        hasArrived();
      });
      const to = await gatewayTo(slow.url, { allowUpgrades });
      context.after(async () => {
        await to.stop();
        await slow.close();
      });
      const client = await rawClient(to.port);
      const keyed = request(["Idempotency-Key: before-it", "Content-Length: 2"], "{}");
      client.write(keyed + detaching + NEXT);
      await arrived;
      // The bytes came at once: what is said too early has been said by now.
      answer();
      const received = await client.closed();
      match(received, /^HTTP\/1\.1 201 [\s\S]*\{"id":1\}HTTP\/1\.1 (?:400|501) /);
      equal(received.match(/HTTP\/1\.1 /g)?.length, 2, "two answers");
      equal(slow.hits.length, 1);
      // Nothing that the gateway still counts as running holds it up.
      equal(await to.stop(), true);
    });
  }
}

test("S-19: all that came before an offer to upgrade is answered, the long and what waits for 100, too", async (context) => {
  const LENGTH = 4 * 1024 * 1024;
  const long = await rawUpstream((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n${"a".repeat(LENGTH)}`);
  });
  const to = await gatewayTo(long.url);
  context.after(async () => {
    await to.stop();
    await long.close();
  });
  const client = await rawClient(to.port);
  const waiting = request(["Expect: 100-continue", "Content-Length: 2"], "{}");
  client.write(NEXT + waiting + DETACHING["an offer to upgrade"]);
  const received = (await client.closed()).replaceAll(CONTINUE, "");
  deepEqual(received.match(/(?<=HTTP\/1\.1 )\d+/g), ["200", "200", "501"]);
  equal(received.match(/a{1000000,}/g)?.join("").length, 2 * LENGTH);
});

test("P-77: who really waits behind another one is asked for the body in the end", async () => {
  const client = await rawClient(gateway.port);
  const waiting = request(["Idempotency-Key: patient", "Expect: 100-continue", LONG]);
  client.write(NEXT + waiting);
  await client.read((text) => text.endsWith(CONTINUE));
  client.write(CHUNKED);
  const received = await client.read((text) => text.split('{"id":1}').length > 2);
  client.destroy();
  equal(received.match(/HTTP\/1\.1 201 /g)?.length, 2);
});

test("S-18: a target in absolute form never routes, and neither does `Host`", async () => {
  const before = upstream.hits.length;
  const client = await rawClient(gateway.port);
  client.write("GET http://169.254.169.254/latest?a=1 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  await client.read(answers(1));
  client.destroy();
  const [hit = ""] = upstream.hits.slice(before);
  match(hit, /^GET \/latest\?a=1 HTTP\/1\.1\r\n/);
});

test("S-18: no redirect is followed", async (context) => {
  const redirecting = await rawUpstream((socket) => {
    socket.write(`HTTP/1.1 307 See\r\nLocation: ${upstream.url}/x\r\nContent-Length: 0\r\n\r\n`);
  });
  const to = await gatewayTo(redirecting.url);
  context.after(async () => {
    await to.stop();
    await redirecting.close();
  });
  const before = upstream.hits.length;
  const answer = await fetch(to.url, { redirect: "manual" });
  deepEqual([answer.status, answer.headers.get("location")], [307, `${upstream.url}/x`]);
  equal(upstream.hits.length, before);
});

test("S-19: CONNECT is no way out", async () => {
  const before = upstream.received();
  const client = await rawClient(gateway.port);
  client.write("CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: h\r\n\r\n");
  equal((await client.closed()).includes(" 200 "), false);
  equal(upstream.received(), before);
});
