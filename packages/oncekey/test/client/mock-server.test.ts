/** The server that the client is tested against: what it counts must be what was done. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { mockServer } from "./mock-server.ts";

test("C-76: it follows its script, step by step, and counts executions, not answers", async () => {
  const server = await mockServer();
  const pay = () =>
    fetch(`${server.origin}/pay`, {
      method: "POST",
      headers: { "idempotency-key": "k1", connection: "close" },
      body: "1",
    });
  try {
    server.play(
      { drops: "before" },
      { drops: "before", executes: false },
      { status: 503, executes: false, headers: { "retry-after": "1" } },
      { problem: "idempotency_in_flight" },
    );
    await rejects(pay());
    equal(server.executions(), 1);
    await rejects(pay());
    equal(server.executions(), 1);
    const unavailable = await pay();
    deepEqual([unavailable.status, unavailable.headers.get("retry-after")], [503, "1"]);
    const inFlight = await pay();
    deepEqual([inFlight.status, (await inFlight.json()).code], [409, "idempotency_in_flight"]);
    equal(server.executions(), 1);
    equal((await pay()).status, 201);
    equal(server.executions(), 2);
    deepEqual(
      server.seen.map(({ key }) => key),
      ["k1", "k1", "k1", "k1", "k1"],
    );
  } finally {
    await server.close();
  }
});
