/** Requests that come behind each other, before any of them was answered: each gets its answer. */
import { deepEqual, equal } from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import * as expressAdapter from "../../src/adapters/express.ts";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { served } from "./served.ts";

const LAST = "Connection: close\r\n";

const request = (key: string, lines = ""): string =>
  `POST /pay HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${key}\r\n${lines}Content-Length: 2\r\n\r\n10`;

/** The connection ends with the last answer, or is cut by us. */
const PATIENCE_MS = 5_000;

/** The first one takes longest, so that the others end while it has the socket. */
function pay(): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let runs = 0;
  return async (_, response) => {
    const run = ++runs;
    await pause(run === 1 ? 50 : 0);
    response.statusCode = 201;
    response.end(`run ${run}.`);
  };
}

const options = () => ({ store: memoryStore(), scope: "global" }) as const;
const SERVERS = {
  node: () => createServer(idempotency(options(), pay()) as never),
  express: () => {
    const app = express();
    app.post("/pay", expressAdapter.idempotency(options()), pay());
    return createServer(app);
  },
};

for (const [name, server] of Object.entries(SERVERS)) {
  test(`${name}: pipelined requests are answered in their order`, async () => {
    const { connect, close } = await served(server());
    const connection = await connect();
    const late = setTimeout(() => connection.destroy(), PATIENCE_MS);
    try {
      connection.write(request("k1") + request("k2") + request("k3", LAST));
      const answers = await connection.closed();
      deepEqual(answers.match(/run \d\./g), ["run 1.", "run 2.", "run 3."]);
      equal(answers.match(/HTTP\/1\.1 201 /g)?.length, 3);
    } finally {
      clearTimeout(late);
      await close();
    }
  });
}
