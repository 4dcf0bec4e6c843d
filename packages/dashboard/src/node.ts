/** The dashboard for `node:http` and Express, mounted or alone on a port of its own. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { type Authorize, isLoopback, loopbackViewer } from "./access.ts";
import { createDashboard, type Dashboard } from "./dashboard.ts";
import type { DashboardOptions } from "./options.ts";

/** Express cuts `url` where a router is mounted; `originalUrl` is whole. */
type Incoming = IncomingMessage & { readonly originalUrl?: string };

/**
 * A request listener. Mount it before body parsers, or where there are none.
 *
 * @example app.use("/oncekey", nodeListener(dashboard));
 */
export function nodeListener(
  dashboard: Dashboard,
): (request: IncomingMessage, response: ServerResponse) => void {
  return function dashboardListener(request, response) {
    serve(dashboard, request, response, request).catch(() => response.destroy());
  };
}

/** `native`: what `authorize` is given as the framework's own request. */
export async function serve(
  dashboard: Dashboard,
  incoming: Incoming,
  outgoing: ServerResponse,
  native: unknown,
): Promise<void> {
  const request = requestOf(incoming);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const answer = await dashboard.fetch(request, { peer: incoming.socket.remoteAddress, native });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) {
    outgoing.end();
    return;
  }
  // A stream without a message yet has to reach the browser all the same.
  outgoing.flushHeaders();
  try {
    await pipeline(Readable.fromWeb(answer.body as NodeStream), outgoing);
  } catch {
    // The browser has gone, and nobody is left to be told.
  }
}

/** `undefined`: what came cannot be a request to us. */
function requestOf(incoming: Incoming): Request | undefined {
  const { method = "GET", headers, socket } = incoming;
  const scheme = "encrypted" in socket ? "https" : "http";
  const address = `${scheme}://${headers.host ?? ""}${incoming.originalUrl ?? incoming.url ?? ""}`;
  const fields = new Headers();
  try {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) fields.set(name, String(value));
    }
    const hasBody = method !== "GET" && method !== "HEAD";
    return new Request(address, {
      method,
      headers: fields,
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" } : {}),
    });
  } catch {
    return undefined;
  }
}

export interface AloneOptions extends Omit<DashboardOptions, "authorize" | "base"> {
  /** Who may look. Not needed on this machine alone, where whoever sits at it may look, and no more. */
  readonly authorize?: Authorize;
  /** The address to listen on. "127.0.0.1". Any other one needs `authorize`. */
  readonly host?: string;
  /** 0, the default, takes any that is free. */
  readonly port?: number;
}

export interface Alone extends Pick<Dashboard, "onEvent"> {
  readonly url: string;
  close(): Promise<void>;
}

/** @example const { url, onEvent } = await startDashboard({ inspector: store }); */
export async function startDashboard(options: AloneOptions): Promise<Alone> {
  const { authorize, host = "127.0.0.1", port = 0, ...rest } = options;
  if (authorize === undefined && !isLoopback(host)) {
    throw new TypeError(
      "Expected `authorize` to be a function, since `host` lets in other machines than this one.",
    );
  }
  const dashboard = createDashboard({ ...rest, authorize: authorize ?? loopbackViewer });
  const server = createServer(nodeListener(dashboard)).listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    // Its timers would keep the process that has to say so.
    dashboard.close();
    throw error;
  }
  const bound = server.address();
  const at = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${at}/`,
    onEvent: dashboard.onEvent,
    async close() {
      dashboard.close();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
