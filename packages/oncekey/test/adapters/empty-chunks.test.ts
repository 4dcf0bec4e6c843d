/** A chunked body without a chunk, in one piece with its head or behind it: an empty body. */
import { equal, match } from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import express from "express";
import * as expressAdapter from "../../src/adapters/express.ts";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { served } from "./served.ts";

const HEAD = [
  ...["POST /pay HTTP/1.1", "Host: localhost", "Idempotency-Key: k1"],
  ...["Transfer-Encoding: chunked", "", ""],
].join("\r\n");
const END = "0\r\n\r\n";

/** Waits for the end of the body as most handlers do: an end that has passed would not come. */
function pay(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
  });
  request.on("end", () => response.writeHead(201).end(`${bytes} bytes`));
}

const options = () => ({ store: memoryStore(), scope: "global" }) as const;
const SERVERS = {
  node: () => createServer(idempotency(options(), pay) as never),
  express: () => {
    const app = express();
    app.post("/pay", expressAdapter.idempotency(options()), pay);
    return createServer(app);
  },
};

for (const [name, server] of Object.entries(SERVERS)) {
  for (const pieces of [[HEAD + END], [HEAD, END]]) {
    test(`${name}: an empty chunked body in ${pieces.length} is answered, and replayed`, async () => {
      const { connect, close } = await served(server());
      try {
        for (const marker of [false, true]) {
          const connection = await connect();
          for (const piece of pieces) {
            connection.write(piece);
            await pause(20);
          }
          const answer = await connection.read((text) => text.includes("0 bytes"));
          match(answer, /^HTTP\/1\.1 201 /);
          equal(/idempotent-replayed: true/i.test(answer), marker);
          connection.destroy();
        }
      } finally {
        await close();
      }
    });
  }
}
