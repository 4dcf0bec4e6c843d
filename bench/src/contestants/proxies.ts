/** Proxies in front of one upstream, with and without keys. */
import { Agent } from "node:http";
import fastifyHttpProxy from "@fastify/http-proxy";
import { createGateway, type GatewayOptions } from "@oncekey/gateway";
import fastifyApp from "fastify";
import httpProxyOf from "http-proxy";
import { memoryStore } from "oncekey/memory";
import type { Listening, Setting } from "../contestant.ts";
import { listen, listening } from "./listen.ts";

/** With connections that are kept, which is not what it does by itself: without them it is slower. */
export function httpProxy({ address }: Setting): Promise<Listening> {
  const proxy = httpProxyOf.createProxyServer({
    target: address,
    agent: new Agent({ keepAlive: true }),
  });
  return listen((request, response) =>
    proxy.web(request, response, {}, (error) => response.writeHead(502).end(error.message)),
  );
}

export async function fastifyProxy({ address }: Setting): Promise<Listening> {
  const app = fastifyApp();
  await app.register(fastifyHttpProxy, { upstream: address });
  await app.ready();
  return listening(app.server);
}

const serve = (options: Pick<GatewayOptions, "upstream" | "methods">): Promise<Listening> =>
  createGateway({ store: memoryStore(), scope: "global", ...options }).listen({
    host: "127.0.0.1",
    port: 0,
  });

export const gateway = ({ address }: Setting): Promise<Listening> => serve({ upstream: address });

/** POST is none of the methods that it looks at. */
export const unguarded = ({ address }: Setting): Promise<Listening> =>
  serve({ upstream: address, methods: ["PATCH"] });
