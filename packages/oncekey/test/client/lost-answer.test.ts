/** The client against oncekey's own server, when answers are lost: effects are counted. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { idempotency } from "../../src/adapters/node.ts";
import { createIdempotentFetch, createSubmit } from "../../src/client/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { hurriedTime } from "./hurried-time.ts";

let executions = 0;
let requests = 0;
/** So many answers are lost on their way, after the work is done. */
let losses = 0;

const guarded = idempotency(
  { store: memoryStore(), scope: "global", required: true },
  (_request: IncomingMessage, response: ServerResponse) => {
    executions += 1;
    response.statusCode = 201;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: executions }));
  },
);
const server = createServer((request, response) => {
  requests += 1;
  if (losses > 0) {
    losses -= 1;
    // The guard has kept the answer by the time that it sends it.
    response.writeHead = () => {
      request.socket.destroy();
      return response;
    };
  }
  guarded(request, response);
});

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;

test("P-139, C-1: two answers are lost: three sends, one execution, and the caller is told", async () => {
  losses = 2;
  const [before, sent] = [executions, requests];
  const send = createIdempotentFetch({ server: "oncekey" }, hurriedTime().ports);
  const response = await send(url(), { method: "POST", json: { dish: "soup" } });
  equal(executions - before, 1);
  equal(requests - sent, 3);
  deepEqual(response.idempotency.replayed, true);
  deepEqual(await response.json(), { id: executions });
});

test("P-148: an edited form after a lost answer is told that the earlier one was received", async () => {
  losses = 4;
  const before = executions;
  const checkout = createSubmit<object>(
    { id: "checkout", server: "oncekey", request: (json) => ({ url: url(), json }) },
    hurriedTime().ports,
  );
  equal((await checkout.submit({ dish: "soup" })).status, "unknown");
  equal((await checkout.submit({ dish: "stew" })).status, "conflict");
  const { status, replayed, data } = await checkout.check();
  deepEqual(
    { status, replayed, data },
    { status: "success", replayed: true, data: { id: executions } },
  );
  equal(executions - before, 1);
});

test("a form whose boundary is new each time is the same form after an unknown outcome", async () => {
  losses = 4;
  const before = executions;
  const checkout = createSubmit<string>(
    {
      id: "checkout",
      server: "oncekey",
      request: (dish) => {
        const body = new FormData();
        body.set("dish", dish);
        return { url: url(), body };
      },
    },
    hurriedTime().ports,
  );
  equal((await checkout.submit("soup")).status, "unknown");
  const { status, replayed } = await checkout.submit("soup");
  deepEqual({ status, replayed }, { status: "success", replayed: true });
  equal(executions - before, 1);
  ok(before > 0);
});
