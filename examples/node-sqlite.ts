/** node:http over SQLite: no framework, no server, and what happened survives a crash. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import Database from "better-sqlite3";
import { startReaper } from "oncekey";
import { idempotency, idempotencyOf } from "oncekey/node";
import { sqliteStore } from "oncekey/sqlite";

const path = process.env.DATABASE ?? "shop.db";
const transactions = new Database(path); // for the handlers alone
const store = sqliteStore(new Database(path), { transactions });
await store.setup();
transactions.exec("create table if not exists orders (id integer primary key, dish text not null)");
startReaper(store);

const order = idempotency(
  {
    store,
    scope: (req: IncomingMessage) => req.headers["x-user-id"]?.toString(),
    effects: "transactional",
    required: true,
    waitMs: 10_000,
  },
  async (req: IncomingMessage, res: ServerResponse) => {
    const { dish } = (await json(req)) as { dish: string };
    const { transaction } = idempotencyOf<typeof transactions>(req);
    const { lastInsertRowid } = transaction
      .prepare("insert into orders (dish) values (?)")
      .run(dish);
    res.writeHead(201, { "content-type": "application/json" });
    res.end(JSON.stringify({ id: Number(lastInsertRowid) }));
  },
);

const reader = new Database(path, { readonly: true });
const server = createServer((req, res) => {
  if (req.url !== "/orders") return void res.writeHead(404).end();
  if (req.method === "POST") return void order(req, res);
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(reader.prepare("select id, dish from orders order by id").all()));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log("listening on", server.address());
});
