/** Other packages for the same purpose, each set up as its own documentation says. */
import { buffer } from "node:stream/consumers";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { CachePersistenceLayer } from "@aws-lambda-powertools/idempotency/cache";
import { Idempotency } from "@node-idempotency/core";
import { createClient } from "@redis/client";
import expressApp from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
import { redisOf } from "./clients.ts";
import { listen } from "./listen.ts";

const RUN_MS = 30_000;

type Context = Parameters<IdempotencyConfig["registerLambdaContext"]>[0];

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

/**
 * Its layer for Redis over the client that its documentation names, and its function around the
 * work, since it knows no HTTP: the key is what it looks at, and what the function returns is kept.
 */
export async function powertools({ address, counts }: Setting): Promise<Listening> {
  const client = await createClient({ url: address }).connect();
  const counted = <Answer>(answer: Answer): Answer => {
    counts.trips += 1;
    return answer;
  };
  const persistenceStore = new CachePersistenceLayer({
    client: {
      get: (name) => counted(client.get(name)),
      set: (name, value, options) =>
        counted(client.set(String(name), String(value), options as never)),
      del: (keys) => counted(client.del(keys)),
    },
  });
  const config = new IdempotencyConfig({ eventKeyJmesPath: "key" });
  // It asks Lambda how long a run may take, and prints a warning for each one where nobody says.
  config.registerLambdaContext({ getRemainingTimeInMillis: () => RUN_MS } as Context);
  const pay = makeIdempotent(async (_asked: { key: string }) => work(counts), {
    ...{ persistenceStore, config },
  });
  return listen(async (request, response) => {
    await buffer(request);
    const answer = await pay({ key: String(request.headers["idempotency-key"]) });
    response.writeHead(STATUS, { "content-type": "application/json" }).end(answer);
  });
}
