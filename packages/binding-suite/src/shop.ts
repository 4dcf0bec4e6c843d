/** A shop over `node:http` with the guard of `oncekey/node`. It counts what it has done. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/node";

export interface Shop {
  readonly origin: string;
  /** What was ordered, once for each time that it was done. */
  readonly effects: string[];
  /** The keys of all requests, in the order in which they came. */
  readonly keys: (string | undefined)[];
  /** Holds what is at work, and the orders after it, until they are let go by hand. */
  hold(): { go(): void };
  /** So many answers get lost after the work is done. */
  losing: number;
  close(): Promise<void>;
}

export async function openShop(files: Readonly<Record<string, () => string>>): Promise<Shop> {
  const effects: string[] = [];
  let held: Promise<void> | undefined;
  const keys: Shop["keys"] = [];
  const order = idempotency(
    { store: memoryStore(), scope: "global" },
    async (request: IncomingMessage, response: ServerResponse) => {
      const { dish } = JSON.parse(await text(request));
      effects.push(dish);
      await held;
      response.writeHead(201, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: effects.length }));
    },
  );
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://shop");
    if (request.method === "POST" && pathname === "/orders") {
      keys.push([request.headers["idempotency-key"]].flat()[0]);
      if (shop.losing > 0) loseAnswer(response);
      void order(request, response);
      return;
    }
    const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
    const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(file ? 200 : 404, { "content-type": `${type}; charset=utf-8` });
    response.end(file?.());
  });

  /** The guard answers when the record is safe; then the line is cut before the first byte. */
  function loseAnswer(response: ServerResponse): void {
    shop.losing -= 1;
    const { socket } = response;
    if (socket === null) return;
    socket.write = () => {
      socket.destroy();
      return false;
    };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const shop: Shop = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    keys,
    losing: 0,
    hold() {
      let go = (): void => {};
      held = new Promise((resolve) => {
        go = resolve;
      });
      return { go };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return shop;
}
