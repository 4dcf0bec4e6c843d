/**
 * A shop on oncekey's own adapter, for pages whose library sends: what it answers is a piece of a page
 * or leads to one. Effects and keys are counted here; answers are held or lost when told.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { idempotency } from "../../src/adapters/node.ts";
import { memoryStore } from "../../src/stores/memory.ts";

export interface Counter {
  readonly origin: string;
  /** The key of each request, and the dish of each effect. */
  readonly keys: (string | undefined)[];
  readonly effects: string[];
  /** So many answers get lost after the work is done. */
  losing: number;
  /** From now on nothing is answered until `go`. */
  hold(): { go(): void };
  close(): Promise<void>;
}

export interface CounterPages {
  /** By path. A script is bundled with what it imports. */
  readonly html: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** Answers an order, numbered from 1. */
  answer(response: ServerResponse, number: number): void;
}

export async function counter({ html, scripts, answer }: CounterPages): Promise<Counter> {
  const bundles = new Map<string, string>();
  for (const [path, contents] of Object.entries(scripts)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      define: { "process.env.NODE_ENV": '"production"' },
    });
    bundles.set(path, outputFiles[0]?.text ?? "");
  }
  const keys: Counter["keys"] = [];
  const effects: string[] = [];
  let opened: Promise<void> | undefined;

  const take = idempotency(
    { store: memoryStore(), scope: "global" },
    async (request: IncomingMessage, response: ServerResponse) => {
      effects.push(new URLSearchParams(await text(request)).get("dish") ?? "");
      const number = effects.length;
      await opened;
      answer(response, number);
    },
  );
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://counter");
    if (request.method === "POST") {
      keys.push(request.headers["idempotency-key"]?.toString());
      if (shop.losing > 0) lose(request.socket);
      void take(request, response);
      return;
    }
    const script = bundles.get(pathname);
    const page = html[pathname];
    response.writeHead(script || page ? 200 : 404, {
      "content-type": script ? "text/javascript" : "text/html; charset=utf-8",
    });
    response.end(script ?? page);
  });

  /** The answer is kept by then; the line is cut before its first byte. */
  function lose(socket: Socket): void {
    shop.losing -= 1;
    socket.write = () => {
      socket.destroy();
      return false;
    };
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const shop: Counter = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    effects,
    losing: 0,
    hold() {
      let go = (): void => {};
      opened = new Promise((resolve) => {
        go = () => {
          opened = undefined;
          resolve();
        };
      });
      return { go };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return shop;
}
