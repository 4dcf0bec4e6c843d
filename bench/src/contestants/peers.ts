/** Other packages for the same purpose, each set up as its own documentation says. */
import expressApp from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";
import { type Listening, type Setting, STATUS, work } from "../contestant.ts";
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
