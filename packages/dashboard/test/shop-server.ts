/**
 * A shop over SQLite with its dashboard, in a process of its own that a test may kill.
 *
 *   node shop-server.js <database> <ledger> <port>
 *
 * Each effect is a line in the ledger. A payment with `"hangs": true` takes effect and is never
 * answered: the moment in which a process dies.
 */
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { createDashboard } from "@oncekey/dashboard";
import { nodeListener } from "@oncekey/dashboard/node";
import Database from "libsql";
import { idempotency } from "oncekey/node";
import { sqliteStore } from "oncekey/sqlite";

const [database = "", ledger = "", port = "0"] = process.argv.slice(2);
const store = sqliteStore(new Database(database));
await store.setup();

const dashboard = createDashboard({
  inspector: store,
  authorize: () => ({ name: "ann", role: "operator" }),
  base: "/oncekey",
  audit: () => {},
});

async function pay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { hangs } = JSON.parse(await text(request));
  appendFileSync(ledger, "paid\n");
  if (hangs) return;
  response.writeHead(201, { "Content-Type": "application/json" }).end('{"paid":true}');
}

const shop = idempotency(
  { store, scope: () => ["shop", "ann"], leaseMs: 500, onEvent: dashboard.onEvent },
  pay,
);
const look = nodeListener(dashboard);
const server = createServer((request, response) => {
  if (request.url?.startsWith("/oncekey")) look(request, response);
  else shop(request, response);
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" && address !== null ? address.port : 0);
});
