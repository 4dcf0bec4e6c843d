/** The guard as Express middleware, for Express 4 and 5 and whatever else speaks `(req, res, next)`. */
import { carry } from "../http/carrier.ts";
import { createGuard } from "../http/guard.ts";
import type { GuardOptions } from "../http/options.ts";
import { type NodeRequest, nodeExchange } from "./node-exchange.ts";
import { linesOf } from "./node-lines.ts";
import { takeOver } from "./node-outgoing.ts";
import { type NodeResponse, sendWhole } from "./node-response.ts";

export type { HttpContext } from "../http/carrier.ts";
export { idempotencyOf, optionalIdempotencyOf } from "../http/carrier.ts";
export type { GuardOptions } from "../http/options.ts";

/** What Express adds to Node's request and we need, in our own words: no dependency on it. */
export interface ExpressRequest extends NodeRequest {
  /** `url` is cut where a router is mounted; this is whole. */
  readonly originalUrl?: string;
  /** Set by a body parser that stands before us. */
  readonly body?: unknown;
}

export type ExpressMiddleware<Request> = (
  request: Request,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => void;

/** @example app.post("/payments", idempotency({ store, scope: (req) => req.user.id }), pay); */
export function idempotency<Request extends ExpressRequest = ExpressRequest, Handle = never>(
  options: GuardOptions<Request, Handle>,
): ExpressMiddleware<Request> {
  const guard = createGuard(options);

  async function guarded(request: Request, response: NodeResponse, next: () => void) {
    const { originalUrl: target, body: parsed } = request;
    const exchange = nodeExchange({ request, raw: request, response, target, parsed });
    const opening = await guard.open(exchange);
    switch (opening.kind) {
      case "gone":
        return;
      case "answer":
        return sendWhole(response, opening.answer, linesOf(response));
      case "pass":
        if (opening.context !== undefined) carry(opening.context, request);
        return next();
      case "run":
        carry(opening.context, request);
        takeOver(request, response, opening.passage);
        return next();
    }
  }

  return function idempotency(request, response, next) {
    // Express 4 does not look at a returned promise, so errors go to `next` by hand.
    guarded(request, response, next).catch(next);
  };
}
