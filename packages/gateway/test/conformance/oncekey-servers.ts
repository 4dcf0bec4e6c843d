/** The restaurant behind oncekey: with Express, and on a plain request listener. */
import type { IncomingMessage } from "node:http";
import express from "express";
import { idempotency } from "oncekey/express";
import { memoryStore } from "oncekey/memory";
import { idempotency as plain } from "oncekey/node";
import { openRestaurant } from "./restaurant.ts";
import { type Serving, serve } from "./serving.ts";

export interface Wanted {
  readonly required: boolean;
  readonly effects?: "unrepeatable" | "repeatable";
}

export function serveExpress({ required, effects = "unrepeatable" }: Wanted): Promise<Serving> {
  const restaurant = openRestaurant();
  const app = express();
  app.get("/runs", (_request, response) => void response.json({ runs: restaurant.runs() }));
  app.use(
    idempotency({
      store: memoryStore(),
      scope: (request: express.Request) => request.get("x-user"),
      required,
      effects,
      // The wrong way on purpose where nobody listens: what is reported is not what is tested.
      onEvent: () => {},
    }),
  );
  app.use((request, response, next) => void restaurant.handle(request, response).catch(next));
  return serve(app);
}

export function serveNode({ required, effects = "unrepeatable" }: Wanted): Promise<Serving> {
  const restaurant = openRestaurant();
  const guarded = plain(
    {
      store: memoryStore(),
      scope: (request: IncomingMessage) => request.headers["x-user"]?.toString(),
      required,
      effects,
      onEvent: () => {},
    },
    restaurant.handle,
  );
  return serve((request, response) => {
    if (request.url !== "/runs") return void guarded(request, response);
    response.end(JSON.stringify({ runs: restaurant.runs() }));
  });
}
