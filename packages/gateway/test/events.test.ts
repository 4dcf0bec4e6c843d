/** `/events` of the admin address: C-72 over HTTP, S-23 and S-30 of it, and readers that do not read. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { LiveMessage } from "@oncekey/dashboard/events";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { memoryStore } from "oncekey/memory";
import { createEvents } from "../src/events.ts";
import { createGateway } from "../src/server.ts";
import { send } from "./gateways.ts";
import { rawClient } from "./raw-client.ts";
import { type Behaviour, CREATED, creates, rawUpstream } from "./raw-upstream.ts";

const ANYWHERE = { host: "127.0.0.1", port: 0 };

/** A gateway with an admin address, in front of an upstream. */
async function world(context: TestContext, behaviour: Behaviour = creates) {
  const upstream = await rawUpstream(behaviour);
  const gateway = createGateway({ upstream: upstream.url, scope: "global", store: memoryStore() });
  const { port } = await gateway.listen(ANYWHERE);
  const admin = await gateway.listenAdmin(ANYWHERE);
  context.after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, port, gateway, admin: admin.port };
}

/** Reads the stream as an `EventSource` does. */
async function listen(port: number, lastId?: string) {
  const headers: Record<string, string> = lastId === undefined ? {} : { "last-event-id": lastId };
  const response = await fetch(`http://127.0.0.1:${port}/events`, { headers });
  deepEqual([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
  ok(response.body !== null);
  const messages = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const seen: string[] = [];
  return {
    /** The last message that was read, and all of its events' types so far. */
    async until(type: string): Promise<{ readonly id: string; readonly types: readonly string[] }> {
      for (;;) {
        const { value } = await messages.read();
        if (value === undefined) throw new Error(`The stream ended before ${type}: ${seen}.`);
        const { events } = JSON.parse(value.data) as LiveMessage;
        seen.push(...events.map((event) => event.type));
        if (seen.includes(type)) return { id: value.id ?? "", types: seen };
      }
    },
    async begun(): Promise<string> {
      return (await messages.read()).value?.id ?? "";
    },
    /** What came before the end, which has to be a whole one. */
    async end(): Promise<readonly string[]> {
      for (;;) {
        const { done, value } = await messages.read();
        if (done) return seen;
        seen.push(...(JSON.parse(value.data) as LiveMessage).events.map(({ type }) => type));
      }
    },
    leave: () => messages.cancel(),
  };
}

test("C-72: what happens to a key is told on the admin address, and on no other", async (context) => {
  const { url, admin, port } = await world(context);
  const stream = await listen(admin);
  await stream.begun();
  await send({ url });
  await send({ url });
  deepEqual((await stream.until("replayed")).types, ["claimed", "completed", "replayed"]);
  await stream.leave();
  const { status } = await fetch(`http://127.0.0.1:${port}/events`);
  equal(status, 201, "there it is the upstream's path");
  equal((await fetch(`http://127.0.0.1:${admin}/events`, { method: "POST" })).status, 404);
});

test("C-72: a reader that comes back is told what it missed", async (context) => {
  const { url, admin } = await world(context);
  const first = await listen(admin);
  await first.begun();
  await send({ url });
  const { id } = await first.until("completed");
  await first.leave();
  await send({ url });
  const second = await listen(admin, id);
  deepEqual((await second.until("replayed")).types, ["replayed"]);
  await second.leave();
});

test("S-30: the stream holds neither key nor body nor query", async (context) => {
  const { url, admin } = await world(context);
  const client = await rawClient(admin);
  client.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.read((received) => received.includes("data: "));
  const headers = { "idempotency-key": "canary-key" };
  await send({ url }, { path: "/pay?canary-query", body: '"canary-body"', headers });
  const received = await client.read((text) => text.includes('"completed"'));
  ok(received.includes('"label":"POST /pay"'));
  ok(!received.includes("canary"), received);
  client.destroy();
});

test("S-23: on this machine's own address a foreign name is refused", async (context) => {
  const { admin } = await world(context);
  const statusUnder = async (host: string) => {
    const request = get({ port: admin, host: "127.0.0.1", path: "/events", headers: { host } });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.destroy();
    return response.statusCode;
  };
  for (const host of ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example"]) {
    equal(await statusUnder(host), 421, host);
  }
  for (const host of ["localhost", `LOCALHOST:${admin}`, "127.0.0.1", "[::1]:1"]) {
    equal(await statusUnder(host), 200, host);
  }
});

test("a stop tells the last events, and then ends the stream as a whole", async (context) => {
  let asked = (_: Socket) => {};
  const reached = new Promise<Socket>((resolve) => {
    asked = resolve;
  });
  const { url, admin, gateway } = await world(context, (socket) => asked(socket));
  const stream = await listen(admin);
  await stream.begun();
  const sent = send({ url });
  await stream.until("claimed");
  const upstream = await reached;
  const stopped = gateway.stop();
  upstream.write(CREATED);
  equal((await sent).status, 201);
  deepEqual(await stream.end(), ["claimed", "completed"]);
  equal(await stopped, true);
});

test("a reader that does not read is cut, and costs no more than a megabyte meanwhile", async (context) => {
  const events = createEvents();
  let most = 0;
  const cut = new Promise<void>((resolve) => {
    const server = createServer((request, response) => {
      const write = response.write.bind(response);
      response.write = (chunk: Uint8Array) => {
        const isTaken = write(chunk);
        most = Math.max(most, response.writableLength - chunk.length);
        return isTaken;
      };
      void events.serve(request, response).then(resolve);
    });
    server.listen(0, "127.0.0.1", () => {
      const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
      reader.pause();
      reader.on("error", () => {});
      reader.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
      context.after(() => {
        reader.destroy();
        server.close();
      });
    });
  });
  const label = "x".repeat(10_000);
  const telling = setInterval(() => {
    for (let count = 0; count < 100; count++)
      events.onEvent({ type: "renewed", record: "", label });
  }, 10);
  await cut.finally(() => clearInterval(telling));
  ok(most > 0 && most <= 1024 * 1024, `${most} bytes were kept for it`);
  await events.close();
});
