/** Answers that Node itself refuses to send: they cut a connection, and never end the process. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { served } from "./served.ts";

const UNSENDABLE: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "a reason phrase with a line break": (response) => {
    response.statusMessage = "no\nphrase";
    response.end("done");
  },
  "a reason phrase given to writeHead": (response) => {
    response.writeHead(200, "no\nphrase").end("done");
  },
  "trailers announced beside a length": (response) => {
    response.setHeader("Trailer", "X-Sum");
    response.setHeader("Content-Length", 4);
    response.end("done");
  },
};

for (const [name, answer] of Object.entries(UNSENDABLE)) {
  test(`${name}: the connection is cut, the process lives, and the retry is a replay`, async () => {
    let runs = 0;
    const options = { store: memoryStore(), scope: "global" } as const;
    const guarded = idempotency(options, (_: IncomingMessage, response: ServerResponse) => {
      runs++;
      answer(response);
    });
    const failures: unknown[] = [];
    const { fetch, close } = await served(
      createServer((request, response) => {
        guarded(request, response).catch((error: unknown) => failures.push(error));
      }),
    );
    try {
      const pay = () =>
        fetch("/pay", { method: "POST", headers: { "Idempotency-Key": "k1" }, body: "10" });
      // Node's test runner fails a test whose rejections nobody handled.
      await rejects(pay());
      const again = await pay();
      equal(again.headers.get("idempotent-replayed"), "true");
      equal(await again.text(), "done");
      equal(runs, 1);
      deepEqual(failures, []);
    } finally {
      await close();
    }
  });
}
