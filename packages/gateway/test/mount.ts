/** The neutral application of the adapter cases as an upstream, with the gateway in front of it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Application, Line, Mounted, Reply, Scoped } from "oncekey/conformance";
import { createGateway, type GatewayOptions } from "../src/server.ts";
import { rawClient } from "./raw-client.ts";

const scoped = (request: IncomingMessage): Scoped => ({
  method: request.method ?? "",
  target: request.url ?? "",
  header: (name) => request.headers[name]?.toString(),
});

/** A case that was given up leaves its mount behind. */
const open = new Set<Mounted>();

export async function closeAll(): Promise<void> {
  await Promise.all([...open].map((mounted) => mounted.close()));
}

export async function mount(application: Application): Promise<Mounted> {
  const upstream = createServer((request, response) => void serve(application, request, response));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const { port } = upstream.address() as AddressInfo;
  const { scope, ...options } = application.options;
  // The cases hold wrong options too, so their type is as wide as what a user may write.
  const given = {
    ...options,
    store: application.store,
    upstream: `http://127.0.0.1:${port}`,
    scope:
      typeof scope === "function" ? (request: IncomingMessage) => scope(scoped(request)) : scope,
    stopTimeoutMs: 100,
  } as GatewayOptions;
  let gateway: ReturnType<typeof createGateway>;
  try {
    gateway = createGateway(given);
  } catch (error) {
    upstream.close();
    throw error;
  }
  const at = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const mounted: Mounted = {
    async fetch(path, init) {
      const answer = await fetch(`http://127.0.0.1:${at.port}${path}`, init);
      const { status, body } = answer;
      return new Response(body, { status, headers: withoutVia(answer.headers) });
    },
    connect: () => rawClient(at.port),
    async close() {
      open.delete(mounted);
      await gateway.stop();
      upstream.closeAllConnections();
      upstream.close();
    },
  };
  open.add(mounted);
  return mounted;
}

/** P-133 asks for this line, and no adapter has it: for the cases it is taken off again. */
function withoutVia(given: Headers): Headers {
  const headers = new Headers(given);
  const others = (headers.get("via") ?? "").replace(/(?:^|, )1\.1 oncekey$/, "");
  if (others === "") headers.delete("via");
  else headers.set("via", others);
  return headers;
}

async function serve(
  application: Application,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const refused = application.inside?.(scoped(request));
    const text = async () => (await buffer(request)).toString();
    const call = { ...scoped(request), idempotency: undefined, text };
    await say(response, refused ?? (await application.handler(call)));
  } catch {
    response.writeHead(500, { "content-type": "text/plain" });
    response.end("Internal Server Error");
  }
}

async function say(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = [], body, cut, early, trailers } = reply;
  if (early !== undefined) response.writeEarlyHints(Object.fromEntries(grouped(early)));
  response.statusCode = status;
  for (const [name, value] of grouped(headers)) response.setHeader(name, value);
  if (trailers !== undefined) {
    const names = trailers.map(([name]) => name);
    response.setHeader("Trailer", names);
  }
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    if (!cut) response.end(body);
    else if (body === undefined) response.destroy();
    else response.write(body, () => response.destroy());
    return;
  }
  for await (const chunk of body) response.write(chunk);
  if (trailers !== undefined) response.addTrailers(trailers as readonly [string, string][]);
  if (cut) response.destroy();
  else response.end();
}

/** As `setHeader` takes them: the lines of one name in one list. */
function grouped(lines: readonly Line[]): Map<string, string | string[]> {
  const names = new Map<string, string | string[]>();
  for (const [name, value] of lines) {
    const known = names.get(name);
    names.set(name, known === undefined ? value : [known, value].flat());
  }
  return names;
}
