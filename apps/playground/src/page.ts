/** Serves the page, the feed that moves it, the controls, and the API behind the balancer. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Listener } from "./balancer.ts";
import type { Controls } from "./controls.ts";
import type { Feed } from "./feed.ts";
import type { Entry } from "./ledger.ts";
import { createOwnPage } from "./own-page.ts";
import { bundled, read } from "./page-files.ts";
import { wishOf } from "./wish.ts";

/** What a page is served with. */
export interface Behind {
  readonly balance: Listener;
  readonly ledger: () => Entry[];
  readonly feed: Feed;
  readonly controls: Controls;
  readonly facts: Facts;
}

/** What the page is to know of the kitchen before anything happens. */
export interface Facts {
  readonly hasTransactions: boolean;
  readonly leaseMs: number;
}

interface File {
  readonly type: string;
  /** Asked for again, but kept in the page cache, where Back finds the page as it was left. */
  readonly isLeft?: boolean;
  readonly body: string;
}

/** A control is a few words. */
const CONTROL_BYTES_MAX = 16 * 1024;
const HEADERS = {
  "content-security-policy": "default-src 'self'; img-src data:; frame-ancestors 'self'",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
};

export function createPage({ balance, ledger, feed, controls, facts }: Behind): RequestListener {
  const own = createOwnPage();
  const files: Readonly<Record<string, File>> = {
    "/": { ...html("index.html", own.token, facts), isLeft: true },
    "/plain": html("plain.html", own.token, facts),
    "/thanks": html("thanks.html", own.token, facts),
    "/ordered": html("ordered.html", own.token, facts),
    "/page.css": { type: "text/css; charset=utf-8", body: read("page.css") },
    "/page.js": { type: "text/javascript; charset=utf-8", body: bundled() },
  };
  return function page(incoming, outgoing) {
    const { pathname: path, searchParams } = new URL(incoming.url ?? "/", "http://playground");
    if (path === "/orders") return void balance(incoming, outgoing);
    if (!own.isFromHere(incoming)) return void outgoing.writeHead(403).end();
    if (incoming.method === "POST" && path.startsWith("/controls/")) {
      if (!own.isOurs(incoming)) return void outgoing.writeHead(403).end();
      return void control(controls, path.slice("/controls/".length), incoming, outgoing);
    }
    const found = incoming.method === "GET" ? files[path] : undefined;
    if (found !== undefined) {
      const cached = found.isLeft ? { "cache-control": "no-cache" } : {};
      outgoing
        .writeHead(200, { ...HEADERS, ...cached, "content-type": found.type })
        .end(fresh(found.body, searchParams));
    } else if (incoming.method === "GET" && path === "/ledger") {
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(ledger()));
    } else if (incoming.method === "GET" && path === "/feed") {
      feed.serve(incoming, outgoing);
    } else {
      outgoing.writeHead(404).end();
    }
  };
}

async function control(
  controls: Controls,
  name: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const asked: unknown = JSON.parse(await textOf(incoming));
    // Closed after it, so that an order is sent on a connection that the scenario has chosen.
    const isFresh = (asked as { fresh?: unknown } | null)?.fresh === true;
    outgoing.shouldKeepAlive = !isFresh;
    outgoing.writeHead((await controls(name, asked)) ? 204 : 422).end();
  } catch {
    outgoing.writeHead(400).end();
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > CONTROL_BYTES_MAX) throw new Error("Too long for a control.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function html(name: string, token: string, { hasTransactions, leaseMs }: Facts): File {
  const body = read(name)
    .replaceAll("{{token}}", token)
    .replaceAll("{{transactions}}", hasTransactions ? "yes" : "no")
    .replaceAll("{{lease}}", String(leaseMs));
  return { type: "text/html; charset=utf-8", body };
}

/** What a page without a script cannot make: its key, new each time, and where its order goes. */
const fresh = (body: string, query: URLSearchParams): string =>
  body
    .replaceAll("{{key}}", () => crypto.randomUUID())
    // Only words of ours: what the address says otherwise does not come into the page.
    .replaceAll("{{action}}", () => `/orders?${new URLSearchParams({ ...wishOf(query) })}`);
