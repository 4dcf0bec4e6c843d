/** Serves the page, the ledger that it shows, and the API behind the balancer. */
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import type { Balancer } from "./balancer.ts";
import type { Entry } from "./ledger.ts";

const FILES: Readonly<Record<string, { readonly type: string; readonly body: Buffer }>> = {
  "/": file("index.html", "text/html; charset=utf-8"),
  "/deck.css": file("deck.css", "text/css; charset=utf-8"),
  "/deck.js": file("deck.js", "text/javascript; charset=utf-8"),
  "/thanks": file("thanks.html", "text/html; charset=utf-8"),
};

function file(name: string, type: string) {
  return { type, body: readFileSync(new URL(`../../page/${name}`, import.meta.url)) };
}

export function createPage(balance: Balancer, ledger: () => Entry[]): RequestListener {
  return function page(incoming, outgoing) {
    const path = incoming.url?.split("?", 1)[0] ?? "/";
    const found = incoming.method === "GET" ? FILES[path] : undefined;
    if (found !== undefined) {
      const headers = {
        "content-type": found.type,
        "content-security-policy": "default-src 'self'; img-src data:",
        "cache-control": "no-cache",
      };
      outgoing.writeHead(200, headers).end(found.body);
    } else if (incoming.method === "GET" && path === "/ledger") {
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(ledger()));
    } else if (path === "/orders") {
      void balance(incoming, outgoing);
    } else {
      outgoing.writeHead(404).end();
    }
  };
}
