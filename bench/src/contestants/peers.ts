/** Other packages for the same purpose, each set up as its own documentation says. */
import { buffer } from "node:stream/consumers";
import { Idempotency } from "@node-idempotency/core";
import expressApp from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { redisOf } from "./clients.ts";
import { listen } from "./listen.ts";

/** Over its own memory; the handler stands aside when the middleware has answered (its README). */
export function expressIdempotency({ counts }: Setting): Promise<Listening> {
  const app = expressApp();
  app.use(expressApp.json());
  app.use(idempotency());
  app.post("/payments", (request, response) => {
    if (getSharedIdempotencyService().isHit(request)) return;
    response.status(STATUS).type("json").send(work(counts));
  });
  return listen(app);
}

/**
 * Its `onRequest` before the handler and its `onResponse` behind, as its README has it. Over the
 * same client as ours: its storage is an interface of three methods.
 */
export function nodeIdempotency(setting: Setting): Promise<Listening> {
  const client = redisOf(setting);
  const idempotency = new Idempotency({
    setIfNotExists: async (key, value, { ttl } = {}) =>
      (ttl === undefined
        ? await client.set(key, value, "NX")
        : await client.set(key, value, "PX", ttl, "NX")) === "OK",
    set: async (key, value, { ttl }) => {
      if (ttl === undefined) await client.set(key, value);
      else await client.set(key, value, "PX", ttl);
    },
    get: async (key) => (await client.get(key)) ?? undefined,
  });
  return listen(async (request, response) => {
    const asked = {
      ...{ method: "POST", path: request.url ?? "/", headers: request.headers },
      body: JSON.parse((await buffer(request)).toString()),
    };
    const kept = await idempotency.onRequest<string, unknown>(asked);
    const body = kept?.body ?? work(setting.counts);
    if (kept === undefined) {
      await idempotency.onResponse(asked, { body, additional: { status: STATUS } });
    }
    response.writeHead(STATUS, { "content-type": "application/json" }).end(body);
  });
}
